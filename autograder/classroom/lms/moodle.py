"""Moodle: the gradebook's export, the grading worksheet of an assignment, and the archive of submissions.

Layouts as Moodle's own code writes and reads them (github.com/moodle/moodle): grade/export/txt/grade_export_txt.php for the
gradebook, mod/assign/gradingtable.php and mod/assign/feedback/offline/importgradeslib.php for the worksheet,
mod/assign/classes/downloader.php and mod/assign/feedback/file/importziplib.php for archives.

- The gradebook: First name, Last name (Surname before Moodle 4), ID number, Institution, Department, Email address; then a column a
  grade, "Assignment: Title (Real)", perhaps one for feedback, and "Last downloaded from this course". "-" is no grade.
- The worksheet: Identifier ("Participant 1234"), Full name, Email address, Status, Grade, Maximum Grade, Grade can be changed,
  Last modified (submission), Online text, Last modified (grade), Feedback comments. An import finds rows by the number in
  Identifier and ignores a grade that was changed on the server after its "Last modified (grade)".
- A path in the archive is "Full name_1234_assignsubmission_file/..." (with "_" before "/" up to Moodle 4.0); without folders it is
  one name, "Full name_1234_assignsubmission_file_name". The number is the worksheet's, another one in every assignment. Names in
  it have spaces for "_". An upload of feedback files is found by the same number: "..._1234_assignfeedback_file/...".
- Times in the worksheet are in the words and the zone of whoever downloads it. An archive has the time of its download.
"""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass

from autograder.classroom.lms.canvas import keys_of, unfit
from autograder.classroom.lms.table import Row, Table
from autograder.classroom.refusal import Refusal

_MARK = r"_(?P<number>\d+)_assignsubmission_(?P<kind>[a-z]+)"
_FOLDER = re.compile(
    rf"(?P<name>[^/]*){_MARK}_?/(?P<inner>.+)", re.DOTALL
)  # of two marks in a folder's name the last is Moodle's
_FLAT = re.compile(rf"(?P<name>[^/]*?){_MARK}_(?P<inner>[^/]+)", re.DOTALL)
_NUMBER = re.compile(r"(\d+)\s*$")
FIRST = ("First name", "Vorname", "Prénom", "Nombre")
LAST = ("Last name", "Surname", "Nachname", "Nom de famille", "Apellido(s)")
MAIL = ("Email address", "Email", "E-Mail-Adresse", "Adresse de courriel", "Dirección de correo")
NUMBER = ("ID number", "ID-Nummer", "Numéro d'identification", "Número de ID")
USER = ("Username", "Anmeldename", "Nom d'utilisateur")
GROUP = ("Group", "Groups", "Gruppe", "Groupe")
IDENTIFIER, FULL_NAME, GRADE, MAXIMUM = "Identifier", "Full name", "Grade", "Maximum Grade"
SUBMITTED = "Last modified (submission)"
_MONTHS = "January February March April May June July August September October November December".split()
_TIME = re.compile(r"(?:[A-Za-z]+, )?(\d{1,2}) ([A-Z][a-z]+) (\d{4}), (\d{1,2}):(\d{2})(?::\d{2})?(?:\s*([AaPp])[Mm])?")


@dataclass(frozen=True)
class MoodleFile:
    """What a path in the archive says. number: the participant's, as in the worksheet; "" where the path has two"""

    full_name: str
    number: str
    kind: str
    name: str
    folder: str


def parse_name(path: str) -> MoodleFile | None:
    """A path in the archive; None where it is not one of Moodle's."""
    if (found := _FOLDER.fullmatch(path)) is None and (found := _FLAT.fullmatch(path)) is None:
        return None
    inner = found["inner"]
    if "/" not in path and len(re.findall(_MARK, path)) > 1:  # a display name may hold one, and so may a file's
        return MoodleFile(path, "", found["kind"], path, path)
    return MoodleFile(found["name"], found["number"], found["kind"], inner, path[: len(path) - len(inner)])


def is_worksheet(table: Table) -> bool:
    """Whether a table is the grading worksheet of an assignment."""
    return {IDENTIFIER, GRADE} <= set(table.header)


def is_gradebook(table: Table) -> bool:
    """Whether a table is the gradebook's export, or a list of participants."""
    return table.column(*FIRST) is not None and table.column(*LAST) is not None and table.column("id") is None


def number_of(row: Row, table: Table) -> str:
    """The participant's number in a row of the worksheet; "" where it has none."""
    at = table.column(IDENTIFIER)
    found = _NUMBER.search(row[at]) if at is not None else None
    return found[1] if found else ""


def students(table: Table) -> list[dict[str, str]]:
    """The students of an export or a worksheet: id, first_name, last_name, email, section; the line as `line`."""
    if is_worksheet(table):
        return _from_worksheet(table)
    places = {
        "first_name": table.column(*FIRST),
        "last_name": table.column(*LAST),
        "email": table.column(*MAIL),
        "number": table.column(*NUMBER),
        "user": table.column(*USER),
        "section": table.column(*GROUP),
    }
    rows = [row for row in table.rows[1:] if not row.is_blank()]
    cells = [{name: row[at].strip() if at is not None else "" for name, at in places.items()} for row in rows]
    # One kind of id for the whole class: the first that everybody has.
    kinds = [kind for kind in ("user", "number", "email") if cells and all(cell[kind] for cell in cells)]
    if not kinds:
        raise Refusal(f"{table.path}: neither 'ID number' nor 'Email address' is there for everybody")
    return [
        {
            **{name: cell[name] for name in ("first_name", "last_name", "email", "section")},
            "id": cell[kinds[0]],
            "lms_id": cell["number"],
            "line": str(row.line),
        }
        for row, cell in zip(rows, cells, strict=True)
    ]


def _from_worksheet(table: Table) -> list[dict[str, str]]:
    name, mail = table.column(FULL_NAME), table.column(*MAIL)
    if name is None or mail is None:
        raise Refusal(f"{table.path}: an anonymous worksheet says nobody's name; export the gradebook instead")
    found = []
    for row in table.rows[1:]:
        if row.is_blank():
            continue
        first, _, last = row[name].strip().rpartition(" ")
        fields = {"id": row[mail].strip(), "first_name": first, "last_name": last, "email": row[mail].strip()}
        found.append({**fields, "section": "", "lms_id": "", "line": str(row.line)})
    return found


def time_of(text: str, zone: datetime.tzinfo) -> datetime.datetime | None:
    """A time as Moodle writes it in English, in UTC; None for none, and for the words of another language.

    Of an hour that the zone's clocks show twice it is the earlier one, of an hour that they never show there is none.
    """
    local = _local(text)
    return min(_instants(local, zone), default=None) if local else None


def doubt_of(text: str, zone: datetime.tzinfo) -> str:
    """Why a time that Moodle writes is not certain; "" where it is, and where it says that there is none."""
    if text.strip() in ("", "-"):
        return ""
    if (local := _local(text)) is None:
        return f"Moodle's time {text.strip()!r} cannot be read; download the worksheet with Moodle in English, or give --received"
    found = len(_instants(local, zone))
    if found == 1:
        return ""
    if found == 2:
        return f"Moodle's time {text.strip()!r} is on the clocks of {zone} twice; the earlier one counts"
    return f"Moodle's time {text.strip()!r} is never on the clocks of {zone}; was the worksheet downloaded in another zone?"


def _local(text: str) -> datetime.datetime | None:
    """A time as Moodle writes it in English, without a zone."""
    if (found := _TIME.fullmatch(text.strip())) is None or found[2] not in _MONTHS:
        return None
    day, month, year, hour, minute = (
        int(found[1]),
        _MONTHS.index(found[2]) + 1,
        int(found[3]),
        int(found[4]),
        int(found[5]),
    )
    if found[6]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + 12 * (found[6] in "Pp")
    try:
        return datetime.datetime(year, month, day, hour, minute)
    except ValueError:
        return None


def _instants(local: datetime.datetime, zone: datetime.tzinfo) -> set[datetime.datetime]:
    """The moments in UTC at which a zone's clocks show a time."""
    try:
        found = {local.replace(tzinfo=zone, fold=fold).astimezone(datetime.UTC) for fold in (0, 1)}
        return {moment for moment in found if moment.astimezone(zone).replace(tzinfo=None) == local}
    except OverflowError:
        return set()


def grade_column(table: Table, wanted: str) -> int:
    """The column of an assignment's grade in the gradebook's export. Raises Refusal for none or several."""
    titles = {}
    for at, name in enumerate(table.header):
        if found := re.fullmatch(r"(?:[^:]+: ?)?(?P<title>.*) \((?P<kind>Real|Punkte|Brut)\)", name):
            titles[at] = found["title"]
    exact = [at for at in titles if table.header[at] == wanted]
    found_at = exact or [at for at, title in titles.items() if keys_of(title) & keys_of(wanted)]
    if len(found_at) == 1:
        return found_at[0]
    raise unfit(table, wanted, [table.header[at] for at in titles], several=bool(found_at))
