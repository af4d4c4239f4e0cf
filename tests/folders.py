"""Folders of pytest, which are private, for a process of another user."""

from __future__ import annotations

from pathlib import Path


def opened(folder: Path) -> Path:
    """The folder, which others may now enter."""
    for parent in (folder, *folder.parents):
        if parent.name.startswith("pytest-") or parent == folder:
            parent.chmod(0o755)
    return folder
