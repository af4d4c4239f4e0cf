"""Release the exercises: nbgrader's `generate_assignment`, from solutions/ to exercises/, byte for byte the same each time."""

from __future__ import annotations

import tempfile
from pathlib import Path

import nbformat
from nbgrader.api import Base
from nbgrader.apps import NbGraderAPI
from sqlalchemy import create_engine
from traitlets.config import Config
from traitlets.config.loader import PyFileConfigLoader

from autograder.classroom import files
from autograder.environment import put_programs_on_path

ROOT = Path(__file__).parents[1]


def generate(lesson: str, target: Path, root: Path = ROOT, sources: Path | None = None) -> None:
    """Write the release of one lesson into `target`/`lesson`. Raises RuntimeError with nbgrader's log where it fails.

    sources: where the lessons' sources lie, else in `root`/solutions
    """
    put_programs_on_path()
    with tempfile.TemporaryDirectory() as scratch:
        # With its tables there, nbgrader does not start alembic to ask for a version that nobody reads.
        Base.metadata.create_all(create_engine(f"sqlite:///{scratch}/gradebook.db"))
        api = NbGraderAPI(config=_config(root, Path(scratch), sources or root / "solutions"))
        result = api.generate_assignment(lesson, force=True, create=True)
        if not result["success"]:
            raise RuntimeError(f"nbgrader could not release {lesson}:\n{result.get('log') or result.get('error')}")
        made = Path(scratch) / "release" / lesson
        for path in made.glob("*.ipynb"):
            _settle(path)
        files.put_folder(target / lesson, files.contents(made))


def _config(root: Path, scratch: Path, sources: Path) -> Config:
    config = PyFileConfigLoader("nbgrader_config.py", path=str(root)).load_config()
    # A scratch gradebook: nothing that an earlier release left behind decides what comes out.
    config.CourseDirectory.root = str(scratch)
    config.CourseDirectory.db_url = f"sqlite:///{scratch}/gradebook.db"
    config.CourseDirectory.source_directory = "source"
    config.CourseDirectory.release_directory = "release"
    (scratch / "source").symlink_to(sources)
    return config


def _settle(path: Path) -> None:
    """Leave out what the next run would write otherwise: counts, and the tags that only the source decides."""
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.execution_count = None
    notebook.metadata.pop("signature", None)
    nbformat.write(notebook, path)


def out_of_step(lesson: str, exercises: Path = ROOT / "exercises") -> list[str]:
    """The files of a lesson's release that differ from what solutions/ gives now."""
    with tempfile.TemporaryDirectory() as scratch:
        generate(lesson, Path(scratch))
        fresh = {path.name: path.read_bytes() for path in (Path(scratch) / lesson).iterdir() if path.is_file()}
    place = exercises / lesson
    stored = {path.name: path.read_bytes() for path in place.iterdir() if path.is_file()} if place.is_dir() else {}
    return sorted(name for name in fresh.keys() | stored.keys() if fresh.get(name) != stored.get(name))
