"""The verdict on one function: from plain values to points and a message that names the likely mistake.

The same code serves the visible checks in a notebook, the hidden ones, and the grading engine.
"""

from __future__ import annotations

import builtins
import functools
import hashlib
import re
from collections.abc import Container, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from seqlib.exercises import calls, wording
from seqlib.exercises.codec import Opaque
from seqlib.exercises.compare import count_difference, difference


@dataclass(frozen=True)
class Part:
    """One graded piece of a result: the whole result (key None), one place of a tuple, or one entry of a dict.

    axes: the names of an array's axes; columns: of a list of rows that begin with a name, what stands in each place of a row
    counted: the result is drawn at random, and its value says how often each result came; what is expected are the fewest and the most
        times, (2, n), and a text in place of counts says what is wrong
    """

    name: str
    key: int | str | None = None
    weight: float = 1.0
    axes: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    counted: bool = False


@dataclass(frozen=True)
class Case:
    """One call and what it should give.

    `aspect` groups cases that earn their points together; `mistakes` holds what each known mistake gives on these
    inputs, either {"value": ...} or {"error": name, "message": text}; `follow` is a question of seqlib.exercises.follow.
    `unusual`: a promise that few think of. It is shown, and helps to name a mistake, only where all other cases are right.
    `raises`: the builtin exception that is right here; `expected` then is the text `raised(...)`, for mistakes to be compared with.
    """

    label: str
    args: tuple[Any, ...]
    expected: Any
    kwargs: dict[str, Any] = field(default_factory=dict)
    mistakes: Mapping[str, dict[str, Any]] = field(default_factory=dict)
    aspect: str = ""
    probe: str | None = None
    follow: Mapping[str, Any] | None = None
    unusual: bool = False
    raises: str = ""


@dataclass(frozen=True)
class Conditions:
    """What a learner's function meets while it is graded.

    modules: those of seqlib that are there, without "seqlib."; cpu: seconds of CPU time that one call may use
    packages: those that it needs and not everybody installs, such as torch
    """

    modules: tuple[str, ...] = ()
    cpu: float = 6.0
    packages: tuple[str, ...] = ()


@dataclass(frozen=True)
class Check:
    """What one graded cell asks of one function, without its cases; `follow` names the earlier functions that it calls.

    facts: where many results are right, the source of a function `facts(value, *args, **options)` that says what is true of one,
        in the value's place. The judge runs it, and never the learner's side, whose word it would be.
    """

    name: str
    points: float
    hidden: bool = False
    parts: tuple[Part, ...] = (Part("the result"),)
    messages: dict[str, str] = field(default_factory=dict)
    follow: tuple[str, ...] = ()
    rtol: float = 1e-7
    atol: float = 1e-9
    conditions: Conditions = Conditions()
    facts: str = ""


@dataclass(frozen=True)
class Verdict:
    """Points, and what the learner reads.

    `diagnoses` are the known mistakes that explain the failure, `case` the place of the case shown; `silent`: no answer came.
    """

    points: float
    max_points: float
    message: str
    unwritten: bool = False
    diagnoses: tuple[str, ...] = ()
    case: int | None = None
    silent: bool = False

    @property
    def passed(self) -> bool:
        return self.points >= self.max_points


@dataclass
class Failure:
    """What is wrong in one case, or in one part of its result (whose expected and returned values are `values`)."""

    case: Case
    part: Part | None
    text: str
    reply: calls.Reply
    values: tuple[Any, Any] = (None, None)


def raised(name: str) -> str:
    """The result that stands for an exception which is right."""
    return f"raised {name}"


def generators_seed(seed: int) -> int:
    """The seed of the student's global generators: it follows from that of the hidden inputs, which cannot be told from it."""
    return int.from_bytes(hashlib.sha256(f"student {seed}".encode()).digest()[:4], "big")


def judge(
    check: Check,
    cases: tuple[Case, ...],
    runner: calls.Runner,
    *,
    seed: int | None = None,
    silent: Container[str] | None = None,
) -> Verdict:
    """Run every case through the runner and return the verdict.

    silent: the learner's functions of which it is known that a call got no answer (an endless loop), so that none of them is
    called again; None where nobody knows

    Points are split over the pairs of aspect and part, by weight; a pair is earned when it is right in every case of its
    aspect. An exception, a wrong shape or a changed argument earns nothing for the case's aspect. A result that is wrong only
    because of an earlier function of the learner's (`check.follow`) counts as right; so does one that never comes because of it.
    """
    failures: list[Failure] = []
    interview = _Interview(check, runner, None if seed is None else generators_seed(seed), silent)
    interview.ask_ahead(cases)
    answered = False
    for case in cases:
        try:
            reply, found = interview.ask(case)
        except calls.StudentGone as gone:
            return Verdict(0.0, check.points, f"{check.name} was not checked to the end: {gone}", silent=True)
        if reply.missing:
            return Verdict(
                0.0,
                check.points,
                f"{check.name} is not defined. Run the cell that defines it first; "
                "after a restart of the kernel, run all cells from the top.",
                unwritten=True,
            )
        # a library raises this, too, and says more: then a function that has answered before is written
        if reply.error == "NotImplementedError" and found and not (answered and reply.message):
            text = f"{reply.inside} is not written yet; {check.name} calls it." if reply.inside else ""
            return Verdict(0.0, check.points, text or f"{check.name} is not written yet.", unwritten=True)
        answered = answered or reply.error is None
        failures += found
    return _verdict(check, cases, failures, interview.followed)


_Told = tuple[calls.Reply, list[Failure]]


class _Interview:
    """Asks a learner's function about one case after the other, with stand-ins for its earlier functions where these are at fault."""

    def __init__(self, check: Check, runner: calls.Runner, seed: int | None, silent: Container[str] | None) -> None:
        self._check, self._runner, self._seed = check, runner, seed
        self._stand_ins_first = silent is not None and any(name in silent for name in check.follow)
        self._stand_ins_only = self._stand_ins_first and silent is not None and check.name in silent
        self._no_stand_ins = False
        self._told: dict[tuple[int, bool], _Told | calls.StudentGone] = {}
        self.followed = False

    def ask_ahead(self, cases: tuple[Case, ...]) -> None:
        """Ask at once what will be asked in any case: requests that go together cost a fraction of their way."""
        plain = [case for case in cases if case.follow is None or not self._stand_ins_first]
        self._ask_all(plain, False)
        told = [self._told.get((id(case), False)) for case in plain]
        wrong = [
            case
            for case, one in zip(plain, told, strict=True)
            if case.follow is not None and isinstance(one, tuple) and one[1] and not one[0].missing
        ]
        if not any(isinstance(one, calls.StudentGone) for one in told):
            self._ask_all(wrong, True)

    def ask(self, case: Case) -> _Told:
        """The reply and what is wrong in it. Raises StudentGone where no answer comes, also with stand-ins."""
        if case.follow is None:
            return self._plain(case)
        if self._stand_ins_first:
            return self._behind_stand_ins(case)
        try:
            reply, found = self._plain(case)
        except calls.StudentGone:
            self._stand_ins_first = self._stand_ins_only = True
            return self._behind_stand_ins(case)
        if found and not reply.missing and (told := self._forgiving(case)) is not None:
            again = told[1]
            if not again or (not reply.error and len(again) < len(found)):
                found, self.followed = again, True
        return reply, found

    def _behind_stand_ins(self, case: Case) -> _Told:
        told = self._with_stand_ins(case) if self._stand_ins_only else self._forgiving(case)
        if told is None or (told[1] and not self._stand_ins_only):
            try:  # it may not call the silent function at all
                plain = self._plain(case)
                self._stand_ins_first = False
                return plain
            except calls.StudentGone:
                if told is None:
                    raise
                self._stand_ins_only = True
        self.followed = True
        return told

    def _forgiving(self, case: Case) -> _Told | None:
        """What is told with stand-ins; None where no answer comes, and did not before: the answer without them counts then.

        Their numbers mean nothing, and a loop that waits for one of them never ends.
        """
        if self._no_stand_ins:
            return None
        try:
            return self._with_stand_ins(case)
        except calls.StudentGone:
            self._no_stand_ins = True
            return None

    def _plain(self, case: Case) -> _Told:
        return self._answer(case, False)

    def _with_stand_ins(self, case: Case) -> _Told:
        return self._answer(case, True)

    def _answer(self, case: Case, stand_ins: bool) -> _Told:
        if (id(case), stand_ins) not in self._told:
            self._ask_all([case], stand_ins)
        told = self._told.pop((id(case), stand_ins))
        if isinstance(told, calls.StudentGone):
            raise told
        return told

    def _ask_all(self, cases: list[Case], stand_ins: bool) -> None:
        """Ask about cases, up to one to which no answer comes, and keep what is told."""
        if not cases:
            return  # a runner whose student is gone has no answer to nothing either
        follow = [case.follow if stand_ins else None for case in cases]
        questions = [
            calls.Question(case.args, case.kwargs, question["probe"] if question else case.probe)
            for case, question in zip(cases, follow, strict=True)
        ]
        place = 0
        try:
            for reply in calls.call_all(self._runner, self._check.name, questions, seed=self._seed):
                case, question = cases[place], follow[place]
                heard = reply if question else _heard(case, _looked_at(self._check, case, reply))
                found = _failures(self._check, case, heard, question["expected"] if question else None)
                self._told[id(case), stand_ins] = heard, found
                place += 1
        except calls.StudentGone as gone:
            self._told[id(cases[place]), stand_ins] = gone


def facts_of(source: str, value: Any, args: tuple[Any, ...], options: Mapping[str, Any]) -> Any:
    """What is true of a value by `Check.facts`; a text where it cannot be looked at. Never raises."""
    try:
        with np.errstate(all="ignore"):
            return _scope(source)["facts"](value, *args, **options)
    except Exception as error:
        return f"what came back cannot be looked at ({type(error).__name__})"


@functools.lru_cache(64)
def _scope(source: str) -> dict[str, Any]:
    scope: dict[str, Any] = {}
    exec(source, scope)
    return scope


def _looked_at(check: Check, case: Case, reply: calls.Reply) -> calls.Reply:
    if not check.facts or reply.error or reply.missing:
        return reply
    return replace(reply, value=facts_of(check.facts, reply.value, case.args, case.kwargs))


def _heard(case: Case, reply: calls.Reply) -> calls.Reply:
    """The reply, with the expected result in the place of an exception that is right; no result may pass for one."""
    if not case.raises:
        return reply
    if reply.error is None:
        passed = isinstance(reply.value, str) and reply.value == raised(case.raises)
        return replace(reply, value=repr(reply.value)) if passed else reply
    right = issubclass(getattr(builtins, reply.error), getattr(builtins, case.raises))
    return replace(reply, value=raised(case.raises), error=None) if right else reply


def _failures(check: Check, case: Case, reply: calls.Reply, expected: Any = None) -> list[Failure]:
    if reply.missing:
        return [Failure(case, None, f"there is no {check.name}", reply)]
    if reply.error:
        where = f"your {reply.inside}, which it calls," if reply.inside else "it"
        return [Failure(case, None, f"{where} raised {reply.error}: {reply.message or '(no message)'}", reply)]
    expected = case.expected if expected is None else expected
    found = [
        Failure(case, part, text, reply, (_piece(part, expected), _piece(part, reply.value)))
        for part in check.parts
        if (text := _part_difference(check, part, expected, reply.value))
    ]
    if reply.changed and not found:
        text = f"the result is right, but {' and '.join(reply.changed)} is changed after the call; work on a copy"
        found = [Failure(case, None, text, reply)]
    return found


def _part_difference(check: Check, part: Part, expected: Any, value: Any) -> str | None:
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
    elif not _has(part, expected):
        return None  # entries that nobody asked for are not looked at
    elif part.key not in value:
        return f"{part.name} is missing from the dict that is returned"
    return difference(expected[part.key], value[part.key], name=part.name, axes=part.axes, **tolerance)


def _has(part: Part, value: Any) -> bool:
    """Whether a result has this part: an entry of a dict may be there in some cases only."""
    return not isinstance(part.key, str) or not isinstance(value, dict) or part.key in value


def _piece(part: Part, value: Any) -> Any:
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


def _verdict(check: Check, cases: tuple[Case, ...], failures: list[Failure], followed: bool) -> Verdict:
    if not failures:
        text = f"{check.name}: right in all {len(cases)} cases."
        if followed:
            text += f" (Your own {' or '.join(check.follow)} has a mistake: it is marked there, not here again.)"
        return Verdict(check.points, check.points, text)
    worth = {(c.aspect, part.name): part.weight for c in cases for part in check.parts if _has(part, c.expected)}
    lost = {(f.case.aspect, part.name) for f in failures for part in (check.parts if f.part is None else (f.part,))}
    share = sum(weight for pair, weight in worth.items() if pair not in lost) / sum(worth.values())
    diagnoses = _diagnoses(check, cases, failures)
    smallest = wording.smallest(failures)
    text = wording.message(check, cases, smallest, failures, diagnoses)
    shown = next(place for place, case in enumerate(cases, 1) if case is smallest)
    return Verdict(check.points * share, check.points, text, diagnoses=diagnoses, case=shown)


def _diagnoses(check: Check, cases: tuple[Case, ...], failures: list[Failure]) -> tuple[str, ...]:
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
    return any(_part_difference(check, part, case.expected, outcome["value"]) for part in check.parts)


def _agree(check: Check, part: Part, expected: Any, mistaken: Any) -> bool:
    """Whether a mistake may pass where its outcome is `mistaken`; counts may lie within both limits."""
    if part.counted and isinstance(mistaken, np.ndarray):
        return bool((np.maximum(expected[0], mistaken[0]) <= np.minimum(expected[1], mistaken[1])).all())
    return _part_difference(check, part, expected, mistaken) is None


def _same_part(check: Check, part: Part, mistaken: Any, value: Any) -> str | None:
    if _has(part, mistaken) != _has(part, value):
        return "there in one of them only"
    try:
        return _part_difference(check, part, mistaken, value)
    except (TypeError, IndexError, KeyError):
        return "of another form"
