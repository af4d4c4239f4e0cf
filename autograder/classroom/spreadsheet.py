"""Tables that leave the class as CSV and are opened in a spreadsheet."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable

NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")
# Also behind a separator: which one a spreadsheet takes depends on its language, and it then reads quotes in another way.
FORMULA = re.compile(r"(^|[;,|\t\r\n])([\s\"']*)(?=[=+\-@＝＋－＠﹦﹢﹣﹫])")


def as_csv(rows: Iterable[Iterable[object]]) -> bytes:
    """The rows as a file in which no cell is taken for a formula."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([_harmless(str(value)) for value in row] for row in rows)
    return text.getvalue().encode("utf-8-sig")  # without the mark, Excel takes UTF-8 for something else


def _harmless(value: str) -> str:
    return value if NUMBER.fullmatch(value) else FORMULA.sub(r"\1\2'", value)
