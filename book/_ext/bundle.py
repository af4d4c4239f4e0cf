"""Few requests: what every page loads comes in one file, when the site is complete.

A telephone waits for an answer to each request, whatever its size. Style sheets that all pages name one after the other
become one sheet, scripts that all pages load become one that is run when the page has been read; what only some pages need stays a file of
its own. Files are named by their content, so that a reader's browser keeps them until they change.

Sphinx writes a page again only when it changes: what stood in the others before they were bundled is kept beside its doctrees.
"""

from __future__ import annotations

import hashlib
import json
import posixpath
import re
from collections.abc import Callable, Iterable
from itertools import groupby
from pathlib import Path

from sphinx.application import Sphinx

SHEET = re.compile(r'<link\b(?=[^>]*\brel="stylesheet")[^>]*\bhref="(?:\.\./)*(_static/[^"?]+)[^"]*"[^>]*>\n?')
SCRIPT = re.compile(r'<script (?![^>]*type="module")[^>]*src="(?:\.\./)*(_static/[^"?]+)[^"]*"[^>]*></script>\n?')
PRELOAD = re.compile(r'<link rel="preload" as="script"[^>]*>\n?')
OPTIONS = "_static/documentation_options.js"  # a few lines that scripts in the page need at once
IMPORT = re.compile(r'@import\s+(?:url\()?"([^"]+)"\)?\s*;')
ADDRESS = re.compile(r"url\(\s*(['\"]?)(?!data:|#|/)([^'\")]+)\1\s*\)")


def common(pages: Iterable[list[str]]) -> set[str]:
    """What every page names."""
    return set.intersection(*map(set, pages))


def moved(sheet: str, path: str) -> str:
    """A style sheet as it has to be written in _static, with addresses that were meant from its own folder."""
    folder = posixpath.dirname(path)

    def address(found: re.Match[str]) -> str:
        place = posixpath.normpath(posixpath.join(folder, found[2]))
        return f'url("{posixpath.relpath(place, "_static")}")'

    return ADDRESS.sub(address, sheet)


def read_sheet(site: Path, path: str) -> str:
    """A style sheet as it has to be written in _static, with those that it imports in their place."""

    def imported(found: re.Match[str]) -> str:
        return read_sheet(site, posixpath.normpath(posixpath.join(posixpath.dirname(path), found[1])))

    return IMPORT.sub(imported, moved(IMPORT.sub(r'@import "\1";', (site / path).read_text("utf-8")), path))


def joined(site: Path, paths: list[str], suffix: str) -> str:
    """Write files behind one another into one in _static; its path."""
    if suffix == "css":
        text = "\n".join(read_sheet(site, path) for path in paths)
    else:  # "use strict" of the first one is not meant for all
        text = ";" + "\n;".join((site / path).read_text("utf-8") for path in paths)
    name = f"_static/{'look' if suffix == 'css' else 'book'}-{hashlib.sha256(text.encode()).hexdigest()[:12]}.{suffix}"
    (site / name).write_text(text, "utf-8")
    return name


def bundle_sheets(html: str, shared: set[str], write: Callable[[list[str]], str], up: str) -> str:
    """A page in which each run of sheets that all pages have is one link."""
    tags = list(SHEET.finditer(html))
    for together, run in reversed([(key, list(group)) for key, group in groupby(tags, lambda tag: tag[1] in shared)]):
        if together:
            link = f'<link rel="stylesheet" href="{up}{write([tag[1] for tag in run])}">\n'
            for tag in reversed(run):
                html = html[: tag.start()] + (link if tag is run[0] else "") + html[tag.end() :]
    return html


def bundle_scripts(html: str, shared: list[str], bundle: str, options: str, up: str) -> str:
    """A page with one deferred script for those that all pages have; its own ones are deferred, too, and run after it."""
    html = PRELOAD.sub("", html)
    first = True

    def replace(tag: re.Match[str]) -> str:
        nonlocal first
        if tag[1] == OPTIONS:
            return f"<script>{options}</script>\n"
        if tag[1] not in shared:
            return tag.group().replace("<script ", "<script defer ") if " defer " not in tag.group() else tag.group()
        here, first = first, False
        return f'<script defer src="{up}{bundle}"></script>\n' if here else ""

    return SCRIPT.sub(replace, html)


def restore(html: str, parts: dict[str, list[str]], up: str) -> str:
    """A page as it was before it was bundled, as far as the next bundling asks for it."""

    def tags(found: re.Match[str]) -> str:
        if found[1] not in parts:
            return found.group()
        form = (
            '<link rel="stylesheet" href="{}">\n' if found[1].endswith(".css") else '<script defer src="{}"></script>\n'
        )
        return "".join(form.format(up + path) for path in parts[found[1]])

    return SCRIPT.sub(tags, SHEET.sub(tags, html))


def bundle(app: Sphinx, failure: Exception | None) -> None:
    """When the site is complete and light: write its pages again, and the files that they share."""
    site, memory = Path(app.outdir), Path(app.doctreedir) / "bundles.json"
    if failure or app.builder.format != "html":
        return
    before = json.loads(memory.read_text("utf-8")) if memory.exists() else {}
    ups = {page: "../" * (len(page.relative_to(site).parts) - 1) for page in sorted(site.rglob("*.html"))}
    pages = {
        page: restore(page.read_text("utf-8"), before, up) for page, up in ups.items() if "_static" not in page.parts
    }
    for old in before:
        (site / old).unlink(missing_ok=True)
    sheets = common([SHEET.findall(html) for html in pages.values()])
    shared = common([SCRIPT.findall(html) for html in pages.values()])
    in_order = [path for path in SCRIPT.findall(next(iter(pages.values()))) if path in shared - {OPTIONS}]
    script = joined(site, in_order, "js")
    parts = {script: in_order}

    def write(paths: list[str]) -> str:
        name = joined(site, paths, "css")
        parts[name] = paths
        return name

    options = (site / OPTIONS).read_text("utf-8").strip()
    for page, html in pages.items():
        html = bundle_sheets(html, sheets, write, ups[page])
        page.write_text(bundle_scripts(html, in_order, script, options, ups[page]), "utf-8")
    memory.write_text(json.dumps(parts), "utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("build-finished", bundle, priority=700)  # after book/_ext/light.py
    return {"parallel_read_safe": True, "parallel_write_safe": True}
