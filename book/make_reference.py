"""Write the sources of the reference, a page a module, into book/reference, and the whole table of contents into book/_build.

The pages hold a directive each (book/_ext/api.py), so that they follow the package. Neither is committed.
"""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import yaml

BOOK = Path(__file__).parent
sys.path.insert(0, str(BOOK / "_ext"))

from api import GROUPS, modules_of, page_of, public  # noqa: E402


def write_pages(folder: Path) -> list[str]:
    """Write a page for each module that has something public; returns their names, in the order of the reference.

    A page that is the same is left alone, so that it is not read again.
    """
    folder.mkdir(parents=True, exist_ok=True)
    pages = {}
    for group in GROUPS:
        for name, path in modules_of(group):
            if public(ast.parse(path.read_text("utf-8"))):
                pages[page_of(name)] = f"# {name}\n\n```{{api}} {name}\n```\n"
    for file in folder.glob("*.md"):
        if file.stem not in pages:
            file.unlink()
    for page, text in pages.items():
        file = folder / f"{page}.md"
        if not file.exists() or file.read_text("utf-8") != text:
            file.write_text(text, "utf-8")
    return list(pages)


def write_contents(names: list[str], target: Path) -> None:
    """Write _toc.yml with the pages of the reference below the page `api`."""
    contents = yaml.safe_load((BOOK.parent / "_toc.yml").read_text("utf-8"))
    for part in contents["parts"]:
        for chapter in part["chapters"]:
            if chapter["file"] == "api":
                chapter["sections"] = [{"file": f"reference/{name}"} for name in names]
    target.parent.mkdir(exist_ok=True)
    target.write_text(yaml.safe_dump(contents, sort_keys=False), "utf-8")


if __name__ == "__main__":
    write_contents(write_pages(BOOK / "reference"), BOOK / "_build" / "toc.yml")
