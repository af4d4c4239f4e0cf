"""What a learner reads about a failed check: the smallest case that fails, whole where it is short, and the likely mistakes."""

from __future__ import annotations

import re
import textwrap
from typing import TYPE_CHECKING, Any

import numpy as np

from seqlib.exercises import codec
from seqlib.exercises.compare import ROUNDED
from seqlib.exercises.parts import changed_text

if TYPE_CHECKING:
    from seqlib.exercises.checks import Case, Check
    from seqlib.exercises.parts import Failure

LIKELY, PRINTED = "Likely mistake: ", "It printed: "  # before a known mistake, and before what the student's code said
LONGEST_CALL = 400
MOST_PASTED, MOST_SHOWN = 100, 12  # numbers of an array that is pasted, or shown whole


def smallest(failures: list[Failure]) -> Case:
    """The case with the shortest arguments among those that fail, unusual ones last; of equally short ones the first."""
    return min(
        {id(failure.case): failure.case for failure in failures}.values(),
        key=lambda case: (case.unusual, len(codec.encode([*case.args, case.kwargs]))),
    )


def message(
    check: Check, cases: tuple[Case, ...], case: Case, failures: list[Failure], diagnoses: tuple[str, ...]
) -> str:
    """The verdict's text; `case` is the one that it shows."""
    shown = [failure for failure in failures if failure.case is case]
    reply = shown[0].reply
    wrong = len({id(failure.case) for failure in failures})
    which = "It fails on" if wrong == 1 else "The smallest of them:"
    lines = [f"{check.name}: {wrong} of {len(cases)} cases wrong. {which} {case.label}."]
    if line := call(check.name, case):
        lines.append(f"  {line}")
    for failure in shown:
        if (text := f"  {failure.text}") not in lines:
            lines += [text, *_beside(failure)]
    rounded = [failure.text for failure in failures if ROUNDED in failure.text]
    if rounded and not any(ROUNDED in failure.text for failure in shown):  # few rounded numbers may be right by chance
        lines.append(f"  In another case: {rounded[0]}")
    lines += [f"  {line}" for line in reply.trace.splitlines()]
    lines += [f"  warning: {text}" for text in dict.fromkeys(reply.warnings)]
    if reply.changed and not any("changed after the call" in failure.text for failure in shown):
        lines.append(f"  {changed_text(case, reply)}.")
    lines += [f"{LIKELY}{check.messages[name]}" for name in diagnoses]
    if reply.stdout:
        lines.append(PRINTED + reply.stdout[:500].rstrip())
    return "\n".join(lines)


def call(name: str, case: Case) -> str:
    """The call as a learner can type it; empty where it is long, or where the check brings arguments that no text can say."""
    given = [*map(pasted, case.args), *(f"{key}={pasted(value)}" for key, value in case.kwargs.items())]
    line = f"{name}({', '.join(given)})"
    return "" if len(line) > LONGEST_CALL or case.probe else line


def pasted(value: Any) -> str:
    """A plain value as Python source, arrays as np.array(...)."""
    if isinstance(value, np.ndarray) and value.size > MOST_PASTED:
        return f"np.array(<{value.size} numbers>)".ljust(LONGEST_CALL + 1)  # too long, as its numbers would be
    if isinstance(value, np.ndarray):
        if value.flags.f_contiguous and not value.flags.c_contiguous:
            return f"{pasted(value.T)}.T"
        with np.printoptions(floatmode="unique", linewidth=10_000):
            line = re.sub(r"\n\s*", " ", f"np.{value!r}")  # one line: no room as for several
        return _with_names(line) if value.dtype.kind in "fc" else line
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key!r}: {pasted(item)}" for key, item in value.items()) + "}"
    if type(value) is list:
        return f"[{', '.join(map(pasted, value))}]"
    if type(value) is tuple:
        return f"({', '.join(map(pasted, value))}{',' if len(value) == 1 else ''})"
    return _with_names(repr(value)) if isinstance(value, (float, np.floating)) else repr(value)


def _with_names(numbers: str) -> str:
    """Numbers with infinity and nan by the names that Python knows once NumPy is imported."""
    return re.sub(r"\b(inf|nan)\b", r"np.\1", numbers)


def _beside(failure: Failure) -> list[str]:
    """Expected and returned side by side, where both are small arrays of the same number of axes."""
    expected, value = failure.values
    arrays = isinstance(expected, np.ndarray) and isinstance(value, np.ndarray)
    if not arrays or not 1 < expected.size <= MOST_SHOWN or not 1 <= value.size <= MOST_SHOWN or value.ndim > 2:
        return []
    if expected.ndim > 2 or value.dtype.kind not in "biufc":
        return []
    with np.printoptions(precision=4, suppress=True, linewidth=60):
        left, right = (str(array).splitlines() for array in (expected, value))
    width = max(map(len, [*left, "expected"])) + 4
    rows = [("expected", "returned"), *zip(_filled(left, right), _filled(right, left), strict=True)]
    return textwrap.indent("\n".join(f"{one:<{width}}{other}".rstrip() for one, other in rows), "    ").splitlines()


def _filled(lines: list[str], others: list[str]) -> list[str]:
    return [*lines, *[""] * (len(others) - len(lines))]
