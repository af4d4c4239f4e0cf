"""The exercises for home: one zip with the notebooks, the library with its case files, and a start line for each system."""

from __future__ import annotations

import zipfile
from pathlib import Path

from autograder.release import ROOT

TEMPLATES = Path(__file__).parent / "templates" / "home"
TOP = "exercises"
BEFORE_ZIP = (1980, 1, 1, 0, 0, 0)  # the earliest time that a zip can hold: the same files give the same zip


def files(root: Path = ROOT) -> dict[str, bytes]:
    """What the zip holds, by name."""
    released = sorted((root / "exercises").glob("lesson-*/lesson-*.ipynb"))
    if not released:
        raise FileNotFoundError(f"{root / 'exercises'} holds no exercise: make exercises")
    found = {path.name: path for path in TEMPLATES.iterdir() if path.is_file()}
    found |= {path.name: path for path in released} | {f"originals/{path.name}": path for path in released}
    for path in sorted((root / "seqlib").rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            found[path.relative_to(root).as_posix()] = path
    texts = {name: path.read_bytes() for name, path in found.items()}
    texts["start.bat"] = texts["start.bat"].replace(b"\n", b"\r\n")
    return texts


def write(target: Path, root: Path = ROOT) -> int:
    """Write the zip; returns how many files are in it."""
    texts = files(root)
    target.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(texts):
            entry = zipfile.ZipInfo(f"{TOP}/{name}", BEFORE_ZIP)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = (0o755 if name.endswith(".sh") else 0o644) << 16
            archive.writestr(entry, texts[name])
    return len(texts)
