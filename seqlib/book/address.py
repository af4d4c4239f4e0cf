"""Where the book is on the web: for its own pages, and for the exercises for home, which lead to them."""

from __future__ import annotations

from collections.abc import Mapping


def site_address(environment: Mapping[str, str], configured: str) -> str:
    """The site's address with a slash at the end; "" where nobody knows it.

    configured: `site_address` of _config.yml; empty: where GitHub Pages puts what a repository's workflow publishes
    """
    owner, _, name = environment.get("GITHUB_REPOSITORY", "").partition("/")
    if configured or not name:
        return configured.rstrip("/") + "/" if configured else ""
    host = f"https://{owner.lower()}.github.io/"
    return host if name.lower() == f"{owner.lower()}.github.io" else f"{host}{name}/"
