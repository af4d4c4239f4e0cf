"""The built site, served to a browser: one server and one Chromium for all tests of a process."""

from __future__ import annotations

import functools
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.book.live_page import axe, figures, open_figure
from tests.chromium import CHROMIUM

__all__ = ["axe", "figures", "open_figure"]

SITE = Path(__file__).parents[2] / "book" / "_build" / "html"


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture(scope="session")
def address() -> Iterator[str]:
    """Where the site is served: an address of this machine that ends in a slash."""
    if not (SITE / "index.html").is_file():
        pytest.skip("book/_build/html is made by `make book`")
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=SITE))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Chromium, driven by Playwright."""
    playwright = pytest.importorskip("playwright.sync_api")
    if not CHROMIUM:
        pytest.skip("needs chromium")
    with playwright.sync_playwright() as control:
        chromium = control.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield chromium
        chromium.close()
