"""Run the chapters that changed, one on each processor, into the cache in which the build of the site finds them.

One that fails is not there: the build runs it again, and says why. Run by .ci/build-book.
"""

import logging
from pathlib import Path

import yaml
from jupyter_cache import get_cache
from jupyter_cache.executors import load_executor
from myst_nb.core.read import is_myst_markdown_notebook

BOOK = Path(__file__).resolve().parent
READER = {"type": "plugin", "name": "myst_nb_md"}  # as myst_nb itself registers a page


def main() -> None:
    settings = yaml.safe_load((BOOK.parent / "_config.yml").read_text())
    cache = get_cache(str(BOOK / "_build" / ".jupyter_cache"))
    pages = [str(page) for page in sorted(BOOK.glob("*.md")) if is_myst_markdown_notebook(page.read_text())]
    for page in pages:
        cache.add_nb_to_project(page, read_data=READER)
    quiet = logging.getLogger(__name__)
    quiet.setLevel(logging.CRITICAL)
    executor = load_executor("local-parallel", cache, logger=quiet)
    executor.run_and_cache(filter_uris=pages, timeout=settings["execute"]["timeout"])


if __name__ == "__main__":
    main()
