"""Marking: in the page by keyboard alone, beside formgrader, by two people at once, and with answers that attack."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from autograder.classroom.marking.desk import Conflict, Desk
from autograder.classroom.room import Room
from autograder.classroom.status import read
from tests.chromium import CHROMIUM

from .conftest import HOSTILE, LESSON, ask, cell, mark, marking, notebook, populate, refused, run


def test_a_mark_is_in_the_gradebook_and_lateness_follows(graded: Room) -> None:
    desk = Desk(graded, LESSON)
    (overview,) = desk.overview()
    assert (overview["name"], overview["points"], overview["answers"], overview["left"]) == ("written", 3, 4, 3)
    answers = {a["who"].split(" ")[0]: a for a in desk.question("written")["answers"]}
    saved = desk.save(
        "written", answers["Ada"]["token"], answers["Ada"]["mark"]["version"], 2.5, "Good,\x1b[2J but why?"
    )
    assert saved["score"] == 2.5 and not saved["open"] and "\x1b" not in saved["comment"]
    with graded.folder.gradebook() as book:
        assert book.find_grade("written", LESSON, LESSON, "ada").manual_score == 2.5
        assert book.find_submission_notebook(LESSON, LESSON, "ada").late_submission_penalty == pytest.approx(17.5 * 0.2)


def test_two_markers_do_not_overwrite_each_other(graded: Room) -> None:
    first, second = Desk(graded, LESSON), Desk(graded, LESSON)
    one, two = (desk.question("written")["answers"][0] for desk in (first, second))
    first.save("written", one["token"], one["mark"]["version"], 3, "mine")
    for stale in (0, None):
        with pytest.raises(Conflict) as conflict:
            second.save("written", two["token"], two["mark"]["version"], stale, "mine too")
        assert first.question("written")["answers"][0]["mark"]["score"] == 3
    assert conflict.value.mark["score"] == 3 and conflict.value.mark["comment"] == "mine"
    second.save("written", two["token"], conflict.value.mark["version"], 1, "agreed")
    assert first.question("written")["answers"][0]["mark"]["score"] == 1


def test_formgrader_and_the_page_see_the_same(graded: Room) -> None:
    desk = Desk(graded, LESSON)
    old = desk.question("written")["answers"][0]
    mark(graded, "ada", 1, "from formgrader")
    assert desk.question("written")["answers"][0]["mark"]["comment"] == "from formgrader"
    with pytest.raises(Conflict):
        desk.save("written", old["token"], old["mark"]["version"], 3, "")


def test_a_mark_of_formgrader_moves_the_penalty(graded: Room) -> None:
    for points in (1, 3):
        mark(graded, "ada", points)
        (ada,) = (s for s in read(graded, LESSON).standings if s.student == "ada")
        assert ada.sheet is not None and ada.sheet.penalty == pytest.approx((15 + points) * 0.2)
        with graded.folder.gradebook() as book:
            written = book.find_submission_notebook(LESSON, LESSON, "ada").late_submission_penalty
        assert written == pytest.approx((15 + points) * 0.2)


@pytest.mark.parametrize(
    "score,name,token",
    [(4, "written", ""), (-1, "written", ""), (float("nan"), "written", ""), (1, "nothing", ""), (1, "written", "x")],
)
def test_marks_that_cannot_be_are_not_written(graded: Room, score: float, name: str, token: str) -> None:
    desk = Desk(graded, LESSON)
    answer = desk.question("written")["answers"][0]
    with pytest.raises((ValueError, LookupError)):
        desk.save(name, token or answer["token"], answer["mark"]["version"], score, "")
    assert desk.overview()[0]["left"] == 3


def test_without_names_nothing_says_whose_an_answer_is(graded: Room) -> None:
    told = json.dumps(Desk(graded, LESSON, anonymous=True).question("written"))
    assert not re.search(r"ada|ben|chen|eli|Lovelace|Bitdiddle", told, re.IGNORECASE)
    assert "answer 1" in told


def test_angle_brackets_are_shown_as_written_and_nothing_of_them_runs(graded: Room, tmp_path: Path) -> None:
    def answer(text: str, day: int) -> None:
        (tmp_path / "in" / "chen").mkdir(parents=True, exist_ok=True)
        content = notebook(lambda nb: cell(nb, "written").update(source=text))
        (tmp_path / "in" / "chen" / f"{LESSON}.ipynb").write_bytes(content)
        run("collect", LESSON, tmp_path / "in", "--received", f"2026-03-0{day} 12:00", "--course", graded.root)

    def shown() -> str:
        answers = Desk(graded, LESSON).question("written")["answers"]
        return str(next(a["html"] for a in answers if "(chen)" in a["who"]))

    answer("It becomes <UNK>, in code `<UNK>` too. <script>alert(1)</script><img src=x onerror=alert(1)>", day=4)
    run("grade", LESSON, "--course", graded.root, status=1)  # somebody else's is set aside
    page = shown()
    assert page.count("&lt;UNK&gt;") == 2 and "&lt;script&gt;" in page
    assert "<script" not in page and "<img" not in page
    answer("Another text, <UNK>.", day=5)  # not graded yet
    assert "&lt; UNK&gt;" in shown() and "Another" not in shown()


def test_what_cannot_be_marked_is_refused(enrolled: Room) -> None:
    assert "graded yet" in refused("mark", LESSON, "--no-browser", "--course", enrolled.root)


def test_only_the_page_of_this_machine_is_answered(graded: Room) -> None:
    with marking(graded) as address:
        secret = address.partition("secret=")[2]
        status, body, headers = ask(address, f"/?secret={secret}", {})
        policy = headers["Content-Security-Policy"]
        assert (
            status == 200
            and "default-src 'none'" in policy
            and "unsafe" not in policy
            and "script-src 'nonce-" in policy
        )
        assert secret.encode() not in body
        for path, given in (
            ("/", {}),
            ("/questions", {}),
            ("/questions", {"X-Secret": "x"}),
            ("/questions", {"X-Secret": secret, "Host": "evil.example"}),
        ):
            assert ask(address, path, given)[0] == 403
        good = {"X-Secret": secret}
        assert ask(address, "/questions", good)[0] == 200
        assert ask(address, "/questions", {**good, "Host": "127.0.0.1"})[0] == 200  # as at port 80
        assert ask(address, "/questions/none", good)[0] == 404
        answer = json.loads(ask(address, "/questions/written", good)[1])["answers"][0]
        whole = {"token": answer["token"], "seen": answer["mark"]["version"], "score": 1, "comment": ""}
        for change in ({"score": "1"}, {"score": True}, {"score": 99}, {"token": "x"}, {"comment": "x" * 20_000}):
            assert ask(address, "/questions/written", good, {**whole, **change})[0] in (400, 404)
        assert ask(address, "/questions/written", good, [1])[0] == 400
        assert ask(address, "/questions/written", good, whole)[0] == 200
        assert ask(address, "/questions/written", good, whole)[0] == 409


@pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")
def test_thirty_answers_by_keyboard_alone_and_no_script_of_theirs(room: Room, tmp_path: Path) -> None:
    from playwright.sync_api import sync_playwright

    populate(room, 30, lambda i: HOSTILE if i % 3 == 0 else f"Reason {i}: weights are shared, $T_x$ may vary.")
    with marking(room) as address, sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(address)
        page.wait_for_selector("body[data-loaded=written]")
        assert "secret" not in page.url
        keys = page.keyboard
        for i in range(30):
            if i == 4:
                keys.press("c")
                keys.type("Which weights?")
                keys.press("Enter")
            elif i == 7:
                page.locator("#comments li").wait_for()
                keys.press("Shift+A")
            keys.press(str(i % 4))
            if i % 4 == 1:
                keys.press(".")
            keys.press("Enter")
        page.get_by_text("all 30 marked").wait_for()
        page.wait_for_selector("body[data-waiting='0']")
        assert page.evaluate("window.canary") is None and not errors
        assert (
            page.evaluate("document.querySelectorAll('article script, article img, article svg, article a').length")
            == 0
        )
        page.close()
        browser.close()
    with room.folder.gradebook() as book:
        found = [book.find_grade("written", LESSON, LESSON, f"s{i:03}").manual_score for i in range(30)]
        comments = [book.find_comment("written", LESSON, LESSON, f"s{i:03}").manual_comment for i in range(30)]
    assert found == [i % 4 + (0.5 if i % 4 == 1 else 0) for i in range(30)]
    assert comments[4] == comments[7] == "Which weights?" and sum(c is not None for c in comments) == 2


@pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")
def test_a_comment_typed_before_the_first_reply_keeps_the_points(room: Room) -> None:
    from playwright.sync_api import Route, sync_playwright

    populate(room, 2)
    with marking(room) as address, sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page()
        held: list[Route] = []
        page.route(
            "**/questions/written",
            lambda route: route.continue_() if held or route.request.method == "GET" else held.append(route),
        )
        page.goto(address)
        page.wait_for_selector("body[data-loaded=written]")
        keys = page.keyboard
        keys.press("2")
        keys.press("c")
        keys.type("Say why.")
        keys.press("Escape")
        page.wait_for_selector("body[data-waiting='2']")
        held[0].continue_()
        page.wait_for_selector("body[data-waiting='0']")
        assert page.locator("article .points").first.inner_text().startswith("2 /")
        page.close()
        browser.close()
    with room.folder.gradebook() as book:
        grade = book.find_grade("written", LESSON, LESSON, "s000")
        assert (grade.manual_score, bool(grade.needs_manual_grade)) == (2, False)
        assert book.find_comment("written", LESSON, LESSON, "s000").manual_comment == "Say why."
