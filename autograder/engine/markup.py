"""What a student wrote, made harmless for the instructor's browser.

`rendered` makes the HTML of a page: Markdown without HTML in it, formulas as MathML, and as the last step nh3, a maintained
sanitiser, after which nothing renders the text again. `html` cleans the HTML of an output in the same way.

`markdown` is the second line, for whoever opens a graded notebook with another program: those show Markdown with the HTML in
it, links of every kind, and TeX that MathJax turns into links. What counts as code, as a formula or as a tag is decided by
several parsers that differ, so no rule here depends on the place: a space takes the meaning from every sequence that could
become a tag, a link that runs, or a TeX command that writes HTML.

All of it takes time in proportion to the length, and lengths are bounded.
"""

from __future__ import annotations

import functools
import re
import secrets
import xml.etree.ElementTree as ET
from typing import Any

import latex2mathml.converter
import mistune
import nh3

_PLAIN_TAGS = "b|strong|i|em|u|s|sub|sup|code|kbd|br|hr|p|ul|ol|li"
_TABLE_TAGS = set("table thead tbody tr th td div span pre".split() + _PLAIN_TAGS.split("|"))


def _rule(pattern: str, replacement: str) -> tuple[re.Pattern[str], str]:
    return re.compile(pattern, re.IGNORECASE), replacement


_TEX = _rule(r"\\(?=(?:href|cssid|class|style|bbox|require|mmltoken|unicode|html|data)(?![a-z]))", r"\\ ")
_MARKDOWN = (
    _rule(r"\t", "    "),
    _rule(r"[^\S \n]|[\x00-\x08\x0e-\x1f\x7f-\x9f]", " "),
    # Tags without attributes stay, and addresses in angle brackets that could not be a tag's name with attributes of some value
    # (a slash may stand between attributes); any other "<" begins nothing.
    _rule(rf"<(?!/?(?:{_PLAIN_TAGS}) ?/?>|https?://[^\s<>\"'`=\\]*>)(?=[a-z/!?])", "< "),
    # A character can be written as a number or a name, which would hide it; links are decoded more than once.
    _rule(r"&(?!(?:lt|gt|quot|nbsp);)(?=#|amp|[a-z][a-z0-9]*;)", "& "),
    _rule(r"(javascript|vbscript|data|file|blob)(?=\\?:\S)", r"\1 "),
    # Formgrader serves every file of the class, also a page that was handed in: links lead elsewhere or nowhere.
    _rule(r"\](?=\((?!\s*<?(?:https?://|#|attachment:))|:(?=\s*\S)(?!\s*<?(?:https?://|#)))", "] "),
    _TEX,
    # nbconvert writes the text of such a block as HTML.
    _rule(r"([`~]{3}[ \t]*)(?=mermaid)", r"\1not-"),
)
# An attached picture stays; one from anywhere else, which would tell its host who looks at it, becomes a link.
_OTHER_PICTURE = re.compile(r"!(?=\[)(?!\[[^\[\]\n\\`]*\]\(attachment:[\w.-]+\))")
_NAME = re.compile(r"[\w.-]+")
_ATTACHED = re.compile(r"\(attachment:([\w.-]+)\)")
_BASE64 = re.compile(r"[A-Za-z0-9+/=\s]*")
# Each sign belongs to one alternative only, and nothing is given back: time in proportion to the length.
_ANY_TAG = re.compile(
    r"""<(?P<closing>/?)(?P<name>[a-z][a-z0-9]*)(?=[ \t\r\n/>])(?:[^<>"'=]|=(?:"[^"<>]*"|'[^'<>]*')?)*+>|<""",
    re.IGNORECASE | re.ASCII,
)
_VOID_TAGS = frozenset("area base br col embed hr img input link meta param source track wbr".split())
MAX_HTML, MAX_DEPTH = 200_000, 50
MAX_MARKDOWN, MAX_FORMULA, MAX_FORMULAS = 50_000, 2_000, 300
MAX_ADDRESSES = 6 * MAX_MARKDOWN  # signs of a cell's links; each may become six, such as &quot;
CUT = "\n\n[the rest is left out: the text is too long]"
PICTURES = ("image/png", "image/jpeg")


def is_base64(value: Any) -> bool:
    """Whether a picture's data can be nothing but data."""
    return isinstance(value, str) and _BASE64.fullmatch(value) is not None


def html(text: str) -> str | None:
    """HTML of an output with its tables and plain tags only; None where reading it could take long."""
    if not _is_simple(text):
        return None
    return nh3.clean(_without_tex(_whole(text)), tags=_TABLE_TAGS, attributes={}, link_rel=None)


def _whole(text: str) -> str:
    """A text without halves of characters, which the sanitiser refuses."""
    return text.encode(errors="replace").decode()


def _without_tex(text: str) -> str:
    """Text in which no backslash begins a command, whatever a page makes of formulas."""
    return re.sub(r"\\|&#0*92(?![0-9]);?|&#x0*5c(?![0-9a-f]);?|&bsol;", "\\\\ ", text, flags=re.IGNORECASE)


def _is_simple(text: str) -> bool:
    """Whether tags are nested properly and not deeply: a parser's time grows with length times depth."""
    if len(text) > MAX_HTML:
        return False
    opened: list[str] = []
    for tag in _ANY_TAG.finditer(text):
        if (name := tag["name"]) is None:
            return False
        name = name.lower()
        if tag["closing"]:
            if not opened or opened.pop() != name:
                return False
        elif name not in _VOID_TAGS:
            opened.append(name)
            if len(opened) > MAX_DEPTH:
                return False
    return True


def markdown(text: str, attachments: Any = None) -> tuple[str, dict[str, dict[str, str]]]:
    """A cell's Markdown, in which nothing runs and nothing is loaded, and its attached pictures.

    Ordinary Markdown and formulas look as before.
    """
    kept = pictures(attachments)
    if len(text) > MAX_MARKDOWN:
        text = text[:MAX_MARKDOWN] + CUT
    for pattern, replacement in _MARKDOWN:
        text = pattern.sub(replacement, text)
    text = _OTHER_PICTURE.sub("", text)
    if not set(_ATTACHED.findall(text)) <= kept.keys():  # nbconvert would stop at one that is missing
        text = text.replace("attachment:", "attachment ")
    return text, kept


def pictures(attachments: Any) -> dict[str, dict[str, str]]:
    """The attachments of a cell that are pictures and nothing else, by name."""
    bundles = attachments if isinstance(attachments, dict) else {}
    kept = {
        name: {k: b[k] for k in PICTURES if is_base64(b.get(k))} for name, b in bundles.items() if isinstance(b, dict)
    }
    return {name: found for name, found in kept.items() if found and _NAME.fullmatch(name)}


_MATH = re.compile(r"\$\$(?P<block>[^$]+)\$\$|(?<![\\$\w])\$(?P<inline>[^\s$](?:[^$\n]*[^\s$\\])?)\$(?![\w$])")
_CODE = re.compile(r"^[`~]{3}[^\n]*\n(?:(?![`~]{3}).*\n?)*+(?:[`~]{3})?|(?<!`)(`++)[^`]++\1(?!`)", re.MULTILINE)
_PROSE = set(
    "p br hr em strong code pre blockquote ul ol li h1 h2 h3 h4 h5 h6 table thead tbody tr th td del a img sub sup".split()
)
_MATHML = "http://www.w3.org/1998/Math/MathML"
_ELEMENTS = set(
    (
        "math mrow mi mn mo mtext mspace mfrac msqrt mroot msub msup msubsup munder mover munderover "
        "mtable mtr mtd mstyle mpadded mphantom menclose"
    ).split()
)
_ATTRIBUTES = set(
    "display stretchy fence form separator mathvariant columnalign rowspacing columnspacing width height depth linethickness accent "
    "accentunder movablelimits largeop symmetric minsize maxsize lspace rspace displaystyle scriptlevel notation".split()
)
_LENGTHS = set("width height depth rowspacing columnspacing minsize maxsize lspace rspace".split())
_LENGTH = re.compile(r"0|\d{1,2}(?:\.\d{1,4})?(?:em|ex|pt|px|mm)|\d(?:\.\d{1,4})?cm", re.ASCII)
_PICTURE = re.compile(r"data:image/(?:png|jpeg);base64,[A-Za-z0-9+/=\s]*")


class _Renderer(mistune.HTMLRenderer):
    """Pictures are those attached to the cell; one from anywhere else would tell its host who looks at it.

    A few signs can ask for the same picture or the same long address thousands of times: a picture is shown once, and of
    addresses only so much is written; then their text stands in their place.
    """

    def __init__(self, attached: dict[str, dict[str, str]], links: bool) -> None:
        super().__init__(escape=True)
        self._attached, self._links, self._room = dict(attached), links, MAX_ADDRESSES

    def link(self, text: str, url: str, title: str | None = None) -> str:
        """A link to another place of the web or of the page, or the text in its place."""
        if not self._links or not re.match(r"https?://|#", url) or self._room < (length := 6 * len(url)):
            return text
        self._room -= length
        return f'<a href="{mistune.escape(url)}">{text}</a>'

    def image(self, text: str, url: str, title: str | None = None) -> str:
        """An attached picture, or the text in its place."""
        bundle = self._attached.pop(url.removeprefix("attachment:"), None) if url.startswith("attachment:") else None
        if bundle is None:
            return mistune.escape(text)
        kind, data = next(iter(bundle.items()))
        return f'<img src="data:{kind};base64,{mistune.escape("".join(data.split()))}" alt="{mistune.escape(text)}">'


def rendered(source: str, attachments: Any = None, *, links: bool = True) -> str:
    """A cell's Markdown as HTML in which nothing runs and nothing is loaded: to be shown, and not to be rendered again.

    attachments: the cell's pictures
    links: whether links to other places of the web stay links
    """
    source = _whole(source)
    if len(source) > MAX_MARKDOWN:
        source = source[:MAX_MARKDOWN] + CUT
    formulas: dict[str, str] = {}

    def keep(found: re.Match[str]) -> str:
        made = formula(found["block"] or found["inline"], block=found["block"] is not None)
        if made is None or len(formulas) >= MAX_FORMULAS:
            return found[0]
        # A name that nobody who wrote the text can know, so that no text can ask for a formula.
        token = f"formula{secrets.token_hex(12)}end"
        formulas[token] = made
        return token

    pieces, at = [], 0
    for code in _CODE.finditer(source):
        pieces += [_MATH.sub(keep, source[at : code.start()]), code[0]]
        at = code.end()
    text = "".join([*pieces, _MATH.sub(keep, source[at:])])
    render = mistune.create_markdown(
        renderer=_Renderer(pictures(attachments), links), plugins=["table", "strikethrough"]
    )
    try:
        page = str(render(text))
    except Exception:  # nested too deeply, or a text on which the parser fails
        page = f"<pre>{mistune.escape(source)}</pre>"
    if formulas:
        page = re.sub("|".join(formulas), lambda token: formulas[token[0]], page)
    return clean(_TEX[0].sub(_TEX[1], page))


def clean(page: str) -> str:
    """The last step before a page: tags of prose, tables and formulas, links to other places of the web, pictures that are data."""
    return nh3.clean(
        _whole(page),
        tags=_PROSE | _ELEMENTS,
        attributes={"a": {"href"}, "img": {"src", "alt"}, **{name: _ATTRIBUTES for name in _ELEMENTS}},
        attribute_filter=_plain_attribute,
        url_schemes={"http", "https", "data"},
        url_relative=_anchor,
        link_rel="noopener noreferrer nofollow",
    )


def _plain_attribute(tag: str, name: str, value: str) -> str | None:
    if name == "src":
        return value if _PICTURE.fullmatch(value) else None
    if name in _LENGTHS and not all(map(_LENGTH.fullmatch, value.split(" "))):
        return None  # far away, over what others wrote, or a page long
    if name == "linethickness" and value != "0":
        return None
    return None if name == "href" and value.lower().startswith("data:") else value


def _anchor(address: str) -> str | None:
    """Formgrader serves every file of the class, also a page that was handed in: links lead elsewhere or nowhere."""
    return address if address.startswith("#") else None


@functools.lru_cache(1024)
def formula(tex: str, *, block: bool = False) -> str | None:
    """A formula as MathML; None where it cannot be one."""
    if len(tex) > MAX_FORMULA:
        return None
    try:
        root = ET.fromstring(latex2mathml.converter.convert(tex, display="block" if block else "inline"))
        found = _only_math(root)
        return None if found is None else ET.tostring(found, encoding="unicode")
    except Exception:  # the converter raises what it likes on TeX that is none, and formulas can be nested too deeply
        return None


def _only_math(element: ET.Element) -> ET.Element | None:
    """The element with what a formula is made of, and nothing else."""
    name = element.tag.removeprefix(f"{{{_MATHML}}}")
    if name not in _ELEMENTS:
        return None
    made = ET.Element(name, {key: value for key, value in element.attrib.items() if key in _ATTRIBUTES})
    made.text, made.tail = element.text, element.tail
    made.extend(inner for child in element if (inner := _only_math(child)) is not None)
    return made
