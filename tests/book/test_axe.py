"""Every page of the site, checked by axe-core in Chromium: light and dark, on a desk and on a telephone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

SITE = Path(__file__).parents[2] / "book" / "_build" / "html"
PAGES = sorted(path.name for path in SITE.glob("*.html"))
WIDTHS = {"desk": 1280, "telephone": 390}
SETTLED = """async () => {
  if (window.MathJax && MathJax.startup) await MathJax.startup.promise;
  if (document.fonts) await document.fonts.ready;
}"""
# For time: of words of code that look alike, in boxes that look alike, the first is looked at; the others become plain text.
ONE_OF_EACH = """() => {
  const seen = new Set();
  document.querySelectorAll(".highlight span:not(:has(*))").forEach((word) => {
    const look = word.className + " in " + word.closest("div.highlight").parentElement.className;
    if (seen.has(look)) word.replaceWith(word.textContent);
    seen.add(look);
  });
  document.querySelectorAll(".highlight pre").forEach((code) => code.normalize());
}"""
# The boxes inside a formula hold no text: what a reader hears stands beside them (mjx-assistive-mml).
AXE = """(options) => axe.run(
  { exclude: ["mjx-math"] }, { resultTypes: ["violations"], iframes: false, ...options })"""
# the rules that look at colours; to all others both themes are the same page
COLOURS = {"runOnly": ["color-contrast", "link-in-text-block"]}


def serious(page: Any, **options: Any) -> list[str]:
    """What axe-core calls serious or critical, one line for each rule."""
    violations = page.evaluate(AXE, options)["violations"]
    found = [rule for rule in violations if rule["impact"] in ("serious", "critical")]
    return [f"{rule['id']} ({len(rule['nodes'])}): {rule['nodes'][0]['html'][:200]}" for rule in found]


@pytest.fixture(scope="module")
def axe() -> str:
    package = pytest.importorskip("axe_playwright_python")
    return (Path(package.__file__).parent / "axe.min.js").read_text("utf-8")


@pytest.mark.parametrize("width", WIDTHS.values(), ids=WIDTHS)
def test_no_serious_violation(browser: Any, address: str, axe: str, width: int) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900}, reduced_motion="reduce")
    page = context.new_page()
    found = []
    for name in PAGES:
        page.emulate_media(color_scheme="light")
        page.goto(address + name)
        page.evaluate(SETTLED)
        if page.locator(".quiz-box").count():
            page.wait_for_selector(".quiz-box .MCButton input[aria-label]", state="attached")
        page.evaluate(ONE_OF_EACH)
        page.evaluate(axe)
        found += [f"{name}, light: {line}" for line in serious(page)]
        page.emulate_media(color_scheme="dark")
        page.wait_for_function("document.documentElement.dataset.theme == 'dark'")
        found += [f"{name}, dark: {line}" for line in serious(page, **COLOURS)]
    context.close()
    assert not found


def test_a_violation_would_be_seen(browser: Any, address: str, axe: str) -> None:
    page = browser.new_page()
    page.goto(address + "index.html")
    page.evaluate("document.querySelector('article p').style.color = '#eeeeee'")
    page.evaluate(axe)
    assert any(line.startswith("color-contrast") for line in serious(page))
    page.close()
