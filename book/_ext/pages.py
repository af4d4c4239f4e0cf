"""Small repairs to every page: no script from another host, no id twice, fonts from the site itself.

`sphinx_thebe` adds its address to every page although no button uses it. `sphinx_exercise` gives all its
boxes the same id. Fonts come from book/_vendor/site, where book/fetch_assets.py puts them. What a cell prints comes in
pieces of any length, which myst_nb would join by line breaks. Every page gets a button by which its reader reports a
mistake, where it is known who is to be told. No line ends between a number and its per cent sign.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from copy import copy
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import myst_nb.core.render
from docutils import nodes
from nbformat import NotebookNode
from sphinx.application import Sphinx
from sphinx.config import Config

OTHER_HOSTS = ("unpkg.com", "cdn.jsdelivr.net", "cdnjs.cloudflare.com")
INLINE_CODE = re.compile(r'<code(?: class="(docutils literal notranslate)")?>(.*?)</code>', re.DOTALL)
SHORT = 18  # letters of code that are not broken
# ids that are there several times, and a name that hides the text which one sees
UNWANTED = (' id="exercise-content"', ' id="solution-content"', ' aria-label="Toggle hidden content"')


def repair(app: Sphinx, page: str, template: str, context: dict[str, Any], tree: nodes.Node) -> None:
    """Leave out every script that names another host, and attributes that do harm."""

    def is_local(script: Any) -> bool:
        text = f"{getattr(script, 'filename', script)} {getattr(script, 'attributes', {})}"
        return not any(host in text for host in OTHER_HOSTS)

    if "script_files" in context:
        context["script_files"] = [script for script in context["script_files"] if is_local(script)]
    for attribute in UNWANTED:
        context["body"] = context.get("body", "").replace(attribute, "")


def let_names_break(app: Sphinx, page: str, template: str, context: dict[str, Any], tree: nodes.Node) -> None:
    """Let code in a table go on in another line after an underscore, a slash or an equals sign, and nowhere else."""

    def breakable(table: re.Match[str]) -> str:
        return re.sub(r'(?<=<span class="pre">)[^<]+', lambda code: re.sub("[_/=]", r"\g<0><wbr>", code[0]), table[0])

    context["body"] = re.sub("<table.*?</table>", breakable, context.get("body", ""), flags=re.DOTALL)


# code, drawings and tags, which stay as they are
UNTOUCHED = re.compile(r"(<(pre|code|script|style|svg)\b.*?</\2>|<[^>]*>)", re.DOTALL)


def with_whole_numbers(html: str) -> str:
    """HTML in which a number stands on one line with its per cent sign, 95 %, and with what it is multiplied by, 5 × 5."""
    pieces = UNTOUCHED.split(html)  # text, what stays, the name of its tag, text ...
    for i in range(0, len(pieces), 3):
        pieces[i] = re.sub(r"(?<=[\d)])[ \n]?%", "\u00a0%", pieces[i])
        pieces[i] = re.sub(r"(?<=\d) × (?=\d)", "\u00a0×\u00a0", pieces[i])
    return "".join(piece for i, piece in enumerate(pieces) if i % 3 < 2)


def keep_numbers_whole(app: Sphinx, page: str, template: str, context: dict[str, Any], tree: nodes.Node) -> None:
    context["body"] = with_whole_numbers(context.get("body", ""))


def keep_code_together(app: Sphinx, page: str, template: str, context: dict[str, Any], tree: nodes.Node) -> None:
    """Mark code in a line of text that is short enough not to be broken: `x[:, 0]` is read as one thing."""

    def marked(code: re.Match[str]) -> str:
        text = unescape(re.sub("<[^>]+>", "", code[2]))
        return (
            code[0]
            if len(text) > SHORT
            else f'<code class="{" ".join(filter(None, (code[1], "short")))}">{code[2]}</code>'
        )

    context["body"] = INLINE_CODE.sub(marked, context.get("body", ""))


def web_address(remote: str) -> str:
    """The address for browsers of a git remote, without the name or the password of an account; "" for a remote that has none."""
    found = re.fullmatch(
        r"(?:(?:https?|ssh)://(?:[^/@]*@)?([^/:]+)(?::\d+)?/|[^/@:]+@([^/:]+):)(.+?)(?:\.git)?/?", remote
    )
    return f"https://{found[1] or found[2]}/{found[3]}" if found else ""


def sources(environment: Mapping[str, str], configured: str, root: Path) -> str:
    """Where the book's sources are on the web, for a workflow: the repository that publishes; otherwise what _config.yml says,
    otherwise git's remote "origin"; "" when nobody knows.
    """
    if "GITHUB_REPOSITORY" in environment:
        return f"{environment.get('GITHUB_SERVER_URL', 'https://github.com')}/{environment['GITHUB_REPOSITORY']}"
    if configured:
        return configured.rstrip("/")
    if not (root / ".git").exists():  # a copy of the sources, perhaps inside somebody's own repository
        return ""
    git = ["git", "-C", str(root), "config", "--get", "remote.origin.url"]
    try:
        return web_address(subprocess.run(git, capture_output=True, text=True).stdout.strip())
    except FileNotFoundError:  # a machine without git
        return ""


def find_sources(app: Sphinx, config: Config) -> None:
    """Settle `report_to` once for all pages, which are written again when it is another one."""
    found = sources(os.environ, config.html_context.get("report_to") or "", Path(__file__).parents[2])
    config.html_context["report_to"] = found
    if not found:
        line = (
            "Pages get no button to report a mistake: say in _config.yml, report_to, where the sources are on the web."
        )
        print(line, file=sys.stderr)


def offer_report(app: Sphinx, page: str, template: str, context: dict[str, Any], tree: nodes.Node) -> None:
    """Add the button "Report a mistake": a new issue that names the page, where the book's sources are."""
    if not context["report_to"]:
        return
    where = f"On the page {page}.html:\n\nWhat it says:\n\nWhat it should say:\n"
    query = urlencode({"title": f"Mistake on {page}.html", "body": where})
    button = {
        "type": "link",
        "url": f"{context['report_to']}/issues/new?{query}",
        "icon": "fas fa-bug",
        "label": "report",
    }
    context["header_buttons"].append(button | {"tooltip": "Report a mistake on this page"})


def join_streams(outputs: list[NotebookNode]) -> list[NotebookNode]:
    """One output for all that a cell printed to stdout, and one for stderr, at the place of the first piece."""
    joined: list[NotebookNode] = []
    streams: dict[str, NotebookNode] = {}
    for output in outputs:
        if output["output_type"] == "stream" and output["name"] in streams:
            streams[output["name"]]["text"] += output["text"]
        else:
            joined.append(copy(output))
            if output["output_type"] == "stream":
                streams[output["name"]] = joined[-1]
    return joined


def copy_vendor(app: Sphinx, config: Config) -> None:
    """Have book/_vendor/site copied into the site's _static."""
    config.html_static_path.append("_vendor/site")


def setup(app: Sphinx) -> dict[str, bool]:
    myst_nb.core.render.coalesce_streams = join_streams
    app.connect("config-inited", copy_vendor)
    app.connect("config-inited", find_sources)
    app.connect("html-page-context", offer_report, priority=502)  # after the theme's own buttons
    app.connect("html-page-context", repair, priority=900)
    app.connect("html-page-context", let_names_break, priority=901)
    app.connect("html-page-context", keep_numbers_whole, priority=902)
    app.connect("html-page-context", keep_code_together, priority=903)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
