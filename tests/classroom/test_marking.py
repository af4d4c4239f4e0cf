"""Marking: in the page by keyboard alone, beside formgrader, by two people at once, and with answers that attack."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

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
    without_digests = re.sub(r"\b[0-9a-f]{16,}\b", "", told)  # one in a few hundred digests holds an "ada"
    assert not re.search(r"ada|ben|chen|eli|Lovelace|Bitdiddle", without_digests, re.IGNORECASE)
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


def hand_in(room: Room, place: Path, student: str, content: bytes, day: int) -> None:
    (place / "again" / student).mkdir(parents=True, exist_ok=True)
    (place / "again" / student / f"{LESSON}.ipynb").write_bytes(content)
    run("collect", LESSON, place / "again", "--received", f"2026-03-0{day} 12:00", "--course", room.root)


def again(room: Room) -> list[str]:
    return [standing.student for standing in read(room, LESSON).standings if standing.again]


def answer_of(room: Room, student: str) -> dict[str, Any]:
    answers = Desk(room, LESSON).question("written")["answers"]
    return next(answer for answer in answers if f"({student})" in answer["who"])


def rewrite_source(room: Room, cell_name: str, change: Callable[[dict[str, Any]], None]) -> None:
    path = room.place("source", ".", LESSON) / f"{LESSON}.ipynb"
    content = json.loads(path.read_bytes())
    change(cell(content, cell_name))
    path.write_text(json.dumps(content))


def test_a_mark_stays_where_answer_question_and_points_are_the_same(graded: Room) -> None:
    for student in ("ben", "chen"):
        mark(graded, student, 2)
    rewrite_source(graded, "setup", lambda c: c.update(source="".join(c["source"]) + "\n# a typo mended"))
    run("grade", LESSON, "--student", "[bc]*", "--regrade", "--course", graded.root)
    assert again(graded) == []
    assert [q["left"] for q in Desk(graded, LESSON).overview()] == [1]  # ada's, which nobody has marked
    rewrite_source(graded, "written", lambda c: c["metadata"]["nbgrader"].update(points=4))
    said = run("grade", LESSON, "--student", "[bc]*", "--regrade", "--course", graded.root)
    assert again(graded) == ["ben", "chen"] and "to look at again: 2 (ben, chen)" in said
    for student in ("ben", "chen"):
        mark(graded, student, 2)  # formgrader, too, says that somebody has looked
    assert again(graded) == []
    text = Desk(graded, LESSON).questions[0].asked_in
    rewrite_source(graded, text, lambda c: c.update(source="".join(c["source"]) + "\n\nGive two examples."))
    run("grade", LESSON, "--student", "[bc]*", "--regrade", "--course", graded.root)
    assert again(graded) == ["ben", "chen"]


def test_a_new_answer_is_looked_at_before_the_old_ones_mark_leaves_the_class(graded: Room, tmp_path: Path) -> None:
    for student in ("ada", "ben", "chen"):
        mark(graded, student, 3)
    read(graded, LESSON)
    hand_in(graded, tmp_path, "ada", notebook(lambda nb: cell(nb, "written").update(source="No idea.")), 4)
    hand_in(graded, tmp_path, "chen", graded_text(graded, "chen", "# another comment"), 4)
    run("grade", LESSON, "--course", graded.root, status=1)  # somebody else's is set aside
    assert again(graded) == ["ada"]  # chen's answer is the one that was marked
    assert read(graded, LESSON).counts()["to mark"] == 1
    assert "1 student has marks that were given for another answer" in refused(
        "return", LESSON, "--course", graded.root
    )
    out = run("export", LESSON, "--out", tmp_path / "g.csv", "--course", graded.root)
    assert "blank, marked for another answer: 1 (ada)" in out
    assert "Next: autograder mark" in run("status", LESSON, "--course", graded.root)
    run("return", LESSON, "--unmarked", "--course", graded.root)
    page = (graded.root / "returned" / LESSON / "ada" / f"{LESSON}.html").read_text()
    assert "points so far" in page and "given for an earlier answer" in page and "No idea." in page

    answer = answer_of(graded, "ada")
    assert answer["mark"]["again"] and Desk(graded, LESSON).overview()[0]["left"] == 1
    Desk(graded, LESSON).save("written", answer["token"], answer["mark"]["version"], 3, "")  # the mark stands
    assert again(graded) == [] and Desk(graded, LESSON).overview()[0]["left"] == 0
    run("grade", LESSON, "--student", "ada", "--regrade", "--course", graded.root)
    assert again(graded) == []
    run("return", LESSON, "--course", graded.root)


def graded_text(room: Room, student: str, comment: str) -> bytes:
    """What a student handed in, with a comment more in a function's cell."""
    content = json.loads((room.place("submitted", student, LESSON) / f"{LESSON}.ipynb").read_bytes())
    source = cell(content, "rnn_forward")
    source["source"] = "".join(source["source"]) + f"\n{comment}"
    return json.dumps(content).encode()


def test_an_answer_in_another_cell_is_shown_to_the_marker_and_its_student(graded: Room, tmp_path: Path) -> None:
    def stripped(nb: dict[str, Any]) -> None:
        answer = cell(nb, "written")
        answer["source"] = "Weights are *shared*. <script>window.canary=1</script>"
        for one in nb["cells"]:
            one["metadata"] = {}

    def added(nb: dict[str, Any]) -> None:
        nb["cells"].append({"cell_type": "markdown", "metadata": {}, "source": "My own summary."})
        cell(nb, "written")["source"] = "In its place."

    hand_in(graded, tmp_path, "chen", notebook(stripped), 4)
    hand_in(graded, tmp_path, "ben", notebook(added), 4)
    run("grade", LESSON, "--course", graded.root, status=1)  # somebody else's is set aside
    moved, beside = answer_of(graded, "chen"), answer_of(graded, "ben")
    assert moved["blank"] and len(moved["others"]) == 1 and "<em>shared</em>" in moved["others"][0]
    assert "<script" not in moved["others"][0]
    assert not beside["blank"] and beside["others"] == ["<p>My own summary.</p>\n"]
    assert answer_of(graded, "ada")["others"] == []

    run("feedback", LESSON, "--course", graded.root)
    pages = {s: (graded.root / "feedback" / s / LESSON / f"{LESSON}.html").read_text() for s in ("ada", "chen")}
    assert "<em>shared</em>" in pages["chen"] and "Nothing stands in its own cell" in pages["chen"]
    contents = [re.findall(r'<a href="#(\w+)', page.partition("</nav>")[0]) for page in pages.values()]
    assert contents[0] == contents[1] and contents[0][-1] == "written"
    titles = [re.findall(r"<h1>(.*?)</h1>", page) for page in pages.values()]
    assert titles[0] == titles[1] != [LESSON]

    mark(graded, "chen", 2)
    hand_in(graded, tmp_path, "chen", notebook(stripped).replace(b"*shared*", b"*kept*"), 5)
    run("grade", LESSON, "--course", graded.root, status=1)
    assert again(graded) == ["chen"]  # the mark was for what stands in the other cell


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
        page.reload()
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
def test_a_mark_to_look_at_again_is_found_and_confirmed_with_one_key(room: Room) -> None:
    from playwright.sync_api import sync_playwright

    populate(room, 5)
    for i in range(5):
        mark(room, f"s{i:03}", 2.5 if i == 3 else 1)
    read(room, LESSON)
    path = room.place("autograded", "s003", LESSON) / f"{LESSON}.ipynb"
    path.write_text(path.read_text().replace("answer 3", "answer three"))
    with room.folder.gradebook() as book:  # as grading leaves the rows
        for i in range(5):
            book.find_grade("written", LESSON, LESSON, f"s{i:03}").needs_manual_grade = True
        book.db.commit()
    assert again(room) == ["s003"]
    with marking(room) as address, sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page()
        page.goto(address)
        page.wait_for_selector("body[data-loaded=written]")
        assert page.locator("#left").inner_text() == "1 of 5 left, 1 to look at again"
        assert "(s003)" in str(page.evaluate("document.activeElement.getAttribute('aria-label')"))
        assert page.locator("article:focus .between").inner_text() == "2.5"
        page.keyboard.press("o")
        assert page.locator("article:visible").count() == 1
        page.keyboard.press("y")
        page.get_by_text("all 5 marked").wait_for()
        page.close()
        browser.close()
    assert again(room) == []
    with room.folder.gradebook() as book:
        assert book.find_grade("written", LESSON, LESSON, "s003").manual_score == 2.5


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
