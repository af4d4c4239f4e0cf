"""Put MathJax, which the pages need, into book/_vendor: the site then asks no other host for anything.

MathJax 3.2.2 comes from the package index, as the wheel `django-static-mathjax` (no Django needed, nothing is
installed): pip downloads it once, its digest is checked, and only the files that the pages load are kept.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

WHEEL = "django-static-mathjax==3.2.2.1"
SHA256 = "05ad109fd9e5d9d380c76389689b7f523e9ccb7f7a85c1eb962c7564eac7601d"
INSIDE = "mathjax/static/mathjax/"
KEPT = (
    "LICENSE",
    "es5/startup.js",
    "es5/core.js",
    "es5/input/tex-base.js",
    "es5/input/tex/extensions/ams.js",
    "es5/output/chtml.js",
    "es5/output/chtml/fonts/",
    "es5/a11y/assistive-mml.js",
)
# not in _static: Jupyter Book puts every script that it finds there into every page
VENDOR = Path(__file__).parent / "_vendor"


def download(folder: Path) -> Path:
    """The wheel, downloaded into `folder`; exits with one clear line when that fails."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    command += ["--no-deps", "--only-binary", ":all:", "--dest", str(folder), WHEEL]
    answer = subprocess.run(command, capture_output=True, text=True)
    wheels = list(folder.glob("*.whl"))
    if answer.returncode or not wheels:
        last = (answer.stderr.strip().splitlines() or ["pip said nothing"])[-1]
        sys.exit(f"Missing: MathJax for the book could not be downloaded ({WHEEL}): {last}")
    found = hashlib.sha256(wheels[0].read_bytes()).hexdigest()
    if found != SHA256:
        sys.exit(f"Missing: {wheels[0].name} is not the file that was expected (sha256 {found})")
    return wheels[0]


def fetch_mathjax(vendor: Path = VENDOR) -> bool:
    """Fill `vendor`/mathjax unless it is there already; True when something was fetched."""
    target = vendor / "mathjax"
    stamp = target / "sha256"
    if stamp.exists() and stamp.read_text() == SHA256:
        return False
    shutil.rmtree(target, ignore_errors=True)
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(download(Path(folder))) as wheel:
        for name in wheel.namelist():
            path = name.removeprefix(INSIDE)
            if name.startswith(INSIDE) and path.startswith(KEPT):
                file = target / path.removeprefix("es5/")
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(wheel.read(name))
    stamp.write_text(SHA256)
    return True


if __name__ == "__main__":
    print("MathJax fetched" if fetch_mathjax() else "MathJax is up to date")
