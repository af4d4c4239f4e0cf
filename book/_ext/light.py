"""Light pages: what the theme brings for every site there may be is cut down, when the site is complete, to what this one uses.

- Style sheets keep the rules whose classes occur in a page or in a script.
- Fonts have the letters that occur: those of icons and formulas the characters that the style sheets name, those of text and
  code what stands in a page, a script or a network's vocabulary, and Latin letters. The script that draws the icons a second
  time is left out.
- Lines are not indented.
- The theme's search is left out: the book has its own.
- A figure's coordinates have two decimals, a hundredth of a point; a letter is drawn once for all figures of a page.
- A sound is a file of its own, fetched when somebody plays it.

Sphinx copies the theme's files anew at every build, so that each build starts from all of them.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable
from html import unescape
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any

import tinycss2
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont
from sphinx.application import Sphinx

WORD = re.compile(r"[\w-]+")
# put together by Bootstrap's script from "bs-tooltip" and "-auto"
AT_RUN_TIME = {"bs-tooltip-auto"}
# scripts, and what stands in a page that needs them; no page needs the one for icons, which the icon font draws as well
NEEDED_FOR = {
    "scripts/fontawesome": None,
    "(?:_static/searchtools|_static/language_data|searchindex)": None,  # book/_ext/search.py
    "_static/design-tabs": "sd-tab-set",
    "_static/sphinx-thebe": "thebe-launch",
    "(?:_static/doctools|_static/sphinx_highlight)": None,  # for Sphinx's own search
    "_static/togglebutton": None,  # solutions fold without it (book/_ext/structure.py)
    "_static/unrolled": 'class="stepper',
    "_static/quiz": 'class="quiz"',
}
# the theme marks entries of the contents at the right by what is in sight; book/_static/reading.js marks the section one reads
SPY = re.compile(r' data-bs-(?:spy|target|root-margin|offset)="[^"]*"(?=[^<>]*>)| data-offset="[^"]*"')
BODY = re.compile(r"<body\b[^>]*>")
ICON = re.compile(r'<i (?=class="[^"]*\bfa-)')
FIGURE = re.compile(r"<svg .*?</svg>", re.DOTALL)
PLACE = re.compile(r' (?:d|x|y)="[^"]+"|translate\([^)]+\)')
LONG = re.compile(r"-?\d+\.\d{3,}")
OWN_LETTER = re.compile(r'(?<=["#])p[0-9a-f]{8}-(?=[A-Z][\w-]*-[0-9a-f]+")')
LETTER = re.compile(r'<path id="([A-Z][\w-]*-[0-9a-f]+)"[^>]*/>\n?')
NAME = re.compile(r' id="(\w+-[a-z0-9]+_\d+)"')
COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
AS_WRITTEN = re.compile(r"(<(pre|textarea)\b.*?</\2>)", re.DOTALL)
WRITTEN = re.compile(r'"([^"]*)"')  # what a rule such as `content: "..."` or a variable for it holds
SOUND = re.compile(r'"data:audio/wav;base64,([^"]+)"')
# the theme's scripts choose light or dark when all is loaded; until then a page would have the colours and lines of neither
THEME = 'document.documentElement.dataset.theme = localStorage.getItem("theme") || "auto";'
AT_ONCE = """
if (document.documentElement.dataset.theme === "auto")
document.documentElement.dataset.theme = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";"""
TOGGLE = re.compile(r"<script>(?:let toggle|var togglebutton)[^<]*</script>\n?")
PACKED_FONT = re.compile(r'url\([^)]*\.woff2"?\)\s*format\("woff2"\),')
ICON_FONT = re.compile(r'(/webfonts/[\w-]+)\.ttf("?\)\s*format\(")truetype"')
FORMULA_FONT = re.compile(r'(formulas/[\w-]+)\.woff("\) format\(")woff"')
# how the letters of Devanagari are joined and where its signs stand
INDIC = "abvf abvm abvs akhn blwf blwm blws cjct dist haln half init nukt pref pres pstf psts rkrf rphf vatu".split()
LATIN = {chr(code) for code in (*range(0x20, 0x7F), *range(0xA0, 0x100))}  # what a reader may type


def lighten_figure(svg: str) -> str:
    """The same drawing: coordinates with two decimals, without comments and names that nothing asks for."""

    def short(number: re.Match[str]) -> str:
        return f"{float(number.group()):.2f}".rstrip("0").rstrip(".")

    asked = set(re.findall(r"#([\w-]+)", svg))
    svg = NAME.sub(lambda name: name.group() if name[1] in asked else "", svg)
    svg = PLACE.sub(lambda place: LONG.sub(short, place.group()), svg)
    return COMMENT.sub("", svg)


def share_letters(html: str) -> str:
    """The page with each letter of its figures defined by the first figure that has it, under the same name for all."""
    defined: set[str] = set()

    def once(letter: re.Match[str]) -> str:
        first = letter[1] not in defined
        defined.add(letter[1])
        return letter.group() if first else ""

    return LETTER.sub(once, OWN_LETTER.sub("", html))


def strip_lines(html: str) -> str:
    """The page without indentation and empty lines, except where every space is shown."""
    parts, at = [], 0
    for kept in AS_WRITTEN.finditer(html):
        parts += [re.sub(r"\n[ \t\n]+", "\n", html[at : kept.start()]), kept.group()]
        at = kept.end()
    return "".join([*parts, re.sub(r"\n[ \t\n]+", "\n", html[at:])])


def lighten_page(html: str, sounds: Path) -> str:
    """A page without scripts that it does not use; its sounds go into the folder `sounds`, as _static/NAME.wav."""

    def file_of(sound: re.Match[str]) -> str:
        content = base64.b64decode(sound[1])
        name = hashlib.sha256(content).hexdigest()[:16] + ".wav"
        (sounds / name).write_bytes(content)
        return f'"_static/{name}"'

    html = TOGGLE.sub("", html.replace(THEME, THEME + AT_ONCE))
    for script, mark in NEEDED_FOR.items():
        if mark is None or mark not in html:
            html = re.sub(rf'<script [^>]*src="[^"]*{script}\.js[^>]*></script>\n?', "", html)
    html = BODY.sub(lambda body: SPY.sub("", body.group()), html, count=1)
    # by that name the theme's script finds the contents and marks entries, too
    html = html.replace('id="pst-page-toc-nav"', 'id="page-toc-nav"')
    html = ICON.sub('<i aria-hidden="true" ', html)
    html = html.replace(
        '<summary><span class="toctree-toggle"', '<summary aria-label="the pages below"><span class="toctree-toggle"'
    )
    html = FIGURE.sub(lambda figure: lighten_figure(figure.group()), share_letters(html))
    return SOUND.sub(file_of, strip_lines(html))


def selectors_used(prelude: Iterable[Any], seen: set[str]) -> str:
    """Of the selectors `a, b, ...` of a rule those whose classes have all been seen. What stands in :is() or :not() is not asked."""
    used = []
    for comma, selector in groupby(prelude, lambda token: token == ","):
        tokens = list(selector)
        classes = [name.value for dot, name in pairwise(tokens) if dot == "." and name.type == "ident"]
        if not comma and all(word in seen for name in classes for word in WORD.findall(name)):
            used.append(tinycss2.serialize(tokens).strip())
    return ",".join(used)


def lighten_rules(rules: Iterable[Any], seen: set[str]) -> str:
    """The rules of a style sheet, or of a part of it that asks for a medium, whose classes have been seen."""
    kept = []
    for rule in rules:
        if rule.type == "error":
            raise ValueError(f"a style sheet that cannot be read, line {rule.source_line}: {rule.message}")
        if rule.type == "qualified-rule":
            selectors, content = selectors_used(rule.prelude, seen), tinycss2.serialize(rule.content)
            kept.append(f"{selectors}{{{content}}}" if selectors else "")
        elif rule.lower_at_keyword in ("media", "supports"):
            inside = tinycss2.parse_rule_list(rule.content, skip_comments=True, skip_whitespace=True)
            content = lighten_rules(inside, seen)
            head = f"@{rule.lower_at_keyword}{tinycss2.serialize(rule.prelude)}"
            kept.append(f"{head}{{{content}}}" if content else "")
        else:
            kept.append(rule.serialize())
    return "\n".join(filter(None, kept))


def lighten_sheet(sheet: str, seen: set[str]) -> str:
    """A style sheet with the rules whose classes have been seen, and no font but the one that is cut down."""
    rules = tinycss2.parse_stylesheet(sheet, skip_comments=True, skip_whitespace=True)
    light = PACKED_FONT.sub("", lighten_rules(rules, seen))
    return FORMULA_FONT.sub(r'\1.woff2\2woff2"', ICON_FONT.sub(r'\1.woff2\2woff2"', light))


def lighten_font(path: Path, characters: set[str]) -> None:
    """The font with these characters alone, packed as woff2, in the place of the one that was there."""
    font = TTFont(path)
    options = Options(notdef_outline=True, layout_features=["kern", "liga", "mark", "mkmk", "tnum", "locl", *INDIC])
    options.drop_tables += ["FFTM"]
    cut = Subsetter(options)
    has = set(map(chr, font.getBestCmap()))
    cut.populate(unicodes=map(ord, characters & has or has))  # one that stands for its measures alone stays whole
    cut.subset(font)
    font.flavor = "woff2"
    path.unlink()
    font.save(path.with_suffix(".woff2"))


def lighten_fonts(static: Path, named: set[str], written: set[str]) -> None:
    """The fonts of the site: `named` are the characters that its style sheets write, `written` those that a reader sees."""
    for font in (*(static / "vendor/fontawesome/webfonts").glob("*.ttf"), *(static / "formulas").glob("*.woff")):
        lighten_font(font, named)
    for font in (static / "fonts").glob("*.woff2"):
        lighten_font(font, written | LATIN)


def lighten(app: Sphinx, failure: Exception | None) -> None:
    """When the site is complete: write its pages, style sheets and icon fonts again."""
    site = Path(app.outdir)
    if failure or app.builder.format != "html":
        return
    static = site / "_static"
    seen, written = set(AT_RUN_TIME), set[str]()
    for page in site.rglob("*.html"):
        html = lighten_page(page.read_text("utf-8"), static)
        page.write_text(html, "utf-8")
        seen.update(WORD.findall(html))
        written.update(unescape(html))
    for sound in static.glob("*.wav"):
        if sound.stem not in seen:  # of a chapter as it was once
            sound.unlink()
    for network in static.glob("live/weights/*.json"):  # whose vocabulary a live figure writes
        written.update(network.read_text("utf-8"))
    for script in static.rglob("*.js"):
        if script.name != "fontawesome.js":
            text = script.read_text("utf-8")
            seen.update(WORD.findall(text))
            written.update(text)
    characters: set[str] = set()
    for path in static.rglob("*.css"):
        sheet = lighten_sheet(path.read_text("utf-8"), seen)
        path.write_text(sheet, "utf-8")
        characters.update("".join(WRITTEN.findall(sheet)))
    lighten_fonts(static, characters, written)


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("build-finished", lighten)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
