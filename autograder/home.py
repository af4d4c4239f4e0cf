"""The exercises for home: one zip with the notebooks, the library with its case files, and a start line for each system."""

from __future__ import annotations

import os
import re
import time
import zipfile
from pathlib import Path

from autograder.release import ROOT

TEMPLATES = Path(__file__).parent / "templates" / "home"
TOP = "exercises"
FOR_THE_BUILD = {
    "stored.py",
    "torch_outputs.json",
}  # of seqlib/book: only making the site needs them, and what they import


def files(root: Path = ROOT) -> dict[str, bytes]:
    """What the zip holds, by name."""
    released = sorted((root / "exercises").glob("lesson-*/lesson-*.ipynb"))
    if not released:
        raise FileNotFoundError(f"{root / 'exercises'} holds no exercise: make exercises")
    found = {path.name: path for path in TEMPLATES.iterdir() if path.is_file()}
    found |= {path.name: path for path in released} | {f"originals/{path.name}": path for path in released}
    for path in sorted((root / "seqlib").rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts and path.name not in FOR_THE_BUILD:
            found[path.relative_to(root).as_posix()] = path
    texts = {name: path.read_bytes() for name, path in found.items()}
    if site := _site(root):
        page = re.compile(rb"\(([a-z0-9-]+\.html)\)")
        texts = {
            name: page.sub(lambda found: b"(" + site + b"/" + found[1] + b")", text)
            if name.endswith(".ipynb")
            else text
            for name, text in texts.items()
        }
    texts["start.bat"] = texts["start.bat"].replace(b"\n", b"\r\n")
    return texts


def _site(root: Path) -> bytes:
    """The address of the published book, `html: baseurl:` of _config.yml; empty where none is given."""
    config = root / "_config.yml"
    found = re.search(r"^  baseurl: *(\S+)$", config.read_text("utf-8"), re.MULTILINE) if config.is_file() else None
    return found[1].strip("\"'").rstrip("/").encode() if found else b""


def write(target: Path, root: Path = ROOT) -> int:
    """Write the zip; returns how many files are in it."""
    texts = files(root)
    now = time.gmtime(int(os.environ.get("SOURCE_DATE_EPOCH") or time.time()))
    today = (now.tm_year, now.tm_mon, now.tm_mday, 0, 0, 0)  # on one day, the same files give the same zip
    target.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(texts):
            entry = zipfile.ZipInfo(f"{TOP}/{name}", today)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = (0o755 if name.endswith(".sh") else 0o644) << 16
            archive.writestr(entry, texts[name])
    return len(texts)
