"""Pieces of HTML and Markdown, cleaned and then opened in a browser: nothing runs, nothing is asked of the network."""

import random
import re
from collections.abc import Callable, Iterator

import pytest

from autograder.engine import markup
from tests.chromium import CHROMIUM

from .test_markup import HOSTILE, WHITE_BOX, page

RUN = "canary(1)"
AWAY = "https://away.example/"
TAGS = (
    "script img svg math style iframe object embed form input button a b p div table td template noscript textarea title "
    "select option video audio source link meta base body html details marquee mtext mglyph malignmark annotation-xml "
    "foreignObject desc xmp plaintext listing noembed noframes frameset math mi mo menclose semantics maction"
).split()
ATTRIBUTES = (
    f"onerror={RUN} onload={RUN} onclick={RUN} onfocus={RUN} autofocus ontoggle={RUN} open onmouseover={RUN} onbegin={RUN} "
    f"src=x src={AWAY}p.png href=javascript:{RUN} href={AWAY} xlink:href=javascript:{RUN} action=javascript:{RUN} "
    f"formaction=javascript:{RUN} style=background:url({AWAY}b) background={AWAY}c poster={AWAY}d srcset={AWAY}e "
    f"srcdoc=<script>parent.{RUN}</script> data=javascript:{RUN} encoding=text/html definitionurl={AWAY} display=block "
    f"mathvariant=bold notation=box id=canary name=body http-equiv=refresh content=0;url={AWAY} type=image is=x slot=x"
).split()
PIECES = (
    f"[x](javascript:{RUN})",
    f"[x](java\tscript:{RUN})",
    f"![x]({AWAY}f.png)",
    "![x](attachment:x.png)",
    f"[r]: javascript:{RUN}",
    "[r]",
    f"<javascript:{RUN}>",
    "<https://autofocus/contenteditable/onfocus=canary(1)>",
    "$\\frac{a}{b}$",
    "$x < y$",
    "$\\text{<img src=x onerror=canary(1)>}$",
    f"$\\href{{javascript:{RUN}}}{{x}}$",
    f"$\\color{{red;background:url({AWAY}g)}}x$",
    "$$\\begin{matrix}a & b\\end{matrix}$$",
    "```\n",
    "~~~mermaid\n",
    "`",
    "\n\n",
    "\n",
    "    ",
    "\t",
    "> ",
    "- ",
    "1. ",
    "# ",
    "|a|b|\n|-|-|\n|",
    "**",
    "*",
    "~~",
    "\\",
    "<!--",
    "-->",
    "--!>",
    "<![CDATA[",
    "]]>",
    "<?",
    "?>",
    "&lt;",
    "&#60;",
    "&#x3c",
    "&Tab;",
    "&colon;",
    "\0",
    "\x0b",
    "\u2028",
    "\ufeff",
    "<",
    ">",
    "/",
    '"',
    "'",
    "=",
    "a",
    "é",
    "\ud83d",
    "<svg><style><img src=x onerror=canary(1)></style></svg>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--><img src=x onerror=canary(1)>'>",
    "<noscript><p title='</noscript><img src=x onerror=canary(1)>'>",
    "<form><math><mtext></form><form><mglyph><style></math><img src onerror=canary(1)>",
)
# What may be in a cleaned page, sign by sign.
_NAMES = "|".join(sorted(markup._PROSE | markup._ELEMENTS | markup._TABLE_TAGS, key=len, reverse=True))
_KEYS = "|".join(markup._ATTRIBUTES)
PLAIN = re.compile(
    rf"</?(?:{_NAMES})>"
    r'|<a href="(?:https?://|#)[^"<>]*" rel="noopener noreferrer nofollow">|<a rel="noopener noreferrer nofollow">'
    r'|<img (?:src="data:image/(?:png|jpeg);base64,[A-Za-z0-9+/=]*" ?)?(?:alt="[^"<>]*")?>'
    rf'|<(?:{_NAMES})(?: (?:{_KEYS})="[^"<>]*")+>'
)


def piece(draw: random.Random) -> str:
    """Something between HTML and Markdown."""
    made = []
    for _ in range(draw.randint(1, 9)):
        kind = draw.random()
        if kind < 0.45:
            made.append(draw.choice(PIECES))
        elif kind < 0.6:
            made.append(draw.choice((*HOSTILE, *WHITE_BOX[:4], *WHITE_BOX[5:]))[:300])
        else:
            quote, gap = draw.choice(("", "", '"', "'", "`")), draw.choice((" ", " ", "/", "\n", "\t", "\x0c"))
            named = [draw.choice(ATTRIBUTES) for _ in range(draw.randint(0, 3))]
            quoted = [re.sub(r"=(.*)", rf"={quote}\1{quote}", text) for text in named]
            closing = "/" if draw.random() < 0.2 else ""
            made.append(f"<{closing}{gap.join([draw.choice(TAGS), *quoted])}{draw.choice(('>', '>', '/>', '', ' '))}")
    text = draw.choice(("", "", " ", "\n")).join(made)
    if draw.random() < 0.2:
        at = draw.randrange(len(text) + 1)
        text = text[:at] + draw.choice(("<", "\0", "&", "`", "$", "\n", "\\")) + text[at:]
    return text


def pages(text: str) -> list[str]:
    """What of a piece is shown: as Markdown, and as the HTML of an output."""
    return [markup.rendered(text, {"x.png": {"image/png": "AAAA"}}), markup.html(text) or ""]


@pytest.fixture(scope="module")
def runs() -> Iterator[Callable[[str], list[str]]]:
    """Open a page; returns what ran and what was asked for."""
    playwright = pytest.importorskip("playwright.sync_api")
    if CHROMIUM is None:
        pytest.skip("needs chromium")
    with playwright.sync_playwright() as control:
        browser = control.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        opened = browser.new_page()
        found: list[str] = []
        opened.expose_function("canary", lambda *told: found.append(f"ran {told}"))
        opened.on("dialog", lambda dialog: (found.append("dialog"), dialog.dismiss()))

        def asked(route: object) -> None:
            found.append(f"asked for {route.request.url}")  # type: ignore[attr-defined]
            route.abort()  # type: ignore[attr-defined]

        opened.route("**/*", asked)

        def open_page(text: str) -> list[str]:
            found.clear()
            opened.set_content(f"<!DOCTYPE html><body>{text}", wait_until="load")
            told = opened.evaluate(
                """() => [...document.body.querySelectorAll('*')].flatMap(tag => {
                    for (const name of ['mouseover', 'focus', 'click', 'toggle', 'error', 'load'])
                        if (tag.tagName !== 'A' || name !== 'click') tag.dispatchEvent(new Event(name));
                    const link = tag.tagName === 'A' && tag.hasAttribute('href') ? tag.getAttribute('href') : '#';
                    return /^(https?:\\/\\/|#)/.test(link) ? [] : [link];
                })"""
            )
            return [*found, *told]

        yield open_page
        browser.close()


def check(runs: Callable[[str], list[str]], seed: int, count: int, sample: int) -> None:
    """Open whatever has more than plain tags in it, and some of the rest."""
    draw = random.Random(seed)
    for number in range(count):
        text = piece(draw)
        for shown in pages(text):
            if "<" in PLAIN.sub("", shown) or draw.random() < sample / count / 2:
                assert runs(shown) == [], f"piece {number}: {text!r}"
        if draw.random() < sample / count:  # another program shows the notebook
            assert runs(page(text)) == [], f"piece {number}, as Markdown: {text!r}"


def test_the_canary_sings(runs):
    assert runs(f"<img src=x onerror={RUN}>") != []
    assert runs(f"<b onclick={RUN}>x</b>") != []
    assert runs(f'<img src="{AWAY}x.png">') != []
    assert runs("<a href='javascript:1'>x</a>") == ["javascript:1"]
    assert runs("<p>plain</p>") == []


def test_nothing_of_a_few_pieces_runs(runs):
    check(runs, 3, 300, 20)


@pytest.mark.soak
def test_nothing_of_100_000_pieces_runs(runs):
    check(runs, 4, 100_000, 300)
