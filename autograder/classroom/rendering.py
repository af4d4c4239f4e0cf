"""Texts of strangers as HTML in which nothing runs, nothing loads and nothing leads away; formulas as MathML, without another host."""

from __future__ import annotations

import re
import secrets
import xml.etree.ElementTree as ET

import bleach
import latex2mathml.converter
import mistune
from markupsafe import Markup
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from autograder.engine import markup

_TAGS = frozenset(
    "p br hr em strong code pre blockquote ul ol li h1 h2 h3 h4 h5 h6 table thead tbody tr th td del".split()
)
_MATH = re.compile(r"\$\$(?P<block>.+?)\$\$|(?<![\\$\w])\$(?P<inline>[^\s$](?:[^$\n]*[^\s$\\])?)\$(?![\w$])", re.DOTALL)
_CODE = re.compile(r"(`+)(?!`).+?(?<!`)\1(?!`)|^[`~]{3}.*?^[`~]{3}", re.DOTALL | re.MULTILINE)
_MATHML = "http://www.w3.org/1998/Math/MathML"
_ELEMENTS = frozenset(
    (
        "math mrow mi mn mo mtext mspace mfrac msqrt mroot msub msup msubsup munder mover munderover "
        "mtable mtr mtd mstyle mpadded mphantom menclose"
    ).split()
)
_ATTRIBUTES = frozenset(
    "display stretchy fence form separator mathvariant columnalign rowspacing columnspacing width height depth linethickness accent "
    "accentunder movablelimits largeop symmetric minsize maxsize lspace rspace displaystyle scriptlevel notation".split()
)
_ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
MAX_TEXT, MAX_FORMULA = 50_000, 2_000
_markdown = mistune.create_markdown(escape=True, plugins=["table", "strikethrough"])


def text(source: str) -> Markup:
    """Markdown with formulas as HTML. What is of another kind (links, pictures, raw HTML) is left as text or left out."""
    if len(source) > MAX_TEXT:
        source = source[:MAX_TEXT] + "\n\n[cut: the text is longer]"
    kept: dict[str, str] = {}

    def keep(found: re.Match[str]) -> str:
        rendered = formula(found["block"] or found["inline"], block=found["block"] is not None)
        if rendered is None:
            return found[0]
        # A name that nobody who wrote the text can know, so that no text can ask for a formula.
        token = f"formula{secrets.token_hex(12)}end"
        kept[token] = rendered
        return token

    pieces, at = [], 0
    for code in _CODE.finditer(source):
        pieces += [_MATH.sub(keep, source[at : code.start()]), code[0]]
        at = code.end()
    pieces.append(_MATH.sub(keep, source[at:]))
    cleaned, _ = markup.markdown("".join(pieces))
    html = bleach.clean(str(_markdown(cleaned)), tags=_TAGS, attributes={}, strip=True, strip_comments=True)
    for token, rendered in kept.items():
        html = html.replace(token, rendered)
    return Markup(html)


def formula(tex: str, *, block: bool = False) -> str | None:
    """A formula as MathML; None where it cannot be one."""
    if len(tex) > MAX_FORMULA:
        return None
    try:
        root = ET.fromstring(latex2mathml.converter.convert(tex, display="block" if block else "inline"))
    except Exception:  # the converter raises what it likes on TeX that is none
        return None
    found = _only_math(root)
    if found is None:
        return None
    found.set("xmlns", _MATHML)
    return ET.tostring(found, encoding="unicode")


def _only_math(element: ET.Element) -> ET.Element | None:
    """The element with what a formula is made of, and nothing else."""
    name = element.tag.removeprefix(f"{{{_MATHML}}}")
    if name not in _ELEMENTS:
        return None
    made = ET.Element(name, {key: value for key, value in element.attrib.items() if key in _ATTRIBUTES})
    made.text, made.tail = element.text, element.tail
    made.extend(inner for child in element if (inner := _only_math(child)) is not None)
    return made


def code(source: str) -> Markup:
    """Python code in colours, which the page's style gives to its classes."""
    return Markup(highlight(plain(source), PythonLexer(), HtmlFormatter(nowrap=False, cssclass="code")))


def plain(source: str) -> str:
    """Text without control characters, colours of a terminal and marks that turn the direction of writing."""
    shown = _ANSI.sub("", source[:MAX_TEXT])
    return "".join(sign if sign.isprintable() or sign in "\n\t" else "\ufffd" for sign in shown)
