"""The directive `{live}`: a figure that runs a network of seqlib in the page.

    ```{live} characters
    :name: fig-characters
    The caption; without it the figure has no number.
    ```

The argument names a module in _static/live, the still picture that seqlib.book.stills draws, and, where the module needs
one, the stored network. Without scripts the still picture and its text remain. Style sheet and modules are loaded by pages
that have such a figure; Jupyter Book would put every script below _static into every page.
"""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.util.docutils import SphinxDirective

from seqlib.book.stills import STILLS

FOLDER = Path(__file__).parents[1] / "_static" / "live"


def render_still(name: str) -> str:
    """The element that the module fills, with the still picture in it."""
    still = STILLS[name]
    picture = still.draw()
    weights = f' data-weights="{still.network}"' if still.network else ""
    label, how = escape(still.title, quote=True), escape(still.how)
    return (
        f'<div class="live" data-live="{name}"{weights} role="group" aria-label="{label}">'
        f'<p class="live-title" aria-hidden="true">{label}</p>'
        f'<div class="live-still"><div class="live-picture" tabindex="0" role="group" aria-label="figure">{picture.svg}</div>'
        f"<noscript><p>With scripts, this figure runs in the page: {how}</p></noscript></div></div>"
    )


class Live(SphinxDirective):
    """`{live} NAME`, the content is the caption."""

    required_arguments = 1
    has_content = True
    option_spec: ClassVar[dict[str, Any]] = {"name": directives.unchanged}

    def run(self) -> list[nodes.Node]:
        name = self.arguments[0]
        if name not in STILLS or not (FOLDER / f"{name}.js").is_file():
            raise self.error(f"there is no live figure {name!r}; there are {', '.join(STILLS)}")
        self.env.note_dependency(str(FOLDER / f"{name}.js"))
        if STILLS[name].network:
            self.env.note_dependency(str(FOLDER / "weights" / f"{STILLS[name].network}.json"))
        figure = nodes.figure("", nodes.raw("", render_still(name), format="html"), classes=["live-figure"])
        if self.content:
            text, _ = self.state.inline_text(" ".join(self.content), self.lineno)
            figure += nodes.caption("", "", *text)
        self.set_source_info(figure)
        self.add_name(figure)
        return [figure]


def leave_out(app: Sphinx, config: Config) -> None:
    """Take the figures' scripts and style sheet from the list of what every page loads."""
    for name in ("html_js_files", "html_css_files"):
        kept = [
            entry
            for entry in config[name]
            if not str(entry[0] if isinstance(entry, tuple) else entry).startswith("live/")
        ]
        config[name] = kept


def load_on(app: Sphinx, page: str, template: str, context: dict[str, Any], tree: nodes.document | None) -> None:
    """Load style sheet and modules on pages that have a live figure."""
    if tree is not None and any("live-figure" in node["classes"] for node in tree.findall(nodes.figure)):
        app.add_css_file("live/live.css")
        app.add_js_file("live/start.js", type="module")


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_directive("live", Live)
    app.connect("config-inited", leave_out, priority=100)
    app.connect("html-page-context", load_on)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
