"""Small repairs to every page: no script from another host, no id twice, MathJax from the site itself.

`sphinx_thebe` adds its address to every page although no button uses it. `sphinx_exercise` gives all its
boxes the same id. MathJax comes from book/_vendor, which is no static path in _config.yml, since Jupyter Book
would put each of its files into every page.
"""

from __future__ import annotations

from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config

OTHER_HOSTS = ("unpkg.com", "cdn.jsdelivr.net", "cdnjs.cloudflare.com")
REPEATED_IDS = (' id="exercise-content"', ' id="solution-content"')


def repair(app: Sphinx, page: str, template: str, context: dict[str, Any], tree: nodes.Node) -> None:
    """Leave out every script that names another host, and the ids that are there several times."""

    def is_local(script: Any) -> bool:
        text = f"{getattr(script, 'filename', script)} {getattr(script, 'attributes', {})}"
        return not any(host in text for host in OTHER_HOSTS)

    if "script_files" in context:
        context["script_files"] = [script for script in context["script_files"] if is_local(script)]
    for name in REPEATED_IDS:
        context["body"] = context.get("body", "").replace(name, "")


def copy_vendor(app: Sphinx, config: Config) -> None:
    """Have book/_vendor copied into the site's _static."""
    config.html_static_path.append("_vendor")


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("config-inited", copy_vendor)
    app.connect("html-page-context", repair, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
