"""The gallery in the built site: light until a figure asks for its network, and then for that network alone."""

from __future__ import annotations

import gzip
from typing import Any

from seqlib.book import samples
from seqlib.book.live import WEIGHTS

SENT = 390_000  # bytes over the line, packed, before a network is asked for
STEP = "(top) => new Promise((done) => { scrollTo(0, top); requestAnimationFrame(() => requestAnimationFrame(done)); })"


def test_a_network_is_fetched_when_its_figure_comes_near(browser: Any, address: str) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, reduced_motion="reduce")
    page = context.new_page()
    fetched: dict[str, int] = {}
    order: list[str] = []
    elsewhere: list[str] = []

    def note(asked: Any) -> None:
        url = asked.url.partition("?")[0]
        if "/live/weights/" in url:
            order.append(url.rpartition("/")[2])
        elif url.startswith((address, "data:")):
            fetched[url] = len(gzip.compress(asked.response().body()))

    page.on("requestfinished", note)
    page.on("request", lambda asked: asked.url.startswith((address, "data:")) or elsewhere.append(asked.url))
    page.goto(f"{address}gallery.html")
    page.wait_for_load_state("networkidle")
    assert sum(fetched.values()) <= SENT, sorted(fetched.items(), key=lambda item: -item[1])[:6]
    assert len(order) <= 1  # of the figures only the first may be near the window
    height = page.evaluate("document.documentElement.scrollHeight")
    for top in range(0, height, 600):
        page.evaluate(STEP, top)
    page.wait_for_function("document.querySelectorAll('.live-ready').length === 7")
    networks = [f"{task.network}.json" for task in samples.TASKS.values()]
    assert sorted(order) == sorted(networks)
    assert all((WEIGHTS / name).stat().st_size <= 100_000 for name in networks)
    assert fetched and not elsewhere
    context.close()


def test_every_task_has_its_label_and_its_samples(browser: Any, address: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}gallery.html")
    for number, name in enumerate(samples.TASKS, 1):
        section = page.locator(f"section:has(> #gallery-{number}), section#gallery-{number}").first
        assert section.locator(".live-picture svg").count() == 1, name
        assert section.get_by_role("rowheader", name="best simple method").count() == 1, name
        assert section.locator(".samples > li").count() == 4, name
        assert section.locator("audio").count() == (4 if name == "music" else 0), name
    context.close()
