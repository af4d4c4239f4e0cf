"""Put what the pages need into book/_vendor: MathJax, and the fonts of text and code. The site then asks no other host
for anything, and looks the same whatever fonts its reader's machine has.

All of it comes from the package index, in wheels of which nothing is installed: pip downloads each once, its digest is
checked, and only what is needed is kept: in _vendor/mathjax what typesets the formulas when the book is built
(book/_ext/formulas.py), in _vendor/site what the pages load, in _vendor/figures what Matplotlib draws letters with.
"""

from __future__ import annotations

import hashlib
import io
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont
from fontTools.varLib.instancer import instantiateVariableFont


class Wheel(NamedTuple):
    """What a wheel brings, in words; its requirement; its digest; the folder in it that counts."""

    title: str
    requirement: str
    sha256: str
    inside: str


MATHJAX = Wheel(
    "MathJax for the book",
    "django-static-mathjax==3.2.2.1",  # MathJax 3.2.2; no Django needed
    "05ad109fd9e5d9d380c76389689b7f523e9ccb7f7a85c1eb962c7564eac7601d",
    "mathjax/static/mathjax/",
)
TEXT_FONT = Wheel(
    "the font of the book's text",
    "fontpkg-source-sans-3==3.52",
    "2e931608ceeaad770916b53a35cf87090e28133875bf770e41b266146126abd8",
    "fontpkg_source_sans_3/",
)
CODE_FONT = Wheel(
    "the font of the book's code",
    "fontpkg-source-code-pro==1.26",
    "986a0c5b67ed28c3753b49d9c51139f1dfb517c9b441b901c79cb7545076089f",
    "fontpkg_source_code_pro/",
)
DEVANAGARI_FONT = Wheel(
    "the font of Hindi and Marathi",
    "fontpkg-noto-sans-devanagari==2.7",
    "3f8859d4905238a95daecf45c508dff148936e5aa60bd2e30a89333041a64adf",
    "fontpkg_noto_sans_devanagari/",
)
# file or folder in the wheel, and where it goes in _vendor
MATHJAX_FILES = {
    "LICENSE": "site/formulas/LICENSE",
    "es5/startup.js": "mathjax/startup.js",
    "es5/core.js": "mathjax/core.js",
    "es5/adaptors/liteDOM.js": "mathjax/liteDOM.js",
    "es5/input/tex-base.js": "mathjax/tex-base.js",
    "es5/input/tex/extensions/ams.js": "mathjax/ams.js",
    "es5/output/chtml.js": "mathjax/chtml.js",
    "es5/output/chtml/fonts/tex.js": "mathjax/tex-font.js",
    "es5/a11y/assistive-mml.js": "mathjax/assistive-mml.js",
    "es5/output/chtml/fonts/woff-v2/": "site/formulas/",
}
# file in the wheel, file in _vendor/site/fonts, name in the style sheet. The licence reserves the original's name for the original.
FONT_FILES = {
    TEXT_FONT: [
        ("files/SourceSans3[wght].ttf", "text.woff2", "Book Text"),
        ("files/SourceSans3-Italic[wght].ttf", "text-italic.woff2", "Book Text"),
    ],
    CODE_FONT: [("files/SourceCodePro[wght].ttf", "code.woff2", "Book Code")],
    DEVANAGARI_FONT: [("files/NotoSansDevanagari[wdth,wght].ttf", "devanagari.woff2", "Book Devanagari")],
}
# Latin, Greek, punctuation, raised and lowered figures, arrows, operators, geometric shapes, ticks
LETTERS = [
    *range(0x20, 0x17F),
    *range(0x2C6, 0x2DD),
    *range(0x370, 0x3FF),
    *range(0x2010, 0x20AD),
    *range(0x2190, 0x2265),
    *range(0x25A0, 0x25FF),
    *range(0x2713, 0x2719),
]
# the letters of one script and the circle that its signs stand on; the joiners decide how letters are joined
DEVANAGARI = [*range(0x900, 0x97F), 0x200C, 0x200D, 0x25CC]
WEIGHTS = (400, 700)
# not in _static: Jupyter Book puts every script that it finds there into every page
VENDOR = Path(__file__).parent / "_vendor"


def download(wheel: Wheel, folder: Path) -> Path:
    """The wheel, downloaded into `folder`; exits with one clear line when that fails."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    command += ["--no-deps", "--only-binary", ":all:", "--dest", str(folder), wheel.requirement]
    answer = subprocess.run(command, capture_output=True, text=True)
    files = list(folder.glob("*.whl"))
    if answer.returncode or not files:
        last = (answer.stderr.strip().splitlines() or ["pip said nothing"])[-1]
        sys.exit(f"Missing: {wheel.title} could not be downloaded ({wheel.requirement}): {last}")
    digest = hashlib.sha256(files[0].read_bytes()).hexdigest()
    if digest != wheel.sha256:
        sys.exit(f"Missing: {files[0].name} is not the file that was expected (sha256 {digest})")
    return files[0]


def fill(folders: list[Path], state: str, write: Callable[[], None]) -> bool:
    """Have `write` fill the folders, unless they were filled in this state before; True when that was done."""
    stamp = folders[0] / "state"
    if stamp.exists() and stamp.read_text() == state:
        return False
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    write()
    stamp.write_text(state)
    return True


def fetch_mathjax(vendor: Path = VENDOR) -> bool:
    """Fill `vendor`/mathjax and `vendor`/site/formulas unless that was done; True when something was fetched."""

    def write() -> None:
        with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(download(MATHJAX, Path(folder))) as wheel:
            for name in wheel.namelist():
                path = name.removeprefix(MATHJAX.inside)
                for inside, target in MATHJAX_FILES.items():
                    if path == inside or (inside.endswith("/") and path.startswith(inside)):
                        (vendor / (target + path.removeprefix(inside))).write_bytes(wheel.read(name))

    return fill([vendor / "mathjax", vendor / "site/formulas"], made_by(), write)


def made_by() -> str:
    """The digest of this file: what it made before it was changed is made again."""
    return hashlib.sha256(Path(__file__).read_bytes()).hexdigest()


def cut_font(content: bytes, name: str, letters: list[int]) -> bytes:
    """A variable font with the book's weights and some letters alone, packed as woff2, under the given name."""
    font = TTFont(io.BytesIO(content))
    cut = Subsetter(Options())
    cut.populate(unicodes=letters)
    cut.subset(font)
    widths = {"wdth": 100} if any(axis.axisTag == "wdth" for axis in font["fvar"].axes) else {}
    font = instantiateVariableFont(font, {"wght": WEIGHTS, **widths})
    for entry in font["name"].names:
        if entry.nameID in (1, 3, 4, 6):
            entry.string = name.replace(" ", "") if entry.nameID == 6 else name
    font.flavor = "woff2"
    packed = io.BytesIO()
    font.save(packed)
    return packed.getvalue()


def set_font(content: bytes, name: str, weight: int) -> bytes:
    """A variable font with one weight and the letters of the book, as Matplotlib reads it, under the given name."""
    font = TTFont(io.BytesIO(content))
    cut = Subsetter(Options())
    cut.populate(unicodes=LETTERS)
    cut.subset(font)
    font = instantiateVariableFont(font, {"wght": weight}, updateFontNames=False)
    bold = weight >= 600
    named = {
        1: name,
        2: "Bold" if bold else "Regular",
        4: name + " Bold" * bold,
        6: name.replace(" ", "") + "-Bold" * bold,
    }
    font["name"].names = [entry for entry in font["name"].names if entry.nameID in named]
    for entry in font["name"].names:
        entry.string = named[entry.nameID]
    font["OS/2"].usWeightClass = weight
    packed = io.BytesIO()
    font.save(packed)
    return packed.getvalue()


def fetch_fonts(vendor: Path = VENDOR) -> bool:
    """Fill `vendor`/site/fonts and `vendor`/figures unless that was done; True when something was fetched."""
    target, figures = vendor / "site/fonts", vendor / "figures"

    def write() -> None:
        for source, files in FONT_FILES.items():
            letters = DEVANAGARI if source is DEVANAGARI_FONT else LETTERS
            with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(download(source, Path(folder))) as wheel:
                for inside, file, name in files:
                    (target / file).write_bytes(cut_font(wheel.read(source.inside + inside), name, letters))
                if source is TEXT_FONT:
                    for weight in WEIGHTS:
                        content = set_font(wheel.read(source.inside + files[0][0]), "Book Text", weight)
                        (figures / f"text-{weight}.ttf").write_bytes(content)
                licence = Path(files[0][1]).stem + "-LICENSE.txt"
                (target / licence).write_bytes(wheel.read(source.inside + "LICENSE"))

    return fill([target, figures], made_by(), write)


if __name__ == "__main__":
    fetched = [name for name, fetch in (("MathJax", fetch_mathjax), ("fonts", fetch_fonts)) if fetch()]
    print(f"fetched: {', '.join(fetched)}" if fetched else "MathJax and fonts are up to date")
