"""What a reply tells, before it is compared: of many right results what is true of one, and an exception that is right."""

from __future__ import annotations

import builtins
import functools
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from seqlib.exercises import calls
from seqlib.exercises.checks import Case, Check


def raised(name: str) -> str:
    """The result that stands for an exception which is right."""
    return f"raised {name}"


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


def told_by(reply: calls.Reply, check: Check, case: Case) -> calls.Reply:
    """The reply with what its value tells in the value's place, and with the expected result in that of an exception that is right."""
    return _heard(case, _looked_at(check, case, reply))


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
