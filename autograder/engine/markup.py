"""What a student wrote, made harmless for the instructor's browser.

nbconvert and formgrader show Markdown with the HTML in it, links of every kind, and TeX that MathJax turns into links. What
counts as code, as a formula or as a tag is decided by several parsers that differ, so no rule here depends on the place: a
space takes the meaning from every sequence that could become a tag, a link that runs, or a TeX command that writes HTML.
"""

from __future__ import annotations

import re
from typing import Any

import bleach

_PLAIN_TAGS = "b|strong|i|em|u|s|sub|sup|code|kbd|br|hr|p|ul|ol|li"
_TABLE_TAGS = frozenset("table thead tbody tr th td div span pre".split() + _PLAIN_TAGS.split("|"))


def _rule(pattern: str, replacement: str) -> tuple[re.Pattern[str], str]:
    return re.compile(pattern, re.IGNORECASE), replacement


_TEX = _rule(r"\\(?=(?:href|cssid|class|style|bbox|require|mmltoken|unicode|html|data)(?![a-z]))", r"\\ ")
_MARKDOWN = (
    _rule(r"\t", "    "),
    _rule(r"[^\S \n]|[\x00-\x08\x0e-\x1f\x7f-\x9f]", " "),
    # Tags without attributes stay, and addresses in angle brackets; any other "<" begins nothing.
    _rule(rf"<(?!/?(?:{_PLAIN_TAGS}) ?/?>|https?://[^\s<>\"'`]*>)(?=[a-z/!?])", "< "),
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
_ANY_TAG = re.compile(
    r"""<(?P<closing>/?)(?P<name>[a-z][a-z0-9]*)"""
    r"""(?:[ \t\r\n]+[a-z_:@-]+[\w:.-]*(?:=(?:"[^"<>]*"|'[^'<>]*'|[\w.:/#%;()-]+))?)*[ \t\r\n]*/?>|<""",
    re.IGNORECASE | re.ASCII,
)
_VOID_TAGS = frozenset("area base br col embed hr img input link meta param source track wbr".split())
MAX_HTML, MAX_DEPTH = 200_000, 50
PICTURES = ("image/png", "image/jpeg")


def is_base64(value: Any) -> bool:
    """Whether a picture's data can be nothing but data."""
    return isinstance(value, str) and _BASE64.fullmatch(value) is not None


def html(text: str) -> str | None:
    """HTML of an output with its tables and plain tags only; None where reading it could take long."""
    if not _is_simple(text):
        return None
    text = bleach.clean(text, tags=_TABLE_TAGS, attributes={}, strip=True)
    return _TEX[0].sub(_TEX[1], re.sub(r"&(?!(?:lt|gt|amp|quot|nbsp);)", "&amp;", text))


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
    bundles = attachments if isinstance(attachments, dict) else {}
    kept = {
        name: {k: b[k] for k in PICTURES if is_base64(b.get(k))} for name, b in bundles.items() if isinstance(b, dict)
    }
    kept = {name: pictures for name, pictures in kept.items() if pictures and _NAME.fullmatch(name)}
    for pattern, replacement in _MARKDOWN:
        text = pattern.sub(replacement, text)
    text = _OTHER_PICTURE.sub("", text)
    if not set(_ATTACHED.findall(text)) <= kept.keys():  # nbconvert would stop at one that is missing
        text = text.replace("attachment:", "attachment ")
    return text, kept
