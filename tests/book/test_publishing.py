"""An empty or shrunken site is never published."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
LISTED = ["index", *re.findall(r"file: (\S+)", (ROOT / "_toc.yml").read_text())]


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A site with a page of 20 kB for each chapter."""
    folder = tmp_path / "site"
    folder.mkdir()
    for name in LISTED:
        (folder / f"{name}.html").write_text("<h1>Lesson</h1>" + "text " * 4000)
    return folder


def ask(site: Path, *online: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, ROOT / ".ci/publishable", site, *online], capture_output=True, text=True)


def test_a_whole_site_may_be_published_and_again(site: Path, tmp_path: Path) -> None:
    assert ask(site).returncode == 0
    online = (site / "site.json").rename(tmp_path / "online.json")
    assert set(json.loads(online.read_text())) == {f"{name}.html" for name in LISTED}
    assert ask(site, online).returncode == 0


def test_an_empty_site_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    done = ask(tmp_path / "empty")
    assert done.returncode == 1 and "index.html is missing" in done.stderr


@pytest.mark.parametrize("text", ["", "<h1>Lesson</h1>", "text " * 4000])
def test_an_empty_page_is_refused(site: Path, text: str) -> None:
    (site / "03-rnn.html").write_text(text)
    done = ask(site)
    assert done.returncode == 1 and "03-rnn.html is empty" in done.stderr and not (site / "site.json").exists()


def test_a_page_without_its_style_is_refused(site: Path) -> None:
    page = site / "03-rnn.html"
    page.write_text(page.read_text() + '<link rel="stylesheet" href="_static/book.css?v=1">')
    done = ask(site)
    assert done.returncode == 1 and "_static/book.css is missing" in done.stderr
    (site / "_static").mkdir()
    (site / "_static/book.css").touch()
    assert ask(site).returncode == 0


def test_a_page_that_is_online_may_not_go(site: Path, tmp_path: Path) -> None:
    online = tmp_path / "online.json"
    online.write_text(json.dumps({"old.html": 10}))
    assert "old.html is online and missing here" in ask(site, online).stderr


def test_a_shrunken_site_is_refused(site: Path, tmp_path: Path) -> None:
    online = tmp_path / "online.json"
    online.write_text(json.dumps({"index.html": 10**6}))
    done = ask(site, online)
    assert done.returncode == 1 and "those online 1000000" in done.stderr


def test_a_list_that_cannot_be_read_is_a_refusal(site: Path, tmp_path: Path) -> None:
    assert ask(site, tmp_path / "missing.json").returncode != 0
    (tmp_path / "page.json").write_text("<html>not found</html>")
    assert ask(site, tmp_path / "page.json").returncode != 0


def test_the_workflow_publishes_only_what_was_tested_and_asked() -> None:
    jobs = yaml.safe_load((ROOT / ".github/workflows/site.yml").read_text())["jobs"]
    runs = [step.get("run", "") for step in jobs["test"]["steps"]]
    assert "userns=0" in runs[runs.index("make test") - 1]  # without it no student code is isolated there
    assert {"run": "make test"} in jobs["test"]["steps"] and jobs["publish"]["needs"] == "test"
    steps = jobs["publish"]["steps"]
    asked = [i for i, step in enumerate(steps) if ".ci/publishable site" in step.get("run", "")]
    sent = [i for i, step in enumerate(steps) if "deploy-pages" in step.get("uses", "")]
    assert len(asked) == 2 and len(sent) == 1 and max(asked) < sent[0]
    # one of the two questions is always asked
    assert {steps[i]["if"] for i in asked} == {"${{ !inputs.smaller }}", "${{ inputs.smaller }}"}
