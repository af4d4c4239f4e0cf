"""Light pages: of Font Awesome's two thousand icons, which every page would load, the site keeps those that it shows.

The theme's script and style sheet are read where they are installed, so that a second build starts from all icons again.
"""

from __future__ import annotations

import re
from pathlib import Path

import pydata_sphinx_theme
from sphinx.application import Sphinx

THEME = Path(pydata_sphinx_theme.__file__).parent / "theme" / "pydata_sphinx_theme" / "static"
SCRIPT, SHEET = Path("scripts/fontawesome.js"), Path("styles/pydata-sphinx-theme.css")
USED = re.compile(r"\bfa-([a-z0-9-]+)")
# name: [width, height, [other names and code points], "code point", "path" or ["path", "path"]], as the script lists icons
ICON = re.compile(
    r"""(?:"(?P<quoted>[\w-]+)"|(?P<plain>[A-Za-z_$][\w$]*)):"""
    r"""\[\d+,\d+,\[(?P<others>[^]]*)\],"[0-9a-f]+",(?:"[^"]*"|\[[^]]*\])\],?"""
)
# .fa-name:before{content:"\f000"}, .fa-other:before,.fa-name:before{...}
RULE = re.compile(r"""(?<=})(?:\.fa-[\w-]+:{1,2}before,?)+\{content:"[^"]*"\}""")


def icons_shown(site: Path) -> set[str]:
    """Every name that follows `fa-` in a page or in a script of the site."""
    files = [*site.glob("*.html"), *(path for path in site.rglob("*.js") if path.name != SCRIPT.name)]
    return {name for path in files for name in USED.findall(path.read_text("utf-8"))}


def trim_script(script: str, shown: set[str]) -> str:
    """The script with the icons that are shown, under their name or another one."""

    def keep(icon: re.Match[str]) -> str:
        names = {icon["quoted"] or icon["plain"], *re.findall(r'"([\w-]+)"', icon["others"])}
        return icon.group() if names & shown else ""

    return ICON.sub(keep, script)


def trim_sheet(sheet: str, shown: set[str]) -> str:
    """The style sheet without the rules of icons that are not shown."""
    return RULE.sub(lambda rule: rule.group() if set(USED.findall(rule.group())) & shown else "", sheet)


def trim(app: Sphinx, failure: Exception | None) -> None:
    """When the site is complete: write both files again, with what its pages need."""
    site = Path(app.outdir)
    if failure or app.builder.format != "html":
        return
    shown = icons_shown(site)
    for file, trimmed in ((SCRIPT, trim_script), (SHEET, trim_sheet)):
        (site / "_static" / file).write_text(trimmed((THEME / file).read_text("utf-8"), shown), "utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("build-finished", trim)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
