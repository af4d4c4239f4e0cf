"""The way from a browser that is started to the marking page: everybody on the machine sees what a program is started with."""

from __future__ import annotations

import html
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Marking</title>
<meta name="referrer" content="no-referrer">
<meta http-equiv="refresh" content="0; url={address}">
</head>
<body><p><a href="{address}">The marking page</a></p></body>
</html>
"""


@contextmanager
def doorway(folder: Path, address: str) -> Iterator[Path]:
    """A page that only its owner can read, and that leads on to an address with a secret in it."""
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=folder, prefix="mark-", suffix=".html") as file:
        file.write(PAGE.format(address=html.escape(address)))
        file.flush()
        yield Path(file.name)
