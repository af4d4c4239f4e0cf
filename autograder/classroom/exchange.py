"""nbgrader's exchange: where it lies, and nbgrader's commands with the class's settings."""

from __future__ import annotations

import copy
import os
import pwd
from pathlib import Path
from typing import TYPE_CHECKING, Any

from traitlets.config import Config

from autograder.classroom.refusal import Refusal
from autograder.classroom.room import Room

if TYPE_CHECKING:
    from nbgrader.apps import NbGraderAPI


def root(room: Room) -> Path:
    """The folder of the exchange, below which each course has its own."""
    return Path(room.folder.config.Exchange.get("root", room.root / "exchange"))


def commands(room: Room, changed: dict[str, dict[str, Any]]) -> NbGraderAPI:
    """nbgrader's commands, with the class's settings but for those that are changed.

    Raises Refusal for an account without a name, as one of a container may be: nbgrader asks for the name of who releases.
    """
    from nbgrader.apps import NbGraderAPI

    try:
        pwd.getpwuid(os.getuid())
    except KeyError:
        raise Refusal(
            f"this account has no name on this machine (no line for {os.getuid()} in /etc/passwd), and nbgrader's exchange "
            "asks for one; give it a line, or use another way than the exchange"
        ) from None
    config = copy.deepcopy(room.folder.config)
    config.merge(Config(changed))
    return NbGraderAPI(config=config)


def reason(result: dict[str, str]) -> str:
    """Why one of nbgrader's commands failed, in its own words."""
    return (result.get("log") or result.get("error") or "").strip()[-300:]
