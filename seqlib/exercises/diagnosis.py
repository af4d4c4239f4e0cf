"""Which known mistakes explain what a learner's function gave."""

from __future__ import annotations

from typing import Any

import numpy as np

from seqlib.exercises import calls
from seqlib.exercises.checks import Case, Check, Part
from seqlib.exercises.parts import Failure, has_part, part_difference


def diagnoses(check: Check, cases: tuple[Case, ...], failures: list[Failure]) -> tuple[str, ...]:
    """The known mistakes that give the learner's result in every case that failed, and that fail in no other case."""
    if not all(failure.case.unusual for failure in failures):
        cases = tuple(case for case in cases if not case.unusual)
        failures = [failure for failure in failures if not failure.case.unusual]
    if any(f.part is None and not f.reply.error for f in failures):
        return ()  # a right result beside a changed argument: no known mistake, which is a wrong result, explains it
    failed = {id(f.case): f for f in failures}
    replies = {key: f.reply for key, f in failed.items()}
    telling = sorted(cases, key=lambda case: id(case) not in failed)  # these rule out most mistakes at once
    # np.dot and @ complain in other words about the same shapes: where one case shows a value, an exception's type will do.
    in_words = all(reply.error for reply in replies.values())
    whole = tuple(
        name
        for name in check.messages
        if all(_fits(check, case, case.mistakes.get(name), replies.get(id(case)), in_words) for case in telling)
    )
    return whole or _of_parts(check, cases, replies)


def _of_parts(check: Check, cases: tuple[Case, ...], replies: dict[int, calls.Reply]) -> tuple[str, ...]:
    """Where several mistakes meet: for each part of a result, the one known mistake of that part alone that gives it."""
    if len(check.parts) < 2 or any(reply.error for reply in replies.values()):
        return ()
    found: dict[str, None] = {}
    for part in check.parts:
        fitting = [name for name in check.messages if all(_fits_part(check, part, name, c, replies) for c in cases)]
        wrong = any(_same_part(check, part, c.expected, replies[id(c)].value) for c in cases if id(c) in replies)
        if wrong and len(fitting) == 1:
            found |= dict.fromkeys(fitting)
    return tuple(found)


def _fits_part(check: Check, part: Part, name: str, case: Case, replies: dict[int, calls.Reply]) -> bool:
    outcome = case.mistakes.get(name, {})
    if "value" not in outcome:
        return False
    value = replies[id(case)].value if id(case) in replies else case.expected
    return all(
        not _same_part(check, other, outcome["value"], value if other is part else case.expected)
        for other in check.parts
    )


def _fits(check: Check, case: Case, outcome: dict[str, Any] | None, reply: calls.Reply | None, in_words: bool) -> bool:
    if outcome is None:
        return reply is None
    if reply is None:
        return "value" in outcome and all(_agree(check, part, case.expected, outcome["value"]) for part in check.parts)
    if "error" in outcome:
        return outcome["error"] == reply.error and (outcome["message"] == reply.message or not in_words)
    if reply.error or any(_same_part(check, part, outcome["value"], reply.value) for part in check.parts):
        return False
    # Where only an argument was changed the value is right, and a mistake that gives it as well explains nothing.
    return any(part_difference(check, part, case.expected, outcome["value"]) for part in check.parts)


def _agree(check: Check, part: Part, expected: Any, mistaken: Any) -> bool:
    """Whether a mistake may pass where its outcome is `mistaken`; counts may lie within both limits."""
    if part.counted and isinstance(mistaken, np.ndarray):
        return bool((np.maximum(expected[0], mistaken[0]) <= np.minimum(expected[1], mistaken[1])).all())
    return part_difference(check, part, expected, mistaken) is None


def _same_part(check: Check, part: Part, mistaken: Any, value: Any) -> str | None:
    if has_part(part, mistaken) != has_part(part, value):
        return "there in one of them only"
    try:
        return part_difference(check, part, mistaken, value)
    except (TypeError, IndexError, KeyError):
        return "of another form"
