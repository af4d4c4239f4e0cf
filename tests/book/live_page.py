"""The tools of the tests of live figures: pages that hold one figure each, and what such a figure computes and says."""

from __future__ import annotations

import functools
import importlib.util
import re
import threading
from collections.abc import Callable, Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from seqlib.book.stills import STILLS

ROOT = Path(__file__).parents[2]
PLACES = [  # each figure and a page of the book that shows it
    (name, path.stem)
    for path in sorted((ROOT / "book").glob("*.md"))
    for name in re.findall(r"^```\{live\} (\w+)", path.read_text("utf-8"), flags=re.MULTILINE)
]
EQUAL: dict[str, Any] = {"rtol": 0, "atol": 1e-6}
PAGE = """<!doctype html><html lang="en" data-theme="{theme}"><head><title>A live figure</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="/_static/live/live.css"><script type="module" src="/_static/live/start.js"></script></head>
<body style="background: {paper}; font-family: sans-serif; margin: 16px"><main class="bd-article">{figure}</main></body></html>"""

spec = importlib.util.spec_from_file_location("live_directive", ROOT / "book" / "_ext" / "live.py")
assert spec and spec.loader
directive = importlib.util.module_from_spec(spec)
spec.loader.exec_module(directive)


class OneFigure(SimpleHTTPRequestHandler):
    """book/ with pages /light/NAME and /dark/NAME that hold one figure each."""

    def do_GET(self) -> None:
        theme, _, name = self.path.strip("/").partition("/")
        if name not in STILLS:
            super().do_GET()
            return
        paper = {"light": "#fff", "dark": "#14181e"}[theme]
        page = PAGE.format(theme=theme, paper=paper, figure=directive.render_still(name)).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture(scope="session")
def figures() -> Iterator[str]:
    """The address of pages that hold one figure each, without a build of the book."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(OneFigure, directory=ROOT / "book"))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


@pytest.fixture
def open_figure(browser: Any, figures: str) -> Iterator[Callable[..., Any]]:
    """open_figure(name): the figure when it has started, in a window of its own. An error in a script fails the test."""
    contexts, trouble = [], []

    def open_it(
        name: str, width: int = 1280, motion: str = "reduce", scheme: str = "light", where: str = "", **how: Any
    ) -> Any:
        context = browser.new_context(
            viewport={"width": width, "height": 900}, reduced_motion=motion, color_scheme=scheme, **how
        )
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: trouble.append(str(error)))
        page.goto(where or f"{figures}{scheme}/{name}")
        figure = page.locator(f'[data-live="{name}"]')
        if how.get("java_script_enabled", True):
            figure.scroll_into_view_if_needed()
            page.wait_for_selector(f'[data-live="{name}"].live-ready', state="attached")
        return figure

    yield open_it
    for context in contexts:
        context.close()
    assert not trouble


@pytest.fixture(scope="session")
def axe() -> str:
    package = pytest.importorskip("axe_playwright_python")
    return (Path(package.__file__).parent / "axe.min.js").read_text("utf-8")


def module(figure: Any, name: str, body: str, *values: Any) -> Any:
    """Run `body` with the module `m` of a figure, its cells `c` and its stored network `w`."""
    stored = STILLS[name].network
    weights = f"await (await fetch(at('weights/{stored}.json'))).json()" if stored else "null"
    script = f"""async (v) => {{
      const at = (file) => new URL(`/_static/live/${{file}}`, location.href);
      const [m, c] = [await import(at("{name}.js")), await import(at("cells.js"))];
      const w = {weights};
      {body}
    }}"""
    return figure.page.evaluate(script, list(values))


PAINTED = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"


def said(figure: Any) -> str:
    """What the figure says for a screen reader, once what waits for the next frame is painted."""
    figure.page.evaluate(PAINTED)
    text: str = figure.locator(".live-said").text_content()
    return text.replace("\u00a0", " ")
