"""nbgrader's pages with students' texts on them: what their exporters need, so that nothing on a page runs that is not theirs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from jinja2 import pass_context
from jinja2.runtime import Context
from markupsafe import Markup
from nbconvert.exporters import HTMLExporter, TemplateExporter
from nbconvert.filters import Highlight2HTML

from autograder.engine import markup

MAX_PROSE = 100_000  # signs of Markdown on one page
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
_SCRIPT = re.compile(r"<script\b.*?</script\s*>", re.IGNORECASE | re.DOTALL)
_HEAD_END = "</head>"
_NAMELESS_PICTURE = re.compile(r"<img (?![^>]*\balt=)")
NO_NAME = "No description has been provided for this image"


@pass_context
def markdown(context: Context, source: str) -> Markup:
    """nbconvert's filter of the same name, replaced: the cell's Markdown, rendered and cleaned, which nothing renders again."""
    resources = context.get("resources")
    room = MAX_PROSE if resources is None else resources.get("room_for_prose", MAX_PROSE)
    if resources is not None:
        resources["room_for_prose"] = max(0, room - len(source))
    if len(source) > room:
        source = source[:room] + markup.CUT
    cell = context.get("cell") or {}
    return Markup(markup.rendered(source, cell.get("attachments")))


def _unchanged(text: str) -> str:
    return text


class PageExporter(HTMLExporter):
    """nbconvert's HTML page as the templates make it, in one pass.

    nbconvert would parse the whole page once more, to name its pictures; and its filter for addresses below `files/`, of which the
    cleaned texts have none, takes quadratic time.
    """

    def default_filters(self) -> Iterator[tuple[str, Callable[..., Any]]]:
        """The filters that templates may use."""
        yield from super().default_filters()  # type: ignore[no-untyped-call]
        yield "strip_files_prefix", _unchanged

    def from_notebook_node(self, nb: Any, resources: Any = None, **kwargs: Any) -> Any:
        """The page."""
        language = nb.metadata.get("language_info", {})
        lexer = language.get("pygments_lexer", language.get("name"))
        self.register_filter("highlight_code", Highlight2HTML(pygments_lexer=lexer, parent=self))  # type: ignore[no-untyped-call]
        page, resources = TemplateExporter.from_notebook_node(self, nb, self._init_resources(resources), **kwargs)  # type: ignore[no-untyped-call]
        return _NAMELESS_PICTURE.sub(f'<img alt="{NO_NAME}" ', page), resources


class FeedbackExporter(PageExporter):
    """A feedback page without scripts (formulas need none), whose policy says so to the browser."""

    def from_notebook_node(self, nb: Any, resources: Any = None, **kwargs: Any) -> Any:
        """The page. Its head is the template's own: nothing of a student's is in it."""
        page, resources = super().from_notebook_node(nb, resources, **kwargs)
        head, end, body = page.partition(_HEAD_END)
        opening, tag, rest = _SCRIPT.sub("", head).partition("<head>")
        return (
            f'{opening}{tag}<meta http-equiv="Content-Security-Policy" content="{POLICY}">{rest}{end}{body}',
            resources,
        )
