"""The verdict on one function: from plain values to points and a message that names the likely mistake.

The same code serves the visible checks in a notebook, the hidden ones, and the grading engine.
"""

from __future__ import annotations

import hashlib
from collections.abc import Container
from dataclasses import dataclass

from seqlib.exercises import calls, wording
from seqlib.exercises.checks import Case, Check
from seqlib.exercises.diagnosis import diagnoses
from seqlib.exercises.interview import Interview
from seqlib.exercises.parts import Failure, has_part, telling


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
    aspect. An exception, a wrong shape or a changed argument earns nothing for the case's aspect. What an answer that computes nothing
    gets right, too, earns nothing by itself: a pair that tells more has to be earned beside it. A result that is wrong only
    because of an earlier function of the learner's (`check.follow`) counts as right; so does one that never comes because of it.
    """
    failures: list[Failure] = []
    interview = Interview(check, runner, None if seed is None else generators_seed(seed), silent)
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


def _verdict(check: Check, cases: tuple[Case, ...], failures: list[Failure], followed: bool) -> Verdict:
    if not failures:
        text = f"{check.name}: right in all {len(cases)} cases."
        if followed:
            text += f" (Your own {' or '.join(check.follow)} has a mistake: it is marked there, not here again.)"
        return Verdict(check.points, check.points, text)
    share = _share(check, cases, failures)
    named = diagnoses(check, cases, failures)
    smallest = wording.smallest(failures)
    text = wording.message(check, cases, smallest, failures, named)
    shown = next(place for place, case in enumerate(cases, 1) if case is smallest)
    return Verdict(check.points * share, check.points, text, diagnoses=named, case=shown)


def _share(check: Check, cases: tuple[Case, ...], failures: list[Failure]) -> float:
    """The share of the points that is earned."""
    pairs = [(case, part) for case in cases for part in check.parts if has_part(part, case.expected)]
    worth = {(case.aspect, part.name): part.weight for case, part in pairs}
    lost = {(f.case.aspect, part.name) for f in failures for part in (check.parts if f.part is None else (f.part,))}
    if all((case.aspect, part.name) in lost for case, part in pairs if telling(part, case)):
        return 0.0
    return sum(weight for pair, weight in worth.items() if pair not in lost) / sum(worth.values())
