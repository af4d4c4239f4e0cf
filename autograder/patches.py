"""What this project changes in packages of others, each with the version that it was made for.

A change is made when it is asked for. On another version it refuses, since nobody has looked whether it still means the same.
"""

from __future__ import annotations

import contextlib
import json
import sys
import types
import warnings
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

MADE_FOR = {"nbgrader": ("0.9",), "jsonschema": ("4",)}
_valid: set[str] = set()


class UnknownVersion(RuntimeError):
    """A package has a version for which no change was made."""


def require(package: str) -> None:
    """Raise UnknownVersion where the installed version of a package is none that the changes here were made for."""
    found = version(package)
    if not any(found == known or found.startswith(f"{known}.") for known in MADE_FOR[package]):
        raise UnknownVersion(
            f"{package} {found} is installed; the grader was made for {package} {', '.join(MADE_FOR[package])}.x: "
            "install the versions of constraints.txt"
        )


def replace(owner: Any, name: str, value: Any) -> None:
    """Replace an attribute that must be there. Raises UnknownVersion where it is not."""
    if not hasattr(owner, name):
        raise UnknownVersion(
            f"{getattr(owner, '__name__', owner)} has no {name}: another version than the grader was made for"
        )
    setattr(owner, name, value)


def skip_international_addresses() -> None:
    """Let jsonschema leave one format unchecked (addresses that no notebook has), whose parser costs each process half a second.

    With a version that nobody has looked at, nothing is changed: only time is lost.
    """
    with contextlib.suppress(UnknownVersion):
        require("jsonschema")
        sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]


def silence_nbgraders_order() -> None:
    """nbgrader adds a submission in an order that SQLAlchemy 2.1 remarks on; nothing is lost."""
    from sqlalchemy.exc import SAWarning

    warnings.filterwarnings("ignore", message="Object of type <Submitted", category=SAWarning)


def quicken_nbgrader(open_gradebook: Callable[..., Any]) -> None:
    """Let nbgrader's pipeline open gradebooks by `open_gradebook`, and check metadata once, in this process."""
    import nbgrader.converters.autograde
    import nbgrader.nbgraderformat.common
    import nbgrader.preprocessors.latesubmissions
    import nbgrader.preprocessors.overwritecells
    import nbgrader.preprocessors.overwritekernelspec
    import nbgrader.preprocessors.saveautogrades

    require("nbgrader")
    for module in (
        nbgrader.converters.autograde,
        nbgrader.preprocessors.latesubmissions,
        nbgrader.preprocessors.overwritecells,
        nbgrader.preprocessors.overwritekernelspec,
        nbgrader.preprocessors.saveautogrades,
    ):
        replace(module, "Gradebook", open_gradebook)
    replace(nbgrader.nbgraderformat.common, "jsonschema", types.SimpleNamespace(validate=_validate))


def _validate(instance: Any, schema: dict[str, Any]) -> None:
    """jsonschema.validate, once for metadata that are the same in every submission; their version decides the schema."""
    import jsonschema

    if (key := json.dumps(instance, sort_keys=True)) not in _valid:
        jsonschema.validate(instance, schema)
        _valid.add(key)
