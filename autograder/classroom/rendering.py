"""Texts of strangers as HTML in which nothing runs, nothing loads and nothing leads away; formulas as MathML, without another host."""

from __future__ import annotations

import re

from markupsafe import Markup
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from autograder.engine import markup

_ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
MAX_TEXT = markup.MAX_MARKDOWN
formula = markup.formula


def text(source: str) -> Markup:
    """Markdown with formulas as HTML, cleaned by the engine as the last step."""
    return Markup(markup.rendered(source, links=False))


def code(source: str) -> Markup:
    """Python code in colours, which the page's style gives to its classes."""
    return Markup(highlight(plain(source), PythonLexer(), HtmlFormatter(nowrap=False, cssclass="code")))


def plain(source: str) -> str:
    """Text without control characters, colours of a terminal and marks that turn the direction of writing."""
    shown = _ANSI.sub("", source[:MAX_TEXT])
    return "".join(sign if sign.isprintable() or sign in "\n\t" else "\ufffd" for sign in shown)
