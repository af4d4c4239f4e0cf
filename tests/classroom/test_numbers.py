"""Statistics and similar answers: the numbers are what the class did, on the page and in the tables."""

from __future__ import annotations

import ast
import csv
import html
import json
import re
from pathlib import Path

import pytest

from autograder.classroom import new_class, page, plots, similar, statistics
from autograder.classroom.identify import contract
from autograder.classroom.room import Room
from tests.chromium import CHROMIUM

from .conftest import HOSTILE, LESSON, cell, mark, notebook, populate, refused, run

FIRST = '''
def rnn_forward(x, a0, params):
    """My own way."""
    steps = x.shape[-1]
    state = a0  # begin
    kept, given, memory = [], [], []
    for step in range(steps):
        state, probabilities, cached = rnn_cell_forward(x[..., step], state, params)
        kept.append(state), given.append(probabilities), memory.append(cached)
    return np.stack(kept, axis=-1), np.stack(given, axis=-1), tuple(memory)
'''
COPY = (
    FIRST.replace("steps", "T").replace("state", "h").replace("kept", "A").replace("given", "Y").replace("memory", "C")
)
COPY = (
    COPY.replace("# begin", "# the first one")
    .replace("    h = a0", "\n    h = a0")
    .replace('"""My own way."""', '"""All mine."""')
)


def test_shares_mistakes_and_what_to_teach_again(graded: Room, tmp_path: Path) -> None:
    for student, score in (("ada", 3), ("ben", 1), ("chen", 2)):
        mark(graded, student, score)
    output = run("statistics", LESSON, "--html", tmp_path / "s.html", "--tables", tmp_path, "--course", graded.root)
    report = statistics.read(graded, LESSON, lambda items, *_: items)
    functions = {function.name: function for function in report.functions}
    assert [f.name for f in report.functions] == [
        "count_parameters",
        "stack_weights",
        "rnn_cell_forward",
        "rnn_forward",
        "written",
    ]
    assert functions["stack_weights"].difficulty == pytest.approx(3 / 4) and functions["stack_weights"].full == 3
    assert functions["written"].difficulty == pytest.approx((3 + 1 + 2 + 0) / 12)
    ((name, text, share),) = report.again
    assert name == "rnn_cell_forward" and "softmax runs over the examples" in text and share == 0.25
    assert "To teach again (25% of the class), rnn_cell_forward" in output
    assert functions["stack_weights"].discrimination == pytest.approx(
        statistics.statistics.correlation([1, 1, 1, 0], [16, 13 - 1 - 2 + 2.3333, 15, 0]), abs=0.02
    )
    page = (tmp_path / "s.html").read_text()
    assert (
        "default-src 'none'" in html.unescape(page)
        and "<script" not in page
        and "softmax runs over the examples" in page
    )
    with open(tmp_path / f"{LESSON}-mistakes.csv", newline="", encoding="utf-8-sig") as file:
        assert [row[0] for row in csv.reader(file)] == ["function", "rnn_cell_forward"]
    assert refused("statistics", "lesson-01", "--course", graded.root).startswith("no lesson")


def test_names_comments_and_layout_hide_no_copy() -> None:
    first, copy = similar.answer("a", FIRST, ""), similar.answer("b", COPY, "")
    assert similar.share(first.runs, copy.runs) == 1.0 and similar.share(first.written, copy.written) < 0.5
    inserted = similar.answer("d", FIRST.replace("    steps =", "    ready = False\n    steps ="), "")
    assert similar.share(first.runs, inserted.runs) > 0.85  # a statement more changes the runs around it alone
    broken = similar.answer("c", FIRST + "\n    return (", "")
    assert similar.share(first.runs, broken.runs) < 1 and broken.runs


def test_what_was_handed_out_does_not_count() -> None:
    release = "def f(x):\n    y = x + 1\n    z = y * 2\n    raise NotImplementedError\n"
    assert not similar.answer("a", release, release).runs


def test_a_threshold_rests_on_independent_answers() -> None:
    releases = dict(contract(LESSON, new_class.ROOT / "exercises" / LESSON / f"{LESSON}.ipynb").answers)
    found = {name: similar.calibrate(answers) for name, answers in similar.independent(LESSON, releases).items()}
    assert found["rnn_cell_forward"].threshold == pytest.approx(found["rnn_cell_forward"].highest + similar.MARGIN)
    # Independent people wrote the same loop: only the same names and comments say something there.
    assert found["rnn_forward"].as_written and found["rnn_forward"].threshold < 0.8 and found["rnn_forward"].pairs >= 10
    same = [similar.answer(str(i), FIRST, "") for i in range(3)]
    assert similar.calibrate(same).threshold is None
    assert similar.calibrate([]).threshold == similar.UNCALIBRATED


def test_a_copy_is_found_in_a_class_and_nothing_else(room: Room, tmp_path: Path) -> None:
    import tomllib

    populate(room, 6)
    styles = [
        e["code"]
        for e in tomllib.loads((new_class.ROOT / "tests" / "right_answers" / f"{LESSON}.toml").read_text())["right"]
        if e["function"] == "rnn_forward"
    ]
    nearly = FIRST.replace("range(steps)", "range(0, steps)") + "# </code><script>x</script>\u202e"
    for i, code in enumerate([FIRST, nearly, COPY, *styles][:6]):
        path = room.place("autograded", f"s{i:03}", LESSON) / f"{LESSON}.ipynb"
        content = json.loads(path.read_bytes())
        cell(content, "rnn_forward")["source"] = code
        path.write_text(json.dumps(content))
    output = run("similar", LESSON, "--html", tmp_path / "p.html", "--course", room.root)
    assert "with names and comments" in output

    def pairs(threshold: float | None) -> set[tuple[str, str]]:
        report = similar.read(room, LESSON, threshold, lambda items, *_: items)
        return {(p.one.student, p.two.student) for p in report.pairs if p.function == "rnn_forward"}

    assert pairs(None) == {("s000", "s001")}
    assert {("s000", "s001"), ("s000", "s002"), ("s001", "s002")} <= pairs(0.9)
    page = (tmp_path / "p.html").read_text()
    assert "<script" not in page and "s000" in page and 'class="sides"' in page


def test_the_solution_handed_in_as_it_is_is_noted_and_found(graded: Room) -> None:
    """Its lines that mark a solution are no difference to who has the same code without them."""
    solution = (new_class.ROOT / "solutions" / LESSON / f"{LESSON}.ipynb").read_bytes()
    (graded.place("submitted", "eli", LESSON) / f"{LESSON}.ipynb").write_bytes(solution)
    output = run("grade", LESSON, "--student", "eli", "--workers", 1, "--course", graded.root)
    assert "has lines '### BEGIN SOLUTION', as the instructors' solution has: have a look" in " ".join(output.split())
    report = similar.read(graded, LESSON, None, lambda items, *_: items)
    pairs = {(p.function, p.one.student, p.two.student): p.written for p in report.pairs}
    assert pairs["rnn_forward", "ada", "eli"] == pairs["rnn_cell_forward", "ada", "eli"] == 1
    assert "chen, eli" in run("similar", LESSON, "--course", graded.root)


@pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")
def test_no_page_runs_anything_of_a_students(graded: Room, tmp_path: Path) -> None:
    from playwright.sync_api import sync_playwright

    for student in ("ada", "ben", "chen"):
        mark(graded, student, 1, HOSTILE)
    run("feedback", LESSON, "--distribution", "--course", graded.root)
    run("statistics", LESSON, "--html", tmp_path / "s.html", "--course", graded.root)
    run("similar", LESSON, "--threshold", 0, "--html", tmp_path / "p.html", "--course", graded.root)
    run("status", "--html", tmp_path / "t.html", "--course", graded.root)
    pages = [*tmp_path.glob("*.html"), *(graded.root / "feedback").rglob("*.html")]
    assert len(pages) == 7
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page()
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        for path in pages:
            page.goto(path.as_uri())
            assert page.evaluate("window.canary") is None
            assert page.evaluate("document.scripts.length") == 0
        browser.close()
    assert sorted(asked) == sorted(path.as_uri() for path in pages)


def test_numbers_of_a_notebook_with_nothing_written(room: Room) -> None:
    populate(room, 2)
    report = statistics.read(room, LESSON, lambda items, *_: items)
    assert report.functions[-1].shares == {} and report.functions[-1].difficulty is None
    assert statistics.table(report)[-1][:4] == ("written", "3", "", "")
    assert notebook()


def test_an_axis_ends_at_the_points_and_backticks_are_code() -> None:
    axis = re.findall(r'text-anchor="(?:middle|end)">([\d.]+)</text>', plots.histogram([17.0], 17.0))
    assert axis[-1] == "17" and [float(number) for number in axis[:-2]] == [2 * i for i in range(8)]
    triangle = re.search(r'class="bar-2" d="M([\d.]+)', plots.histogram([1.0], 17.0, mark=17.0))
    assert triangle is not None and float(triangle[1]) == plots.WIDTH - plots.RIGHT
    assert page.inline("use `mask` < 1") == "use <code>mask</code> &lt; 1"


def test_every_independent_answer_is_compared_as_code() -> None:
    for lesson in new_class.available():
        releases = dict(contract(lesson, new_class.ROOT / "exercises" / lesson / f"{lesson}.ipynb").answers)
        for answers in similar.independent(lesson, releases).values():
            for answer in answers:
                ast.parse(answer.source)
