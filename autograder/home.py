"""The exercises for home: one zip with the notebooks, the library with its case files, and a start line for each system."""

from __future__ import annotations

import io
import os
import re
import time
import zipfile
from pathlib import Path

from autograder.classroom.files import put
from autograder.release import ROOT
from seqlib.book.address import site_address

TEMPLATES = Path(__file__).parent / "templates" / "home"
TOP = "exercises"
EARLIEST = 315_532_800  # 1980, before which no zip can say anything
# of seqlib/book: only making the site needs them, and what they import
FOR_THE_BUILD = {"address.py", "stored.py", "torch_outputs.json"}
SITE_ADDRESS = re.compile(r"^ +site_address: *(\S+)$", re.MULTILINE)


def files(root: Path = ROOT) -> dict[str, bytes]:
    """What the zip holds, by name."""
    released = sorted((root / "exercises").glob("lesson-*/lesson-*.ipynb"))
    if not released:
        raise FileNotFoundError(f"{root / 'exercises'} holds no exercise: make exercises")
    found = {path.name: path for path in TEMPLATES.iterdir() if path.is_file()}
    found |= {name: root / name for name in ("LICENSE", "LICENSE-text")}
    found |= {path.name: path for path in released} | {f"originals/{path.name}": path for path in released}
    for path in sorted((root / "seqlib").rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts and path.name not in FOR_THE_BUILD:
            found[path.relative_to(root).as_posix()] = path
    texts = {name: path.read_bytes() for name, path in found.items()}
    if site := _site(root).encode():
        page = re.compile(rb"\(([a-z0-9-]+\.html)\)")
        for name in [name for name in texts if name.endswith(".ipynb")]:
            texts[name] = page.sub(lambda found: b"(" + site + found[1] + b")", texts[name])
    texts["start.bat"] = texts["start.bat"].replace(b"\n", b"\r\n")
    return texts


def _site(root: Path) -> str:
    """The address of the published book, as its pages have it; empty where it is not known."""
    config = root / "_config.yml"
    found = SITE_ADDRESS.search(config.read_text("utf-8")) if config.is_file() else None
    return site_address(os.environ, found[1].strip("\"'") if found else "")


def write(target: Path, root: Path = ROOT) -> int:
    """Write the zip; returns how many files are in it."""
    texts = files(root)
    now = time.gmtime(max(EARLIEST, int(os.environ.get("SOURCE_DATE_EPOCH") or time.time())))
    today = (now.tm_year, now.tm_mon, now.tm_mday, 0, 0, 0)  # on one day, the same files give the same zip
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(texts):
            entry = zipfile.ZipInfo(f"{TOP}/{name}", today)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = (0o755 if name.endswith(".sh") else 0o644) << 16
            archive.writestr(entry, texts[name])
    put(target, buffer.getvalue())
    return len(texts)
