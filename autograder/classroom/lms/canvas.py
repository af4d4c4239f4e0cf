"""Canvas: the gradebook's export and the archive of submissions.

Layouts as Canvas's own code writes and reads them (github.com/instructure/canvas-lms): lib/gradebook_exporter.rb and
lib/gradebook_importer.rb for the table, lib/content_zipper.rb for the archive.

- The header starts with Student, ID (or LastName, FirstName, ID), then SIS User ID, SIS Login ID, Integration ID and Root Account as
  the account shows them, Section, custom columns, the assignments as "Title (id)", and totals, which an import leaves alone.
- A row of "Manual Posting" or "Muted" may follow; then "    Points Possible", with "(read only)" under the totals.
- "EX" is an excused score, "N/A" one that the student was not given. The test student comes last: "Student, Test".
- Separator and decimals follow the account's language; a byte-order mark is a setting.
- A file in the archive is called name_[LATE_]user_attachment_file: the student's sortable name in lower case without anything but
  letters, digits, marks and "_", the ID of the table, the attachment's number, and the name that the student gave. Its time in the
  archive is that of the download; only LATE says something about lateness. An assignment that is marked anonymously has
  [LATE_]anon_xxxxx in the place of name and user.
- Of a name's own numbers the archive leaves out "_123_", and then "-" and the like: of "_-123_-" it leaves "_123_". So a name in the
  archive may be read in several ways, one of which is Canvas's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from autograder.classroom.lms.table import Row, Table
from autograder.classroom.refusal import Refusal
from autograder.unpacking.entry import MAX_NAME

_NUMBER = "[1-9][0-9]{0,17}"  # a month in a date begins with 0
_END = rf"(?:(?P<file>{_NUMBER})_(?P<rest>[^/]+)|(?:text|link)\.html)\Z"
_OWNER = re.compile(rf"(?=(?:(?P<late>_LATE)|(?<!_LATE))_(?!20[0-9]{{2}}_1[0-2]_)(?P<user>{_NUMBER})_{_END})")
_ANONYMOUS = re.compile(rf"(?P<late>LATE_)?anon_(?P<user>[0-9A-Za-z]{{5}})_{_END}")
_CALLED = re.compile(r"[\w\u0080-\U0010ffff]*", re.ASCII)
_TITLE = re.compile(r"(?P<title>.*?)\s*\((?P<id>\d+)\)\s*")
_TOTALS = re.compile(r"(Current|Final|Override) (Score|Points|Grade|Status)")


@dataclass(frozen=True)
class CanvasFile:
    """One reading of a name in the archive.

    file: the number of the upload, which grows with time; name: as the student called it; called: what Canvas left of the user's
    name, "" where it hides names
    """

    user: str
    late: bool
    file: int
    name: str
    called: str = ""


def parse_name(path: str) -> CanvasFile | None:
    """The first reading of a name in the archive; None where it is not one of Canvas's."""
    return next(iter(readings(path)), None)


def readings(path: str) -> list[CanvasFile]:
    """Every reading of a name in the archive: users may have numbers in their names, and files too. None where it is not Canvas's."""
    if len(path) > MAX_NAME:
        return []
    anonymous = _ANONYMOUS.match(path)
    found = [_reading(anonymous, path, "")] if anonymous else []
    for place in _OWNER.finditer(path):
        called = path[: place.start()]
        if _CALLED.fullmatch(called):
            found.append(_reading(place, path, called))
    return found


def _reading(found: re.Match[str], path: str, called: str) -> CanvasFile:
    return CanvasFile(found["user"], bool(found["late"]), int(found["file"] or 0), found["rest"] or path, called)


def is_gradebook(table: Table) -> bool:
    """Whether a table is Canvas's export."""
    header = table.header
    names = header[:1] == ["Student"] or header[:2] == ["LastName", "FirstName"]
    return names and "ID" in header[:3] and "Section" in header


def is_student(table: Table, row: Row) -> bool:
    """Whether a row is a student's: not blank, not the points, the posting policies or the test student."""
    if row.is_blank() or row[0].strip() in ("Points Possible", "Student, Test"):
        return False
    values = [value.strip() for value in row.values() if value.strip()]
    return not all(re.fullmatch(r"(Muted|Manual Posting.*)", value, re.IGNORECASE) for value in values)


def students(table: Table) -> list[dict[str, str]]:
    """The students of an export: id, first_name, last_name, section, lms_id; the line as `line`."""
    columns = {name: table.column(name) for name in ("ID", "SIS Login ID", "SIS User ID", "Section")}
    found = []
    for row in table.rows[1:]:
        if not is_student(table, row):
            continue
        cells = {name: row[at].strip() if at is not None else "" for name, at in columns.items()}
        if table.header[0] == "LastName":
            last, first = row[0].strip(), row[1].strip()
        else:
            last, _, first = (part.strip() for part in row[0].partition(","))
        login = cells["SIS Login ID"] or cells["SIS User ID"] or cells["ID"]
        found.append(
            {
                "id": login,
                "first_name": first,
                "last_name": last,
                "email": login if "@" in login else "",
                "section": cells["Section"],
                "lms_id": cells["ID"],
                "line": str(row.line),
            }
        )
    return found


def points_row(table: Table) -> Row:
    """The row of points. Raises Refusal where there is none."""
    for row in table.rows[1:4]:
        if row[0].strip() == "Points Possible":
            return row
    raise Refusal(f"{table.path}: no row 'Points Possible' below the header; export the gradebook from Canvas again")


def assignment_column(table: Table, wanted: str) -> int:
    """The column of an assignment, by its title, its number or the lesson's name. Raises Refusal for none or several."""
    first = (table.column("Section") or 0) + 1
    titles = {
        at: found["title"] if (found := _TITLE.fullmatch(name)) else name
        for at, name in enumerate(table.header)
        if at >= first and not _TOTALS.search(name)
    }
    keys = keys_of(wanted)
    exact = [at for at in titles if table.header[at] == wanted or f"({wanted})" in table.header[at]]
    found_at = exact or [at for at, title in titles.items() if keys_of(title) & keys]
    if len(found_at) == 1:
        return found_at[0]
    raise unfit(table, wanted, [table.header[at] for at in titles], several=bool(found_at))


def unfit(table: Table, wanted: str, columns: list[str], *, several: bool) -> Refusal:
    """The refusal of a table in which not just one column is the assignment's. columns: those of assignments"""
    if not columns:
        there = ", ".join(map(repr, table.header))
        return Refusal(
            f"{table.path}: no column fits {wanted!r}, and --column finds none: no assignment is among {there}; "
            "export the gradebook again once it has the assignment"
        )
    many = "several columns fit" if several else "no column fits"
    return Refusal(f"{table.path}: {many} {wanted!r}; name one with --column: {', '.join(map(repr, columns))}")


def keys_of(title: str) -> set[str]:
    """Forms of a title under which it is found: "Lesson 3: ..." is lesson-03."""
    plain = re.sub(r"[\W_]+", "-", title.casefold()).strip("-")
    found = re.match(r"(?:.*-)?(lesson|exercise|assignment|week)-?0*(\d+)(?:-|$)", plain)
    return {plain, f"{found[1]}-{found[2]}"} if found else {plain}
