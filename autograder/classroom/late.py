"""What lateness costs: nbgrader's plug-in with a policy a lesson, and penalties that follow later marks and extensions."""

from __future__ import annotations

import re
from typing import Any

from nbgrader.api import Gradebook, MissingEntry
from nbgrader.plugins import LateSubmissionPlugin
from traitlets import Dict

from autograder.classroom.refusal import Refusal

DAY = 86_400
_PER_DAY = re.compile(r"(\d+(?:\.\d+)?)\s*(?:%|per ?cent)\s*(?:a|per|/)\s*day")


def share(policy: str, seconds: float) -> float:
    """The part of the score, 0 to 1, that a hand-in loses which is so many seconds late. Raises Refusal for no policy."""
    plain = policy.strip().lower()
    if plain == "none":
        return 0.0
    if plain == "zero":
        return float(seconds > 0)
    found = _PER_DAY.fullmatch(plain)
    if found is None or not 0 < float(found[1]) <= 100:
        raise Refusal(f"{policy!r} is no policy for late hand-ins; write none, zero or such as '20% a day'")
    return min(1.0, float(found[1]) / 100 * -(-seconds // DAY))


class LatePolicy(LateSubmissionPlugin):  # type: ignore[misc]
    """A policy a lesson: "none", "zero", or such as "20% a day", of each started day and of the points earned.

    A lesson without one has nbgrader's own, `penalty_method`.
    """

    policies = Dict(help='The policy of each lesson: {"lesson-03": "20% a day"}.').tag(config=True)

    def late_submission_penalty(self, student_id: str, score: float, total_seconds_late: float) -> float | None:
        """What this hand-in loses, in points; nbgrader asks."""
        policy = self.policies.get(self.parent.assignment_id)
        if policy is None:
            penalty: float | None = super().late_submission_penalty(student_id, score, total_seconds_late)
            return penalty
        part = share(policy, total_seconds_late)
        return score * part if part else None


def settle(gradebook: Gradebook, lesson: str, policy: str | None) -> dict[str, tuple[float, float]]:
    """Make every penalty of a lesson what the policy says of today's marks, due date and extensions.

    Returns for each student whose penalty changed the old and the new one; none where the lesson has no policy here. The caller
    commits.
    """
    if policy is None:
        return {}
    try:
        submissions = gradebook.find_assignment(lesson).submissions
    except MissingEntry:
        return {}
    changed: dict[str, tuple[float, float]] = {}
    for submission in submissions:
        part = share(policy, submission.total_seconds_late)
        for notebook in submission.notebooks:
            old, new = notebook.late_submission_penalty or 0.0, (notebook.score or 0.0) * part
            if abs(old - new) > 1e-9:
                before, after = changed.get(submission.student_id, (0.0, 0.0))
                changed[submission.student_id] = before + old, after + new
                notebook.late_submission_penalty = new or None
    return changed


def policy_of(settings: dict[str, Any], lesson: str) -> str | None:
    """A lesson's policy; None where nobody has set one."""
    policy = settings.get("late", {}).get(lesson)
    return None if policy is None else str(policy)
