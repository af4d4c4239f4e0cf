"""Put back cells of an exercise as they were handed out: `python restore.py lesson-03 [cell]`."""

import argparse
import json
import re
import shutil
from itertools import pairwise
from pathlib import Path

HERE = Path(__file__).parent


def name(cell):
    return cell["metadata"].get("nbgrader", {}).get("grade_id", "")


def text(cell):
    return "".join(cell["source"]).strip()


def answer(cell):
    """Whether a cell is one for the learner's code or words."""
    return cell["metadata"].get("nbgrader", {}).get("solution", False)


def defines(cell, function):
    written = rf"^(def[ \t]+{re.escape(function)}\b|{re.escape(function)}[ \t]*=[^=])"
    return cell["cell_type"] == "code" and re.search(written, text(cell), re.MULTILINE) is not None


def same(cell, other):
    """Whether a cell that lost its name is one of the original: by its text or its heading, or by the function that it defines."""
    if cell["cell_type"] != other["cell_type"] or not text(cell):
        return False
    heading = text(cell).split("\n")[0]
    alike = heading.startswith("#") and cell["cell_type"] == "markdown" and heading == text(other).split("\n")[0]
    return text(cell) == text(other) or alike or (answer(other) and defines(cell, name(other)))


def adopt(mine, original):
    """Know cells again that lost their names, as another editor leaves them, and take the names of copies that are not the last."""
    last = {name(cell): i for i, cell in enumerate(mine) if name(cell)}
    for i, cell in enumerate(mine):
        if i < last.get(name(cell), i) and answer(cell):
            del cell["metadata"]["nbgrader"]
    taken = set(last)

    def give(cell, other):
        cell["metadata"] = {**cell["metadata"], **other["metadata"]}
        taken.add(name(other))

    for cell in mine:
        other = next((other for other in original if name(other) not in taken and same(cell, other)), None)
        if not name(cell) and other is not None:
            give(cell, other)
    for before, other in pairwise(original):  # words stand behind their question
        at = next((i for i, cell in enumerate(mine) if name(cell) == name(before)), len(mine))
        behind = mine[at + 1 : at + 2]
        if name(other) not in taken and answer(other) and behind and other["cell_type"] == "markdown":
            if not name(behind[0]) and behind[0]["cell_type"] == "markdown":
                give(behind[0], other)


def file_of(given):
    """The notebook's name for "lesson-03", "lesson-3", "3" or "lesson-03.ipynb", and so for one that has a word for its number."""
    wanted = re.sub(r"^lesson[-_ ]?|\.ipynb$", "", Path(given.strip()).name.lower())
    return f"lesson-{int(wanted):02}.ipynb" if wanted.isdecimal() else f"lesson-{wanted}.ipynb"


def places_of(given):
    """The notebooks that may be meant: the file that is named, else those of this name here and in folders below."""
    named = Path(given.strip())
    if named.suffix == ".ipynb" and named.is_file():
        return [named.resolve()]
    name = file_of(given)
    found = [path for depth in ("", "*/", "*/*/") for path in sorted(HERE.glob(depth + name))]
    return [path for path in found if path.parent != HERE / "originals"] or [HERE / name]


def free_name(path):
    """Where to keep the notebook as it is now: no earlier version is replaced."""
    place, number = path.with_suffix(".before.ipynb"), 1
    while place.exists():
        number += 1
        place = path.with_suffix(f".before-{number}.ipynb")
    return place


def restore(mine, original, wanted):
    """The cells of `mine` with one cell, or all that are missing or locked, as in `original`; cells of one's own stay.

    A function that is defined in another of the learner's cells is not missing.
    """
    kept = {name(cell): cell for cell in mine if name(cell)}
    cells, at = [], 0
    for cell in original:
        missing = name(cell) not in kept and not (answer(cell) and any(defines(own, name(cell)) for own in mine))
        back = missing or cell["metadata"]["nbgrader"]["locked"] if wanted is None else name(cell) == wanted
        if name(cell) in kept:
            place = next((i for i in range(at, len(mine)) if name(mine[i]) == name(cell)), None)
            if place is not None:
                cells += [own for own in mine[at:place] if not name(own)]
                at = place + 1
            cells.append(cell if back else kept[name(cell)])
        elif back:
            cells.append(cell)
    return cells + [own for own in mine[at:] if not name(own)]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("lesson", help="such as lesson-03, or 3, or a path such as lesson-03/lesson-03.ipynb")
    parser.add_argument("cell", nargs="?", help="such as rnn_forward; without it every cell that is missing or locked")
    parser.add_argument("--list", action="store_true", help="tell the names of the cells")
    given = parser.parse_args()
    paths = places_of(given.lesson)
    path = paths[0]
    source = HERE / "originals" / file_of(given.lesson)
    if not source.is_file():
        parser.error(f"there is no {given.lesson} in originals/")
    original = json.loads(source.read_text("utf-8"))
    names = [name(cell) for cell in original["cells"] if name(cell)]
    if given.list:
        print("\n".join(names))
        return
    if given.cell is not None and given.cell not in names:
        parser.error(f"{given.lesson} has no cell {given.cell}; --list tells which there are")
    if len(paths) > 1:
        parser.error(f"say which one: {', '.join(path.relative_to(HERE).as_posix() for path in paths)}")
    if not path.exists():
        shutil.copy(source, path)
    try:
        notebook = json.loads(path.read_text("utf-8"))
    except ValueError:
        parser.error(f"{path.name} is no notebook any more: rename it, and run this again to get a fresh one")
    kept = free_name(path)
    shutil.copy(path, kept)
    adopt(notebook["cells"], original["cells"])
    notebook["cells"] = restore(notebook["cells"], original["cells"], given.cell)
    path.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", "utf-8")
    print(f"restored: {given.cell or 'what was missing or locked'} in {path.name}; as it was: {kept.name}")


if __name__ == "__main__":
    main()
