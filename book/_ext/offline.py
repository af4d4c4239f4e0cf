"""Keep the pages from asking other hosts: the scripts that extensions would load from elsewhere are dropped.

`sphinx_thebe` adds its address to every page although no button uses it.
"""

from __future__ import annotations

from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

OTHER_HOSTS = ("unpkg.com", "cdn.jsdelivr.net", "cdnjs.cloudflare.com")


def drop_other_hosts(app: Sphinx, page: str, template: str, context: dict[str, Any], tree: nodes.Node) -> None:
    """Leave out every script of the page that names another host."""

    def is_local(script: Any) -> bool:
        text = f"{getattr(script, 'filename', script)} {getattr(script, 'attributes', {})}"
        return not any(host in text for host in OTHER_HOSTS)

    if "script_files" in context:
        context["script_files"] = [script for script in context["script_files"] if is_local(script)]


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("html-page-context", drop_other_hosts, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
