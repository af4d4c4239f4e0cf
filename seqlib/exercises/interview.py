"""A learner's function, asked about the cases of a check; where an earlier function of theirs is at fault, over stand-ins for it."""

from __future__ import annotations

from collections.abc import Container

from seqlib.exercises import calls
from seqlib.exercises.checks import Case, Check
from seqlib.exercises.facts import told_by
from seqlib.exercises.parts import Failure, failures_in

Told = tuple[calls.Reply, list[Failure]]


class Interview:
    """Asks a learner's function about one case after the other, with stand-ins for its earlier functions where these are at fault."""

    def __init__(self, check: Check, runner: calls.Runner, seed: int | None, silent: Container[str] | None) -> None:
        self._check, self._runner, self._seed = check, runner, seed
        self._stand_ins_first = silent is not None and any(name in silent for name in check.follow)
        self._stand_ins_only = self._stand_ins_first and silent is not None and check.name in silent
        self._no_stand_ins = False
        self._told: dict[tuple[int, bool], Told | calls.StudentGone] = {}
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

    def ask(self, case: Case) -> Told:
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

    def _behind_stand_ins(self, case: Case) -> Told:
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

    def _forgiving(self, case: Case) -> Told | None:
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

    def _plain(self, case: Case) -> Told:
        return self._answer(case, False)

    def _with_stand_ins(self, case: Case) -> Told:
        return self._answer(case, True)

    def _answer(self, case: Case, stand_ins: bool) -> Told:
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
                heard = reply if question else told_by(reply, self._check, case)
                found = failures_in(self._check, case, heard, question["expected"] if question else None)
                self._told[id(case), stand_ins] = heard, found
                place += 1
        except calls.StudentGone as gone:
            self._told[id(cases[place]), stand_ins] = gone
