"""How long pages take on a slow telephone: 1.6 Mb/s, 150 ms there and back, a processor of a quarter of the speed.

    python -m benchmarks.page_load 03-rnn index --write

opens each page three times in a Chromium that has stored nothing, served with gzip as web servers do, and prints the median time
until everything is there, the bytes and requests over the line, and how far the page moved (layout shift): when opened at its
beginning, and the most when opened at any of its sections. Fails where a page exceeds its budget. What is written
is measured on a machine without other work, and is kept beside what is stored of other pages.
"""

from __future__ import annotations

import argparse
import functools
import gzip
import json
import os
import shutil
import statistics
import sys
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).parents[1]
SITE = ROOT / "book/_build/html"
RESULTS = ROOT / "benchmarks/results/page_load.json"
SECONDS, SHIFT = 5.0, 0.1  # the budget of a page
NETWORK: dict[str, float] = {
    "offline": False,
    "latency": 150,
    "downloadThroughput": 1.6e6 / 8,
    "uploadThroughput": 0.75e6 / 8,
}
SLOWER = 4
QUIET = 1.0  # the load up to which a result is worth keeping
MOVED = """() => new Promise((done) => {
  let sum = 0;
  new PerformanceObserver((list) => list.getEntries().forEach((entry) => { sum += entry.value; }))
    .observe({ type: "layout-shift", buffered: true });
  setTimeout(() => done(sum), 500);
})"""
SECTIONS = "[...document.querySelectorAll('article section[id]')].filter((one) => one.querySelector(':scope > h2')).map((one) => one.id)"


class Packed(SimpleHTTPRequestHandler):
    """Serves files packed, as web servers do, except those that are packed already."""

    def do_GET(self) -> None:
        path = Path(self.translate_path(self.path))
        if not path.is_file():
            self.send_error(404)
            return
        content = path.read_bytes()
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(str(path)))
        if path.suffix in (".html", ".css", ".js", ".json", ".svg"):
            content = gzip.compress(content, 6)
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        pass


def visit(browser: Browser, address: str) -> dict[str, float]:
    """Seconds until the page is complete, bytes over the line and layout shift of one first visit."""
    context = browser.new_context(viewport={"width": 390, "height": 844}, device_scale_factor=2)
    page = context.new_page()
    client = context.new_cdp_session(page)
    client.send("Network.enable")
    client.send("Network.emulateNetworkConditions", NETWORK)
    client.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    sizes: list[float] = []
    client.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    page.goto(address, wait_until="load")
    page.evaluate("document.fonts.ready")
    seconds = page.evaluate("performance.now()") / 1000
    shift = page.evaluate(MOVED)
    context.close()
    return {"seconds": seconds, "bytes": sum(sizes), "requests": len(sizes), "shift": shift}


def measure(names: list[str], repeats: int) -> dict[str, dict[str, float]]:
    """For each page the median of first visits, and the largest shift of visits to one of its sections."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Packed, directory=SITE))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    results = {}
    with sync_playwright() as control:
        browser = control.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for name in names:
            address = f"http://127.0.0.1:{server.server_port}/{name}.html"
            visits = [visit(browser, address) for _ in range(repeats)]
            page = browser.new_page()
            page.goto(address)
            anchors = page.evaluate(SECTIONS)
            page.close()
            deep = [visit(browser, f"{address}#{anchor}")["shift"] for anchor in anchors]
            size = statistics.median(one["bytes"] for one in visits)
            results[name] = {
                "seconds": round(statistics.median(one["seconds"] for one in visits), 2),
                "kilobytes": round(size / 1000),
                "requests": visits[0]["requests"],
                "shift": round(max(one["shift"] for one in visits), 3),
                "shift_at_a_section": round(max(deep, default=0.0), 3),
            }
            print(f"{name:34}" + "".join(f"{key} {value:<8}" for key, value in results[name].items()), flush=True)
        browser.close()
    server.shutdown()
    return results


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pages", nargs="*", default=sorted(path.stem for path in SITE.glob("*.html")))
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--write", action="store_true", help=f"store the results in {RESULTS.name}")
    arguments = parser.parse_args()
    if unknown := [name for name in arguments.pages if not (SITE / f"{name}.html").is_file()]:
        parser.error(f"no such page of the built book: {', '.join(unknown)}")
    if arguments.write and (load := os.getloadavg()[0]) > QUIET:
        parser.error(
            f"the machine is busy (load {load:.1f}; at most {QUIET}): what is stored is measured on a quiet one"
        )
    results = measure(arguments.pages, arguments.repeats)
    if arguments.write:
        how = {"network": NETWORK, "slower": SLOWER}
        stored = json.loads(RESULTS.read_text("utf-8")) if RESULTS.is_file() else {}
        kept = stored["pages"] if {key: stored.get(key) for key in how} == how else {}
        RESULTS.write_text(json.dumps(how | {"pages": kept | results}, indent=1) + "\n", "utf-8")
    heavy = [name for name, one in results.items() if one["seconds"] > SECONDS]
    moving = [name for name, one in results.items() if max(one["shift"], one["shift_at_a_section"]) > SHIFT]
    if heavy or moving:
        print(f"over the budget: {', '.join(heavy) or 'none'}; moving: {', '.join(moving) or 'none'}", file=sys.stderr)
    return bool(heavy or moving)


if __name__ == "__main__":
    sys.exit(main())
