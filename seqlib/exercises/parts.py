"""What is wrong in a reply, part by part of the result."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np

from seqlib.exercises import calls
from seqlib.exercises.checks import Case, Check, Part
from seqlib.exercises.codec import Opaque
from seqlib.exercises.compare import count_difference, difference
from seqlib.exercises.facts import raised


@dataclass
class Failure:
    """What is wrong in one case, or in one part of its result (whose expected and returned values are `values`)."""

    case: Case
    part: Part | None
    text: str
    reply: calls.Reply
    values: tuple[Any, Any] = (None, None)


def failures_in(check: Check, case: Case, reply: calls.Reply, expected: Any = None) -> list[Failure]:
    """What is wrong in a reply. expected: what is right, where that is not what the case says."""
    if reply.missing:
        return [Failure(case, None, f"there is no {check.name}", reply)]
    if reply.error:
        where = f"your {reply.inside}, which it calls," if reply.inside else "it"
        return [Failure(case, None, f"{where} raised {reply.error}: {reply.message or '(no message)'}", reply)]
    expected = case.expected if expected is None else expected
    found = [
        Failure(case, part, text, reply, (piece(part, expected), piece(part, reply.value)))
        for part in check.parts
        if (text := part_difference(check, part, expected, reply.value))
    ]
    if reply.changed and not found:
        found = [Failure(case, None, f"the result is right, but {changed_text(case, reply)}", reply)]
    return found


def changed_text(case: Case, reply: calls.Reply) -> str:
    """Which arguments are changed after the call. A probe may stand an array for a function that returns it."""
    first, *others = reply.changed
    more = f", and so {'is' if len(others) == 1 else 'are'} {' and '.join(others)}" if others else ""
    returned = " (or, where that is a function, an array that it returned)" if case.probe else ""
    return f"{first} is changed after the call{more}{returned}; work on a copy"


def part_difference(check: Check, part: Part, expected: Any, value: Any) -> str | None:
    """How one part of a result differs from what is expected, in a sentence; None where it does not."""
    tolerance = {"rtol": check.rtol, "atol": check.atol}
    if part.counted and isinstance(expected, np.ndarray):
        return count_difference(expected, value, name=part.name)
    if part.key is None:
        text = difference(expected, value, name=part.name, axes=part.axes, **tolerance)
        return _named(part, expected, text) if text and part.columns else text
    if isinstance(part.key, int):
        wanted = f"{len(expected)} values ({', '.join(p.name for p in check.parts)}{', ...' if len(expected) > len(check.parts) else ''})"
        if not isinstance(value, (tuple, list)):
            return f"expected {wanted} as a tuple, got {_kind(value)}"
        if len(value) != len(expected):
            return f"expected {wanted}, got {len(value)}"
    elif not isinstance(value, dict):
        return f"expected a dict with {part.key!r}, got {_kind(value)}"
    elif not has_part(part, expected):
        return None  # entries that nobody asked for are not looked at
    elif part.key not in value:
        return f"{part.name} is missing from the dict that is returned"
    return difference(expected[part.key], value[part.key], name=part.name, axes=part.axes, **tolerance)


def has_part(part: Part, value: Any) -> bool:
    """Whether a result has this part: an entry of a dict may be there in some cases only."""
    return not isinstance(part.key, str) or not isinstance(value, dict) or part.key in value


def telling(part: Part, case: Case) -> bool:
    """Whether a right part is a sign that something was computed: a fixed result, an exception and None in a tuple are none."""
    if part.dependent or case.dependent:
        return False
    if case.raises and isinstance(case.expected, str) and case.expected == raised(case.raises):
        return False
    return part.key is None or piece(part, case.expected) is not None


def piece(part: Part, value: Any) -> Any:
    """What a part looks at in a result; None where the result has no such place."""
    if part.key is None:
        return value
    try:
        return value[part.key]
    except (TypeError, IndexError, KeyError):
        return None


def _named(part: Part, expected: Any, text: str) -> str:
    """A text about one place of a row, with what stands there: "the relative error of dW" for "the rows[0][2]"."""
    found = re.match(rf"{re.escape(part.name)}\[(\d+)\]\[(\d+)\]", text)
    if found is None:
        return text
    row, column = int(found[1]), int(found[2])
    return f"{part.columns[column]} of {expected[row][0]}{text[found.end() :]}"


def _kind(value: Any) -> str:
    if value is None:
        return "None (is a return missing?)"
    return value.type_name if isinstance(value, Opaque) else f"a {type(value).__name__}"
