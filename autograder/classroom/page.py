"""Pages that stand for themselves: one file, nothing loaded, nothing executed, a policy that says so."""

from __future__ import annotations

import base64
import datetime
import functools
import hashlib
import re
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from autograder.classroom import files, status, times
from autograder.classroom.room import Room
from autograder.classroom.status import Status

TEMPLATES = Path(__file__).parent / "templates"


@functools.cache
def environment() -> Environment:
    """The templates; every value in them is escaped."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {"score": score, "inline": inline}
    return made


@functools.cache
def style(*names: str) -> Markup:
    """Style sheets, as they stand in a page."""
    return Markup("".join((TEMPLATES / f"{name}.css").read_text(encoding="utf-8") for name in ("page", *names)))


def policy(sheet: str) -> str:
    """The content security policy of a page with this style: nothing but the style, pictures that it holds, and no script."""
    digest = base64.b64encode(hashlib.sha256(sheet.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; form-action 'none'"


def render(template: str, *styles: str, **values: Any) -> bytes:
    """A page from a template."""
    sheet = style(*styles)
    page = environment().get_template(template).render(style=sheet, policy=policy(sheet), **values)
    return page.encode("utf-8", "replace")


def score(value: float | None) -> str:
    """Points for people: two decimals at most."""
    return "" if value is None else f"{value:.2f}".rstrip("0").rstrip(".")


def inline(text: str) -> Markup:
    """A sentence in which what stands between backticks is code."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))


def write_status(path: Path, room: Room, found: dict[str, Status]) -> None:
    """The page of `autograder status`."""
    lessons = [(name, one, status.due_of(one, room), one.counts()) for name, one in found.items()]
    now = times.show(datetime.datetime.now(datetime.UTC), room.zone)
    files.put(
        path,
        render(
            "status.html",
            lessons=lessons,
            show=functools.partial(status.show, zone=room.zone),
            now=now,
            title=room.root.name,
        ),
    )
