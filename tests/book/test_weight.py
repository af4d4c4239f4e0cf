"""What a reader's first look at a page costs: all that Chromium fetches for it, from a server that compresses as Pages does."""

from __future__ import annotations

import functools
import gzip
import importlib.util
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
SITE = ROOT / "book" / "_build" / "html"
PAGES = sorted(path.name for path in SITE.glob("*.html"))
SENT = 1_500_000  # bytes over the line
UNPACKED = 2_500_000  # bytes that the browser reads
TEXTS = {".html", ".css", ".js", ".svg", ".json"}
SETTLED = """async () => {
  if (window.MathJax && MathJax.startup) await MathJax.startup.promise;
  await document.fonts.ready;
}"""


class Compressing(SimpleHTTPRequestHandler):
    """Texts are sent packed by gzip, fonts and pictures as they are."""

    def do_GET(self) -> None:
        file = Path(self.translate_path(self.path))
        if not file.is_file():
            return self.send_error(404)
        packed = file.suffix in TEXTS
        body = gzip.compress(file.read_bytes(), 6) if packed else file.read_bytes()
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(str(file)))
        self.send_header("Content-Length", str(len(body)))
        if packed:
            self.send_header("Content-Encoding", "gzip")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture(scope="module")
def packed_site() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Compressing, directory=SITE))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("name", PAGES)
def test_a_first_look_is_light(browser: Any, packed_site: str, name: str) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 900})  # nothing is stored yet
    page = context.new_page()
    fetched: list[Any] = []
    page.on("requestfinished", lambda request: fetched.append(request))
    page.goto(packed_site + name)
    page.evaluate(SETTLED)
    page.wait_for_load_state("networkidle")
    requests = {request.url.removeprefix(packed_site): request for request in fetched if request.url.startswith("http")}
    assert name in requests and len(requests) > 10
    sent = {url: request.sizes()["responseBodySize"] for url, request in requests.items()}
    unpacked = {url: len(request.response().body()) for url, request in requests.items()}
    context.close()
    assert sum(sent.values()) <= SENT, sorted(sent.items(), key=lambda item: -item[1])[:5]
    assert sum(unpacked.values()) <= UNPACKED, sorted(unpacked.items(), key=lambda item: -item[1])[:5]


def test_every_icon_that_a_page_shows_is_drawn(browser: Any, address: str) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 900})
    for name in PAGES:
        page.goto(address + name)
        page.wait_for_selector("svg.fa-bug", state="attached")
        page.wait_for_function("!document.querySelector('i[class*=fa-]')")
        assert page.locator("svg.svg-inline--fa").count() >= 8, name
        missing = page.locator("svg.svg-inline--fa[data-icon='missing'], svg.svg-inline--fa:not(:has(path))")
        assert missing.count() == 0, name
    page.close()


def test_icons_that_no_page_shows_are_left_out() -> None:
    spec = importlib.util.spec_from_file_location("light", ROOT / "book" / "_ext" / "light.py")
    assert spec and spec.loader
    light = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(light)
    script = """{sun:[1,2,[9728],"f185","M1"],"file-pdf":[1,2,[],"f1c1",["M1","M2"]],search:[1,2,["old-name"],"f002","M3"],}"""
    assert light.trim_script(script, {"file-pdf", "old-name"}) == script.replace('sun:[1,2,[9728],"f185","M1"],', "")
    assert light.trim_script(script, set()) == "{}"
    sheet = 'a{b:c}.fa-sun:before{content:"\\f185"}.fa-old:before,.fa-new:before{content:"\\f002"}.fa-lg{font-size:2em}'
    assert light.trim_sheet(sheet, {"old"}) == sheet.replace('.fa-sun:before{content:"\\f185"}', "")
