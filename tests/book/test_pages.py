"""Every page of the site in Chromium, opened once: its weight, its fonts, its icons, its typography, what
sticks out or is cut, and axe-core.

The tests stand in the order in which they may change the page: each page is opened by the fixture `visit`, looked at by
all tests of this file, and closed.
"""

from __future__ import annotations

import itertools
import re
import statistics
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from fontTools.ttLib import TTFont

SITE = Path(__file__).parents[2] / "book" / "_build" / "html"
PAGES = sorted(path.name for path in SITE.glob("*.html"))
DESK, TELEPHONES = 1280, (390, 360, 320)
LIMIT = 1_500_000  # bytes, as the browser reads them, that is unpacked: over the line a page is about a third of that
SETTLED = "document.fonts.ready"
ICONS = """() => [...document.querySelectorAll("i[class*=fa-]")].map((icon) => ({
  name: icon.className, hidden: icon.getAttribute("aria-hidden"), drawn: getComputedStyle(icon, "::before").content,
  width: icon.getBoundingClientRect().width, seen: icon.checkVisibility(),
}))"""
# what reaches beyond the right edge and stands in nothing that scrolls or cuts
STICKING_OUT = """() => {
  const room = document.documentElement.clientWidth;
  const cut = (element) => {
    for (let at = element; at !== document.documentElement; at = at.parentElement)
      if (getComputedStyle(at).overflowX !== "visible" || getComputedStyle(at).position === "fixed") return true;
    return false;
  };
  return [...document.body.querySelectorAll("*")]
    .filter((element) => element.getBoundingClientRect().right > room + 0.5 && !cut(element))
    .map((element) => `${element.tagName} ${element.className} ${element.getBoundingClientRect().right}: ${element.textContent.trim().slice(0, 60)}`);
}"""
HEADINGS = """() => Object.fromEntries(["h1", "h2", "h3"].map((name) => [name,
  [...document.querySelectorAll(`.bd-article section:not(.api-entry) > ${name}, .bd-search-container > ${name}`)].map((heading) => {
    const style = getComputedStyle(heading);
    return [parseFloat(style.fontSize), Number(style.fontWeight)];
  })]))"""
# letters a line of paragraphs that fill at least four lines
LINES = """() => [...document.querySelectorAll(".bd-article section > p")].map((paragraph) => {
  const lineHeight = parseFloat(getComputedStyle(paragraph).lineHeight);
  return [paragraph.innerText.length, paragraph.getBoundingClientRect().height / lineHeight];
}).filter(([letters, lines]) => lines > 3.5).map(([letters, lines]) => letters / (lines - 0.5))"""
# what is pressed and is no link within a text
TARGETS = """() => [...document.querySelectorAll(
    ".bd-header-article .btn, .quiz-answer, .quiz-foot button, .stepper-controls > *, .bd-article summary, .lessons a, .search-button, .prev-next-area a")]
  .filter((target) => target.checkVisibility() && target.getBoundingClientRect().width > 1)
  .map((target) => [target.outerHTML.slice(0, 90), target.getBoundingClientRect().width, target.getBoundingClientRect().height])
  .filter(([, width, height]) => height < 43.5 || width < 43.5)"""
FORMULAS = """() => [...document.querySelectorAll(".bd-article p > mjx-container")].filter((one) => one.checkVisibility())
  .map((one) => [one, one.parentElement].map((each) => parseFloat(getComputedStyle(each).fontSize)))"""
FADES = """() => [...document.querySelectorAll('.picture, .bd-article pre, mjx-container[display="true"], .pst-scrollable-table-container')]
  .filter((frame) => frame.scrollWidth - frame.clientWidth > 1 && !frame.closest("details:not([open])"))
  .filter((frame) => !frame.classList.contains("more-right") && !frame.classList.contains("more-left"))
  .map((frame) => frame.outerHTML.slice(0, 90))"""
# formulas of which a telephone shows a part only
CUT_FORMULAS = """() => [...document.querySelectorAll("mjx-container")].filter((one) => one.checkVisibility())
  .filter((one) => one.scrollWidth > one.clientWidth + 1 && one.clientWidth).map((one) => one.textContent.slice(0, 60))"""
# figures that a telephone shows a part of only
CUT_FIGURES = """() => [...document.querySelectorAll(".picture")].filter((one) => !one.closest(".stepper"))
  .filter((one) => one.checkVisibility() && one.scrollWidth > one.clientWidth + 1).map((one) => one.firstElementChild.ariaLabel)"""
# links to the pages before and after whose arrow or title is cut
CUT_LINKS = """() => [...document.querySelectorAll(".prev-next-area a")]
  .filter((link) => link.scrollWidth > link.clientWidth + 1).map((link) => link.textContent.trim())"""
# at forty places down the page: the entry that is marked, and the last heading above the upper edge of the text
MARKED = """async () => {
  const links = [...document.querySelectorAll(".page-toc a.nav-link")];
  const wrong = [];
  const end = document.documentElement.scrollHeight - window.innerHeight;
  for (let i = 0; i < 40; i++) {
    window.scrollTo(0, end * i / 40);
    let above, marked;
    for (let frame = 0; frame < 40 && (frame < 4 || above !== marked); frame++) {  // a live figure that starts moves what is below it
      await new Promise(requestAnimationFrame);
      // a little below where a link leads
      const edge = parseFloat(getComputedStyle(document.documentElement).scrollPaddingTop) + 24;
      above = links.findLast((link) => {
        const section = document.getElementById(decodeURIComponent(link.hash.slice(1)));
        return section.querySelector("h2, h3").getBoundingClientRect().top < edge;
      }) || null;
      marked = document.querySelector('.page-toc a[aria-current="true"]');
    }
    if (above !== marked) wrong.push(`${Math.round(end * i / 40)}: ${marked?.textContent.trim()}, not ${above?.textContent.trim()}`);
  }
  window.scrollTo(0, 0);
  return wrong;
}"""
# entries of the contents that break a word, or reach out of their column, when they are marked
BROKEN_ENTRIES = """() => [...document.querySelectorAll(".page-toc a.nav-link")].filter((link) => {
  const marked = link.classList.contains("active");
  link.classList.add("active");
  const style = getComputedStyle(link);
  const whole = link.scrollWidth <= link.clientWidth + 1 && Number(style.fontWeight) >= 600
    && style.overflowWrap === "normal" && style.wordBreak === "normal" && style.hyphens !== "auto";
  if (!marked) link.classList.remove("active");
  return !whole;
}).map((link) => link.textContent.trim())"""
# words that stand out too little from white paper (a contrast below 4.5), a kind of word once
PALE = """() => {
  const kinds = new Map();
  for (const part of document.querySelectorAll(".bd-article :is(p, li, td, th, h2, h3, figcaption, pre, pre span, code, legend, label)")) {
    if (!part.checkVisibility() || ![...part.childNodes].some((one) => one.nodeType === 3 && one.data.trim())) continue;
    const [red, green, blue] = getComputedStyle(part).color.match(/[\\d.]+/g).map((part) => part / 255)
      .map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
    const contrast = 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05);
    if (contrast < 4.5) kinds.set(`${part.tagName} ${part.className} ${getComputedStyle(part).color}`, part.textContent.trim().slice(0, 40));
  }
  return [...kinds].map(([kind, text]) => `${kind}: ${text}`);
}"""
CUT_ON_PAPER = """() => [...document.querySelectorAll(".bd-article pre, .bd-article td, .picture svg, mjx-container[display='true'], .live svg")]
  .filter((part) => part.checkVisibility() && !part.closest("details:not([open])"))
  .filter((part) => part.getBoundingClientRect().right > document.querySelector("article").getBoundingClientRect().right + 2
    || (part.scrollWidth > part.clientWidth + 1 && part.clientWidth && part.tagName !== "svg"))
  .map((part) => `${part.tagName} ${part.className}: ${part.textContent.trim().slice(0, 60)}`)"""
# the theme lets what has begun to scroll take the keyboard a moment after the window has another size
# The theme and book/_static/reading.js look a while after a change of size, or of fonts, which boxes scroll.
REACHABLE = """() => [...document.querySelectorAll(
  'pre, .pst-scrollable-table-container, .cell_output > .output, mjx-container[display="true"], mjx-container.wide')].every(
  (box) => box.tabIndex === 0 || (box.scrollWidth <= box.clientWidth
    && (!box.matches(".output") || box.scrollHeight <= box.clientHeight)))"""
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


@dataclass
class Visit:
    """A page as Chromium shows it, what it fetched for that, addresses in the site and bytes, and what Chromium complained of."""

    name: str
    page: Any
    fetched: dict[str, int]
    complaints: list[str]

    def widen(self, width: int) -> None:
        self.page.set_viewport_size({"width": width, "height": 900})

    def show(self, theme: str) -> None:
        self.page.emulate_media(color_scheme=theme)
        self.page.wait_for_function(f"document.documentElement.dataset.theme == '{theme}'")


@pytest.fixture(scope="module", params=PAGES)
def visit(request: pytest.FixtureRequest, browser: Any, address: str) -> Iterator[Visit]:
    context = browser.new_context(viewport={"width": DESK, "height": 900}, reduced_motion="reduce")  # nothing is stored
    page = context.new_page()
    requests: list[Any] = []
    complaints: list[str] = []
    page.on("console", lambda line: complaints.append(line.text) if line.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("requestfinished", lambda asked: requests.append(asked))
    page.emulate_media(color_scheme="light")
    page.goto(address + request.param)
    page.evaluate(SETTLED)
    page.wait_for_load_state("networkidle")
    fetched = {
        asked.url.removeprefix(address): len(asked.response().body())
        for asked in requests
        if asked.url.startswith("http")
    }
    yield Visit(request.param, page, fetched, complaints)
    context.close()


def test_a_first_look_is_light(visit: Visit) -> None:
    """Without what a reader asks for later: a sound that is played, the search, a notebook that is downloaded."""
    assert visit.name in visit.fetched and len(visit.fetched) >= 5
    assert sum(visit.fetched.values()) <= LIMIT, sorted(visit.fetched.items(), key=lambda item: -item[1])[:8]


def test_the_browser_has_nothing_to_complain_of(visit: Visit) -> None:
    assert not visit.complaints


def test_text_and_code_are_set_in_the_fonts_that_the_site_brings(visit: Visit) -> None:
    assert {"_static/fonts/text.woff2", "_static/fonts/code.woff2"} <= set(visit.fetched)
    client = visit.page.context.new_cdp_session(visit.page)
    client.send("DOM.enable")
    client.send("CSS.enable")
    root = client.send("DOM.getDocument")["root"]["nodeId"]
    for selector, font in (
        (".bd-article p", "Book Text"),
        (".bd-article h1", "Book Text"),
        (".bd-article pre", "Book Code"),
    ):
        node = client.send("DOM.querySelector", {"nodeId": root, "selector": selector})["nodeId"]
        if node:
            used = client.send("CSS.getPlatformFontsForNode", {"nodeId": node})["fonts"]
            assert all(one["isCustomFont"] for one in used), (selector, used)
            assert font in {one["familyName"] for one in used} or not used, (selector, used)
    client.detach()


@pytest.mark.parametrize("width", [DESK, TELEPHONES[0]])
def test_every_icon_is_drawn_by_the_font_that_is_left(visit: Visit, width: int) -> None:
    letters = TTFont(SITE / "_static/vendor/fontawesome/webfonts/fa-solid-900.woff2").getBestCmap()
    visit.widen(width)
    icons = visit.page.evaluate(ICONS)
    assert len(icons) >= 8
    for icon in icons:
        assert ord(icon["drawn"].strip('"')) in letters and icon["hidden"] == "true", icon
    shown = [icon["name"] for icon in icons if icon["seen"] and icon["width"] > 8]
    assert any("fa-magnifying-glass" in icon for icon in shown) and any("fa-expand" in icon for icon in shown)
    assert visit.page.evaluate("document.fonts.check('900 16px \"Font Awesome 6 Free\"')")


@pytest.mark.parametrize("width", TELEPHONES)
def test_nothing_sticks_out_on_a_telephone(visit: Visit, width: int) -> None:
    visit.widen(width)
    assert visit.page.evaluate("document.documentElement.scrollWidth") <= width, visit.page.evaluate(STICKING_OUT)
    assert not visit.page.evaluate(CUT_LINKS)


@pytest.mark.parametrize("width", TELEPHONES[:2])
def test_formulas_fit_on_a_telephone(visit: Visit, width: int) -> None:
    """Within a line of text as well as on lines of their own."""
    visit.widen(width)
    assert not visit.page.evaluate(CUT_FORMULAS)


@pytest.mark.parametrize("width", [DESK, TELEPHONES[0]])
def test_a_title_is_larger_than_what_stands_below_it(visit: Visit, width: int) -> None:
    visit.widen(width)
    sizes = visit.page.evaluate(HEADINGS)
    for above, below in (("h1", "h2"), ("h2", "h3")):
        for (size, weight), (smaller, lighter) in itertools.product(sizes[above], sizes[below]):
            assert size > smaller + 1 and weight >= lighter, sizes


def test_prose_has_65_to_75_letters_a_line(visit: Visit) -> None:
    visit.widen(DESK)
    lines = visit.page.evaluate(LINES)
    if len(lines) >= 10:  # of a few lines the median says little
        assert 62 <= statistics.median(lines) <= 76, lines


def test_formulas_are_as_large_as_the_letters_around_them(visit: Visit) -> None:
    """An x of the text font is 0.478 of its size, one of the formulas' font 0.442."""
    sizes = visit.page.evaluate(FORMULAS)
    assert all(abs(formula * 0.442 / (text * 0.478) - 1) < 0.02 for formula, text in sizes), sizes[:3]


def test_the_contents_mark_the_section_that_one_reads(visit: Visit) -> None:
    visit.widen(DESK)
    assert visit.page.locator(".page-toc a.nav-link").count() > 3 or not re.match(r"\d\d-", visit.name)  # it is there
    assert not visit.page.evaluate(MARKED)


def test_a_marked_entry_of_the_contents_breaks_no_word(visit: Visit) -> None:
    visit.widen(DESK)
    assert not visit.page.evaluate(BROKEN_ENTRIES)


def test_what_a_thumb_presses_is_large_enough_and_what_goes_on_fades(visit: Visit) -> None:
    visit.widen(TELEPHONES[1])
    visit.page.wait_for_timeout(100)
    assert not visit.page.evaluate(TARGETS)
    assert not visit.page.evaluate(FADES)
    assert not visit.page.evaluate(CUT_FIGURES)


def test_nothing_is_cut_on_paper(visit: Visit) -> None:
    visit.page.emulate_media(media="print")
    visit.widen(673)  # A4 without its margins
    cut = visit.page.evaluate(CUT_ON_PAPER)
    steps = visit.page.evaluate(
        "[...document.querySelectorAll('.stepper-texts')].map((list) => list.checkVisibility())"
    )
    visit.page.emulate_media(media="screen")
    assert not cut
    assert all(steps)


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_nothing_is_pale_on_paper(visit: Visit, theme: str) -> None:
    visit.show(theme)
    visit.page.emulate_media(media="print")
    visit.page.wait_for_function("document.documentElement.dataset.theme == 'light'")
    pale = visit.page.evaluate(PALE)
    visit.page.emulate_media(media="screen")
    visit.page.wait_for_function(f"document.documentElement.dataset.theme == '{theme}'")
    assert not pale


def serious(page: Any, **options: Any) -> list[str]:
    """What axe-core calls serious or critical, one line for each rule."""
    violations = page.evaluate(AXE, options)["violations"]
    found = [rule for rule in violations if rule["impact"] in ("serious", "critical")]
    return [f"{rule['id']} ({len(rule['nodes'])}): {rule['nodes'][0]['html'][:200]}" for rule in found]


@pytest.mark.parametrize("width", [DESK, TELEPHONES[0]])
def test_no_serious_violation(visit: Visit, axe: str, width: int) -> None:
    visit.widen(width)
    visit.show("light")
    visit.page.evaluate("document.fonts.ready.then(() => { dispatchEvent(new Event('resize')); })")
    visit.page.wait_for_function(REACHABLE)
    visit.page.evaluate(ONE_OF_EACH)
    if not visit.page.evaluate("'axe' in window"):
        visit.page.evaluate(axe)
    found = [f"light: {line}" for line in serious(visit.page)]
    visit.show("dark")
    found += [f"dark: {line}" for line in serious(visit.page, **COLOURS)]
    visit.show("light")
    assert not found


@pytest.mark.parametrize("name", [name for name in PAGES if name[:2].isdigit()])
def test_scripts_move_nothing(browser: Any, address: str, name: str) -> None:
    """A lesson is about as high before its scripts have come as after: who follows a link into it stays where they are."""
    page = browser.new_page(viewport={"width": TELEPHONES[0], "height": 900})
    held: list[Any] = []
    free = False
    page.route("**/*.js*", lambda route: route.continue_() if free else held.append(route))
    page.goto(address + name, wait_until="commit")
    page.wait_for_function("document.readyState === 'interactive'")
    page.evaluate(SETTLED)
    tops = (
        "[...document.querySelectorAll('article section[id]')].map((one) => one.getBoundingClientRect().top + scrollY)"
    )
    before = page.evaluate(tops)
    assert held and page.evaluate("document.documentElement.dataset.theme") == "light"
    free = True
    for route in held:
        route.continue_()
    page.wait_for_load_state("load")
    page.evaluate(SETTLED)
    assert max(abs(a - b) for a, b in zip(before, page.evaluate(tops), strict=True)) < 40
    page.close()


def test_a_violation_would_be_seen(browser: Any, address: str, axe: str) -> None:
    page = browser.new_page()
    page.goto(address + "index.html")
    page.evaluate("document.querySelector('article p').style.color = '#eeeeee'")
    page.evaluate(axe)
    assert any(line.startswith("color-contrast") for line in serious(page))
    page.close()


def test_what_sticks_out_would_be_named(browser: Any, address: str) -> None:
    page = browser.new_page(viewport={"width": 320, "height": 800})
    page.goto(address + "index.html")
    page.evaluate("document.querySelector('article p').style.width = '400px'")
    assert page.evaluate("document.documentElement.scrollWidth") > 320
    assert any(line.startswith("P ") for line in page.evaluate(STICKING_OUT))
    page.close()
