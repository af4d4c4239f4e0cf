"""Tables of comma-separated values, read so that changing one cell changes nothing else in the file.

Learning management systems differ in the separator (comma, semicolon, tab; Canvas chooses by the account's language, Moodle by
the form), in the encoding (with or without a byte-order mark) and in the sign of the decimals.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from autograder.classroom.refusal import Refusal

MAX_BYTES = 64 * 2**20
_SAID = re.compile(r"sep=(?P<separator>[,;\t])\s*[\r\n]", re.IGNORECASE)
_MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))


@dataclass
class Row:
    """A line of the table: its fields as they are written, quotes included, and how the line ends."""

    raw: list[str]
    end: str
    line: int

    def __getitem__(self, index: int) -> str:
        return _value(self.raw[index]) if index < len(self.raw) else ""

    def values(self) -> list[str]:
        """The fields' values."""
        return [_value(raw) for raw in self.raw]

    def is_blank(self) -> bool:
        """Whether nothing stands in it."""
        return not any(value.strip() for value in self.values())


@dataclass
class Table:
    """A file: byte-order mark, encoding, separator and all rows, the header first. above: what stands before the header"""

    path: Path
    mark: bytes
    encoding: str
    separator: str
    rows: list[Row]
    above: list[Row] = field(default_factory=list)

    @property
    def header(self) -> list[str]:
        """The names of the columns."""
        return [value.strip() for value in self.rows[0].values()]

    def column(self, *names: str) -> int | None:
        """The place of the first column that has one of these names, whatever its case."""
        lower = [name.casefold() for name in self.header]
        return next((lower.index(name.casefold()) for name in names if name.casefold() in lower), None)

    def set(self, row: Row, index: int, value: str) -> None:
        """Change one cell."""
        row.raw += [""] * (index + 1 - len(row.raw))
        quoted = row.raw[index].startswith('"') or any(sign in value for sign in (self.separator, '"', "\n", "\r"))
        row.raw[index] = '"' + value.replace('"', '""') + '"' if quoted and value else value

    def content(self) -> bytes:
        """The file's bytes."""
        text = "".join(self.separator.join(row.raw) + row.end for row in [*self.above, *self.rows])
        return self.mark + text.encode(self.encoding)


def read(path: Path) -> Table:
    """Read a file. Raises Refusal where it is no table."""
    if not path.is_file():
        raise Refusal(f"no file {path}")
    if path.stat().st_size > MAX_BYTES:
        raise Refusal(f"{path} is larger than {MAX_BYTES // 2**20} MiB: no roster and no gradebook is")
    return parse(path.read_bytes(), path)


def parse(content: bytes, path: Path) -> Table:
    """A table from a file's bytes. Raises Refusal where they are none."""
    if content[:4] in (b"PK\x03\x04", b"\xd0\xcf\x11\xe0"):
        raise Refusal(f"{path} is a spreadsheet or an archive; save it as CSV")
    if content[:5] == b"%PDF-":
        raise Refusal(f"{path} is a PDF; save it as CSV")
    mark, encoding = next(((mark, name) for mark, name in _MARKS if content.startswith(mark)), (b"", ""))
    body = content[len(mark) :]
    if not encoding:
        encoding = "utf-8" if _decodes(body, "utf-8") else "cp1252"
    try:
        text = body.decode(encoding)
    except UnicodeDecodeError:
        raise Refusal(f"{path} is in no encoding that can be read; save it as CSV in UTF-8") from None
    if "\0" in text:
        raise Refusal(f"{path} is no text; save it as CSV")
    if text.lstrip()[:1] == "<":
        raise Refusal(f"{path} is a web page, not a table: you may have been logged out when it was downloaded")
    if not text.strip():
        raise Refusal(f"{path} is empty")
    said = _SAID.match(text)
    separator = said["separator"] if said else _separator(text)
    rows = _rows(text, separator, path)
    # A spreadsheet may begin with the line that says the separator, and any program with empty ones; they stay as they are.
    header = next((n for n, row in enumerate(rows) if n >= bool(said) and not row.is_blank()), len(rows))
    return Table(path, mark, encoding, separator, rows[header:], rows[:header])


def _decodes(body: bytes, encoding: str) -> bool:
    try:
        body.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _separator(text: str) -> str:
    """The sign that the header uses most, outside quotes."""
    header = re.sub(r'"(?:[^"]|"")*"', "", text.lstrip("\r\n")).splitlines()[:1] or [""]
    return max(",;\t", key=header[0].count)


def _rows(text: str, separator: str, path: Path) -> list[Row]:
    field = re.compile(
        rf'(?:[ \t]*"(?:[^"]|"")*"[ \t]*|[^{separator}\r\n"][^{separator}\r\n]*|)(?={separator}|\r|\n|\Z)'
    )
    rows: list[Row] = []
    raw: list[str] = []
    at, line = 0, 1
    while at < len(text) or raw:
        found = field.match(text, at)
        if found is None:
            raise Refusal(f"{path}, line {line}: a quotation mark is never closed, or stands inside a field")
        raw.append(found[0])
        line += found[0].count("\n")
        at = found.end()
        if text.startswith(separator, at) and at < len(text):
            at += 1
            continue
        end = "\r\n" if text.startswith("\r\n", at) else text[at : at + 1]
        rows.append(Row(raw, end, line))
        at, line, raw = at + len(end), line + 1, []
    return rows


def _value(raw: str) -> str:
    text = raw.strip()
    return text[1:-1].replace('""', '"') if text.startswith('"') and text.endswith('"') and len(text) > 1 else raw


def number(text: str) -> float | None:
    """A number with a decimal point or comma; None for anything else."""
    text = text.strip()
    if not re.fullmatch(r"-?\d+(?:[.,]\d+)?", text):
        return None
    return float(text.replace(",", "."))


def with_decimals(value: float, comma: bool) -> str:
    """A score for a table: at most two decimals."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    text = "0" if text == "-0" else text
    return text.replace(".", ",") if comma else text
