"""nbgrader's settings: the project's own file, the self-contained one of a class, and whether a class's can be trusted."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

from traitlets.config import Config
from traitlets.config.loader import ConfigFileNotFound, LazyConfigValue, PyFileConfigLoader

from autograder.sandbox import limits

NAME = "nbgrader_config.py"
ROOT = Path(__file__).parents[1]
CLASS_PART = """
# What belongs to this class. The file stands for itself: it can be moved with its folder, and needs no other file.
here = Path(__file__).parent
c.CourseDirectory.root = str(here)
c.CourseDirectory.source_directory = "source"
c.CourseDirectory.release_directory = "release"
c.CourseDirectory.db_url = f"sqlite:///{here}/gradebook.db"
c.Exchange.root = str(here / "exchange")
"""


class SettingsError(Exception):
    """A configuration that cannot be read as a whole; the message says what is wrong with it."""


def class_text() -> str:
    """The text of a class's nbgrader_config.py: the course's settings, and below them what belongs to the class."""
    return (ROOT / NAME).read_text(encoding="utf-8") + CLASS_PART


class _WholeLoader(PyFileConfigLoader):
    """traitlets' loader, but a file that the configuration asks for and that is not there is an error, not nothing."""

    def _read_file_as_dict(self) -> None:
        def load_subconfig(name: str, path: str | None = None) -> None:
            try:
                self.config.merge(type(self)(name, path or self.path).load_config())
            except ConfigFileNotFound:
                raise SettingsError(f"it loads {name}, which is not there") from None

        space = {"c": self.config, "load_subconfig": load_subconfig, "get_config": lambda: self.config}
        space |= {"__file__": self.full_filename, "__name__": "nbgrader_config"}
        exec(compile(Path(self.full_filename).read_bytes(), self.full_filename, "exec"), space)


def read(folder: Path) -> Config:
    """The configuration of a class. Raises SettingsError where it is missing, cannot be run to its end, or isolates nobody."""
    path = folder / NAME
    if not path.is_file():
        raise SettingsError(
            f"{folder} is no class folder: it has no {NAME}; `autograder new-class {folder}` makes a class"
        )
    try:
        config = _WholeLoader(NAME, str(folder)).load_config()
    except SettingsError as error:
        raise SettingsError(f"{path}: {error}. {_CURE}") from None
    except (Exception, SystemExit) as error:
        line = _line(error, str(path))
        raise SettingsError(f"{path}{line}: {type(error).__name__}: {error}. {_CURE}") from None
    try:
        limits.check(_limits(config))
    except ValueError as error:
        raise SettingsError(
            f"{path}: c.SandboxExecute.limits: {error}. Nothing is graded before that is mended"
        ) from None
    if "autograde_preprocessors" not in config.Autograde or "sanitize_preprocessors" not in config.Autograde:
        raise SettingsError(f"{path} does not say how students' code is run: it is from an older version. {_CURE}")
    return config


def _limits(config: Config) -> Any:
    given = config.get("SandboxExecute", {}).get("limits", {})
    return given.get_value({}) if isinstance(given, LazyConfigValue) else given


_CURE = "Nothing is graded before that is mended: take the file of a class that `autograder new-class` makes today."


def _line(error: BaseException, path: str) -> str:
    if isinstance(error, SyntaxError):
        return f", line {error.lineno}"
    trace, number = error.__traceback__, None
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == path:
            number = trace.tb_lineno
        trace = trace.tb_next
    return "" if number is None else f", line {number}"


@functools.lru_cache(8)
def _trusted(path: Path, changed: int) -> None:
    read(path.parent)


def check(folder: Path) -> None:
    """Raise SettingsError where a class's configuration cannot be trusted; one that has not changed is read once."""
    path = folder / NAME
    _trusted(path, path.stat().st_mtime_ns if path.exists() else 0)
