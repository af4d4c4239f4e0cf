"""What stands in a page's head and foot, and in the files that are read by machines: title, fonts, address, version, robots.

The site's address is known to the workflow that publishes (GitHub Pages), or stands in _config.yml as `site_address`. Where it
is known, pages name their canonical address, there is a sitemap, and the page for a wrong address finds its style sheets.
"""

from __future__ import annotations

import os
import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.util.docutils import SphinxDirective

from seqlib.book.address import site_address

ROOT = Path(__file__).parents[2]
# Fonts that are fetched at once, and the mark of a page that needs them: one that comes late moves the lines that it is in.
FONTS_AT_ONCE = {
    "fonts/text.woff2": "",
    "fonts/code.woff2": "",
    "fonts/text-italic.woff2": "<em",
    "formulas/MathJax_Zero.woff2": "<mjx-container",
    "formulas/MathJax_Main-Regular.woff2": "<mjx-container",
    "formulas/MathJax_Math-Italic.woff2": 'class="mjx-i"',
}
DESCRIPTION = re.compile(r'(<meta (?:name|property)="(?:og:)?(?:description|image:alt)" content=")([^"]*)(")')
NOT_FOUND = """<section id="not-found"><h1>There is no such page</h1>
<p>The address is wrong, or the page has another one now. Search the book, or go to its <a href="index.html">first page</a>.</p>
<form class="bd-search" action="search.html" method="get">
<input type="search" class="form-control" name="q" aria-label="Search the book" placeholder="Search the book">
<button type="submit">Search</button></form></section>"""


def version(root: Path = ROOT) -> str:
    """The version of the book, and the day of its last change where git knows it: "0.1.0, 2026-11-27"."""
    number = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    git = ["git", "-C", str(root), "log", "-1", "--format=%cs"]
    try:
        day = subprocess.run(git, capture_output=True, text=True).stdout.strip() if (root / ".git").exists() else ""
    except FileNotFoundError:  # a machine without git
        day = ""
    return f"{number}, {day}" if day else str(number)


def settle(app: Sphinx, config: Config) -> None:
    """Settle address and version once for all pages."""
    address = site_address(os.environ, config.html_context.get("site_address") or "")
    config.html_baseurl = config.ogp_site_url = address
    config.myst_substitutions["book_version"] = config.html_context["book_version"] = version()


def add_to_head(app: Sphinx, page: str, template: str, context: dict[str, Any], tree: nodes.document | None) -> None:
    """Fonts of the page's text and formulas are fetched at once; the first page does not say its title twice."""
    tags = [
        f'<link rel="preload" as="font" type="font/woff2" crossorigin href="{context["pathto"](f"_static/{font}", resource=True)}">'
        for font, mark in FONTS_AT_ONCE.items()
        if mark in context.get("body", "")
    ]
    if page == "404" and app.config.html_baseurl:
        tags.insert(0, f'<base href="{app.config.html_baseurl}">')
    if page in ("404", "search", "genindex"):
        tags.append('<meta name="robots" content="noindex">')
    context["metatags"] = "\n".join([*tags, context.get("metatags", "")])
    if page == app.config.root_doc:
        context["docstitle"] = ""


def not_found(app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
    """The page that a server shows for a wrong address."""
    yield "404", {"title": "There is no such page", "body": NOT_FOUND}, "page.html"


def forget_pages(app: Sphinx, failure: Exception | None) -> None:
    """Take away pages that the book had once: Sphinx leaves them where it wrote them."""
    if failure or app.builder.format != "html":
        return
    made = {*app.env.found_docs, "404", "search"}
    for page in Path(app.outdir).rglob("*.html"):
        if (
            page.relative_to(app.outdir).with_suffix("").as_posix() not in made
            and "_" != page.relative_to(app.outdir).parts[0][0]
        ):
            page.unlink()


def guide_machines(app: Sphinx, failure: Exception | None) -> None:
    """Write robots.txt and, where the address is known, sitemap.xml."""
    if failure or app.builder.format != "html":
        return
    address = app.config.html_baseurl
    robots = "User-agent: *\nAllow: /\n"
    if address:
        pages = [app.builder.get_target_uri(name) for name in sorted(app.env.found_docs)]
        places = "".join(f"<url><loc>{address}{'' if page == 'index.html' else page}</loc></url>\n" for page in pages)
        sitemap = f'<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{places}</urlset>\n'
        (Path(app.outdir) / "sitemap.xml").write_text(sitemap, "utf-8")
        robots += f"Sitemap: {address}sitemap.xml\n"
    (Path(app.outdir) / "robots.txt").write_text(robots, "utf-8")


def tidy(text: str) -> str:
    """What sphinxext.opengraph took from the points of a list or the cells of a table, without doubled commas and raw TeX."""
    plain = re.sub(r":,+", ":", re.sub(r",{2,}", ",", text))
    return re.sub(r"\\[a-zA-Z]+|[\\^{}]", "", plain)


def describe(app: Sphinx, page: str, template: str, context: dict[str, Any], tree: nodes.document | None) -> None:
    """A description for every page, of its first paragraph where sphinxext.opengraph finds none; no address that is not known."""
    tags = DESCRIPTION.sub(lambda tag: tag[1] + tidy(tag[2]) + tag[3], context.get("metatags", ""))
    if not app.config.html_baseurl:
        tags = re.sub(r'<meta property="og:url"[^>]*>\n?', "", tags)
    context["metatags"] = tags
    if 'name="description"' in tags or tree is None:
        return
    for paragraph in tree.findall(nodes.paragraph):
        text = re.sub(r"\s+", " ", paragraph.astext()).strip()
        if len(text) > 40 and not paragraph.next_node(nodes.math):
            short = text if len(text) < 200 else text[:200].rsplit(" ", 1)[0] + " …"
            plain = short.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")
            context["metatags"] += f'<meta name="description" content="{plain}">\n'
            return


class Citation(SphinxDirective):
    """`{citation}`: an entry for a bibliography in BibTeX, made from CITATION.cff."""

    def run(self) -> list[nodes.Node]:
        known = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
        self.env.note_dependency(str(ROOT / "CITATION.cff"))
        number, _, day = version().partition(", ")
        lines = [f"title   = {{{known['title']}}}", f"author  = {{{{{known['authors'][0]['name']}}}}}"]
        lines += [f"version = {{{number}}}"] + ([f"year    = {{{day[:4]}}}"] if day else [])
        lines += [f"url     = {{{self.config.html_baseurl}}}"] if self.config.html_baseurl else []
        text = "@book{seqbook,\n  " + ",\n  ".join(lines) + "\n}"
        return [nodes.literal_block(text, text, language="bibtex")]


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_directive("citation", Citation)
    app.connect("config-inited", settle)
    app.connect("html-page-context", add_to_head)
    app.connect("html-page-context", describe, priority=600)  # after sphinxext.opengraph
    app.connect("html-collect-pages", not_found)
    app.connect("build-finished", forget_pages, priority=100)
    app.connect("build-finished", guide_machines)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
