"""Everything that is imported is declared, in the extra where it belongs."""

from __future__ import annotations

import ast
import importlib.metadata
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.specifiers import SpecifierSet

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
# what may be imported below a folder: the project's own dependencies and these extras
EXTRAS = {
    "seqlib": ("data", "book", "torch"),
    "autograder": ("grade", "dask", "postgres", "torch"),
    "book": ("data", "book", "torch"),
    "benchmarks": ("data", "book", "grade", "dask", "torch", "test"),
    "tests": ("data", "book", "grade", "dask", "postgres", "torch", "test"),
}
# found by name and not by an import statement
BY_NAME = {"seqlib": {"babel", "faker", "num2words"}}
OWN = {"seqlib", "autograder", "tests", "benchmarks"}


def _distributions(names: tuple[str, ...]) -> set[str]:
    """The distributions of the project's dependencies and of the extras `names`, extras of the project itself followed."""
    extras = PROJECT["optional-dependencies"]
    wanted = [*PROJECT["dependencies"], *(line for name in names for line in extras[name])]
    found = {re.split(r"[\[<>=!~ ;]", line)[0].lower().replace("_", "-") for line in wanted}
    return found - {PROJECT["name"]}


def _imports(folder: Path) -> Iterator[tuple[str, Path]]:
    for path in sorted(folder.rglob("*.py")):
        if {"_build", "_vendor"} & set(path.parts):
            continue
        beside = {other.stem for other in folder.rglob("*.py")}
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and not node.level:
                names = [node.module or ""]
            for name in (name.split(".")[0] for name in names):
                if name not in sys.stdlib_module_names | OWN | beside:
                    yield name, path


@pytest.mark.parametrize("folder", EXTRAS)
def test_what_is_imported_is_declared(folder: str) -> None:
    distributions = importlib.metadata.packages_distributions()
    declared = _distributions(EXTRAS[folder])
    undeclared = {
        f"{path.relative_to(ROOT)} imports {name}"
        for name, path in _imports(ROOT / folder)
        if not {d.lower().replace("_", "-") for d in distributions.get(name, [name])} & declared
    }
    assert not undeclared


def test_what_is_found_by_name_is_declared() -> None:
    for folder, names in BY_NAME.items():
        assert names <= _distributions(EXTRAS[folder])


def test_the_pins_lie_within_the_declared_ranges() -> None:
    from packaging.requirements import Requirement

    pins = {}
    for line in (ROOT / "constraints.txt").read_text().splitlines():
        if "==" in line:
            name, version = line.split("==")
            pins[name.lower().replace("_", "-")] = version.strip()
    lines = [*PROJECT["dependencies"], *(line for extra in PROJECT["optional-dependencies"].values() for line in extra)]
    for requirement in map(Requirement, lines):
        name = requirement.name.lower().replace("_", "-")
        if name != PROJECT["name"]:
            assert name in pins, f"{name} has no pin in constraints.txt (make lock)"
            assert pins[name] in requirement.specifier, f"{name}: {pins[name]} is outside of {requirement.specifier}"


def test_every_pin_runs_on_the_oldest_python_that_is_promised() -> None:
    """A newer Python than the oldest installs pins that the oldest refuses: then the set-up ends there."""
    oldest = PROJECT["requires-python"].removeprefix(">=") + ".0"
    refusing = {
        f"{found.name} {found.version} needs Python {needed}"
        for found in importlib.metadata.distributions()
        if (needed := found.metadata["Requires-Python"]) and not SpecifierSet(needed).contains(oldest)
    }
    assert not refusing, f"pin older versions in constraints.txt; Python {oldest} is promised"
