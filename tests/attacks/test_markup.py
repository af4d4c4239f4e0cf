"""A student's Markdown and HTML: what nbconvert makes of it has nothing that runs, and ordinary text stays as it is."""

import itertools
import random
import re

import nbformat
import pytest
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

from autograder.engine import markup, outputs, restore
from autograder.sandbox import CellReply

from .pages import dangers

RUN = "alert(1)"
HOSTILE = [
    f"<script>{RUN}</script>",
    f"<img src=x onerror={RUN}>",
    f"<svg onload={RUN}>",
    f"<a href='javascript:{RUN}'>x</a>",
    "<iframe src='https://a.example'></iframe>",
    "<style>body { display: none }</style>",
    f"<form action='javascript:{RUN}'><button>x</button></form>",
    "<meta http-equiv=refresh content='0;url=https://a.example'>",
    f"<b onclick={RUN}>x</b>",
    f"<b\n onclick={RUN}>x</b>",
    f"<b/onclick={RUN}>x</b>",
    f'<https://a.example/" onclick={RUN}>',
    f"[x](javascript:{RUN})",
    f"[x](JaVaScRiPt:{RUN})",
    f"[x](javascript\\:{RUN})",
    f"[x](javascript&colon;{RUN})",
    f"[x](java&#115;cript:{RUN})",
    f"[x](java&#x73;cript:{RUN})",
    f"[x](java&amp;#115;cript:{RUN})",
    f"[x](java&amp;amp;#115;cript:{RUN})",
    f"[x](&#1;javascript:{RUN})",
    f"[x](\x01javascript:{RUN})",
    f"[x](<java\tscript:{RUN}>)",
    f"[x](java&Tab;script:{RUN})",
    "[x](vbscript:run)",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "![x](data:image/svg+xml;base64,PHN2Zz4=)",
    "[x](page.html)",
    "[x](<page.html>)",
    "[x](\n/page.html)",
    "[x](//a.example/page.html)",
    "[x](https:page.html)",
    "[x](..%2f..%2fsubmitted%2fmallory%2fpage.html)",
    "[x][y]\n\n[y]: page.html",
    "[x][y]\n\n[y]:\n<page.html>",
    "![x](https://a.example/seen.png)",
    "![a [b](attachment:x.png) c](https://a.example/seen.png)",
    f"[x][y]\n\n[y]: javascript:{RUN}",
    f"[x][y]\n\n> [y]:\n> javascript:{RUN}",
    "![x][y]\n\n[y]: https://a.example/seen.png",
    f"<javascript:{RUN}>",
    f"$\\href{{javascript:{RUN}}}{{x}}$",
    "$\\style{position: fixed}{x}$",
    f"$\\def\\x#1{{\\href{{java#1}}{{x}}}} \\x{{script:{RUN}}}$",
    f"```mermaid\n<script>{RUN}</script>\n```",
    f"~~~ mermaid\n<img src=x onerror={RUN}>\n~~~",
    f"$$\n</div><script>{RUN}</script>\n$$",
    f"\\begin{{x}}<script>{RUN}</script>\\end{{x}}",
    f"| a |\n|---|\n| <img src=x onerror={RUN}> |",
    f"[x](https://a.example 'a\" onclick={RUN} b=\"')",
    f"<!--><script>{RUN}</script>-->",
    f"<?x?><![CDATA[<script>{RUN}</script>]]>",
    f"`<b>` <scr<script>ipt>{RUN}</script>",
]
ORDINARY = [
    "# Title\n\nA *word*, **two**, `code` and [a page](https://example.org/a?b=1&c=2#d).",
    "$a < b$ and $W_{aa} a + b_a$, $$\\sum_{t=1}^{T_x} \\mathcal{L}^{(t)}$$",
    "- one\n- two\n\n1. three\n\n> quoted, H<sub>2</sub>O<br>and <https://example.org/>",
    "```python\nif a < b:\n    print(data, file=out)\n```",
    "[here](#there), [there](<https://example.org>) and [z]\n\n[z]: https://example.org/z",
    "Tom & Jerry, 3 < 4, x &lt; y, the data: good",
]


def page(text: str, attachments: object = None) -> str:
    text, kept = markup.markdown(text, attachments)
    return MarkdownWithMath(renderer=IPythonRenderer(escape=False, attachments=kept)).render(text)


def raw_page(text: str) -> str:
    return MarkdownWithMath(
        renderer=IPythonRenderer(escape=False, attachments={"x.png": {"image/png": "AAAA"}})
    ).render(text)


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_of_hostile_markdown_runs(text):
    assert dangers(page(text)) == []
    assert dangers(markup.markdown(text)[0]) == []  # as a raw cell


def test_most_of_it_would_run():
    assert sum(bool(dangers(raw_page(text))) for text in HOSTILE) >= 35


def test_nothing_runs_in_any_mixture():
    draw = random.Random(5)
    pieces = list(
        itertools.chain(
            HOSTILE, ORDINARY, ["`", "```\n", "$", "\n\n", "> ", "](", "<", "&", "\\", "![", "<b>", "attachment:"]
        )
    )
    for _ in range(1500):
        text = "".join(
            piece[draw.randrange(len(piece)) if draw.random() < 0.3 else 0 :]
            for piece in draw.choices(pieces, k=draw.randint(2, 5))
        )
        assert dangers(page(text)) == [], text


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_markdown_stays_as_it_is(text):
    assert markup.markdown(text) == (text, {})


def test_a_formula_with_angle_brackets_means_the_same():
    assert markup.markdown("$a^{<t>} <b$")[0] == "$a^{< t>} < b$"


def test_attached_pictures_stay_and_nothing_else():
    text = "![x](attachment:x.png)"
    good = {"x.png": {"image/png": "AAAA", "image/svg+xml": "PHN2Zz4="}}
    assert markup.markdown(text, good) == (text, {"x.png": {"image/png": "AAAA"}})
    for bad in (
        {},
        {"x.png": {"image/png": "\"onerror='x'"}},
        {"x.png": {"image/svg+xml": "AAAA"}},
        {"x.png": "AAAA"},
        ["x.png"],
    ):
        assert dangers(page(text, bad)) == []
        assert markup.markdown(text, bad)[1] == {}


@pytest.mark.parametrize(
    "text",
    [
        *HOSTILE[:10],
        f"<td style='x'>$\\href{{javascript:{RUN}}}{{x}}$</td>",
        "<p>\\hre&#102;{javascript:x}{y}</p>",
        "<p>&bsol;href{x}</p>",
    ],
)
def test_nothing_of_an_output_runs(text):
    message = {
        "msg_type": "display_data",
        "content": {"data": {"text/html": text}, "metadata": {"text/html": {"isolated": True}}},
    }
    shown = outputs.clean(message)["content"]
    assert dangers(shown["data"]["text/html"]) == [] and shown["metadata"] == {}


def test_other_kinds_of_output_are_left_out():
    data = {
        "application/javascript": "x",
        "image/svg+xml": "<svg/>",
        "image/png": "\"onerror='x'",
        "text/markdown": "x",
        "text/latex": "x",
        "text/plain": "y",
    }
    assert outputs.clean({"msg_type": "display_data", "content": {"data": data}})["content"]["data"] == {
        "text/plain": "y"
    }


def test_a_cell_that_becomes_markdown_later_is_made_harmless_now():
    """nbgrader gives a cell of another type its type back: code that a student sends for a written answer."""
    cell = nbformat.v4.new_code_cell(HOSTILE[0], metadata={"title": "x", "tags": ["a"]})
    restore._defuse(cell, "markdown")
    assert dangers(cell.source) == [] and cell.metadata == {"tags": ["a"]}
    code = nbformat.v4.new_code_cell("a = 1 if 2<b else '<script>'")
    restore._defuse(code, "code")
    assert code.source == "a = 1 if 2<b else '<script>'"


TABLE = """<div>
<style scoped>
    .dataframe tbody tr th:only-of-type {
        vertical-align: middle;
    }
</style>
<table border="1" class="dataframe">
  <thead>
    <tr style="text-align: right;"><th></th><th>a</th></tr>
  </thead>
  <tbody>
    <tr><th>0</th><td>1 &lt; 2<br/></td></tr>
  </tbody>
</table>
<p>1 rows × 1 columns</p>
</div>"""


def test_a_table_is_shown_as_one():
    shown = markup.html(TABLE)
    assert shown is not None and "<th>a</th>" in shown and "1 &lt; 2<br>" in shown and dangers(shown) == []


@pytest.mark.parametrize(
    "text",
    [
        "<div>" * 51 + "</div>" * 51,
        "</div>",
        "<b><i></b></i>",
        "<",
        "<!-- </div> -->",
        "<div a='></div>'>",
        '<div a"b=">"></div>',
        "<div\x0bx></div>",
        "<div\xa0x></div>",
        "<?x?>",
        "x" * (markup.MAX_HTML + 1),
    ],
)
def test_html_that_could_take_long_to_read_is_left_out(text):
    """A parser's time grows with length times depth: what is not plainly flat is not read at all."""
    assert markup.html(text) is None and markup.html(TABLE + text) is None


def message(kind, name, text):
    content = {"data": {"text/plain": text}, "transient": {"display_id": name} if name else {}}
    return {"msg_type": kind, "content": content}


def recorded(*replies):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell() for _ in replies])
    recorder = outputs.Recorder(notebook)
    for index, messages in enumerate(replies):
        recorder.record(notebook.cells[index], index, CellReply(list(messages), index + 1))
    return [[out.get("text") or out.data["text/plain"] for out in cell.outputs] for cell in notebook.cells]


def test_a_display_is_updated_also_by_a_later_cell():
    first = [
        message("display_data", "a", "1"),
        message("display_data", None, "x"),
        message("update_display_data", "a", "2"),
    ]
    assert recorded(first) == [["2", "x"]]
    assert recorded(first, [message("update_display_data", "a", "3")]) == [["3", "x"], []]


def test_a_notebooks_output_has_a_limit(monkeypatch):
    monkeypatch.setattr(outputs, "MAX_MESSAGES", 3)
    shown = [message("display_data", None, "x")]
    assert recorded(shown * 2, shown * 2, shown) == [["x", "x"], [outputs.LEFT_OUT], []]
    monkeypatch.setattr(outputs, "MAX_MESSAGES", 30)
    monkeypatch.setattr(outputs, "MAX_TEXT", 3_000)
    assert recorded([message("display_data", None, "x" * 1_000)] * 5) == [["x" * 1_000] * 2 + [outputs.LEFT_OUT]]
    # What is left out counts, too: it has been read.
    page = {"msg_type": "display_data", "content": {"data": {"text/html": "<" + "y" * 999, "text/plain": "x"}}}
    assert recorded([page] * 5) == [["x"] * 2 + [outputs.LEFT_OUT]]


def test_halves_of_characters_are_written_as_something_else():
    told = {"msg_type": "stream", "content": {"name": "stdout", "text": "a\ud800b"}}
    assert outputs.clean(told)["content"]["text"] == "a?b"
    cell = nbformat.v4.new_code_cell("x = '\ud800'", metadata={"tags": ["\ud800"]})
    cell["id"] = '"><script>'
    restore._defuse(cell, "code")
    restore._tag(cell, False, False)
    assert (cell.source, cell.metadata["tags"]) == ("x = '?'", []) and cell.id.isalnum()


def test_an_attached_pictures_name_is_one():
    assert markup.markdown("x", {"a\ud800": {"image/png": "AAAA"}, 'b"': {"image/png": "AAAA"}})[1] == {}


# What got past the cleaning of Markdown as Markdown: an address in angle brackets, which inside an HTML block is a tag.
WHITE_BOX = [
    "<p><https://autofocus/contenteditable/onfocus=alert(1)>",
    "<p>\n<https://style=position:fixed/x>",
    "<p><https://x/style=background:url(https://a.example/seen)>",
    "<b>\n<https://a/onmouseover=alert(1)//>",
    "<a b=c d=e " * 400,
    "![x](attachment:x.png)![y](data:image/png;base64,AAAA)",
    "<div " + "b" * 30_000,
    "$\\unicode{60}$ $\\mmlToken{mi}[href=javascript:alert(1)]{x}$ $\\mathchoice{\\href{javascript:alert(1)}{x}}{}{}{}$",
    "[x](https://a.example/%22onclick=alert(1)//)",
    '[x](https://a.example "a\\" onclick=alert(1)")',
    "<https://a.example?x=<script>alert(1)</script>>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "`formula0123456789abcdef01234567end`",
    "| [x](javascript:alert(1)) |\n|-|\n| <img src=x onerror=alert(1)> |",
]


@pytest.mark.parametrize("text", [*HOSTILE, *WHITE_BOX])
def test_nothing_of_what_a_page_shows_runs(text):
    assert dangers(markup.rendered(text, {"x.png": {"image/png": "AAAA"}})) == []
    assert dangers(page(text)) == []  # another program shows the notebook


def test_a_page_shows_markdown_as_it_is_meant():
    shown = markup.rendered(
        ORDINARY[0] + "\n\n" + ORDINARY[1] + "\n\n![a](attachment:x.png)", {"x.png": {"image/png": "AAAA"}}
    )
    assert '<a href="https://example.org/a?b=1&amp;c=2#d" rel="noopener noreferrer nofollow">a page</a>' in shown
    assert "<h1>Title</h1>" in shown and "<em>word</em>" in shown and "<msub>" in shown
    assert '<img src="data:image/png;base64,AAAA" alt="a">' in shown
    assert "<a" not in markup.rendered(ORDINARY[0], links=False)


def test_links_lead_elsewhere_or_nowhere():
    shown = markup.rendered("[a](page.html) [b](//a.example/x) [c](#d) [e](https://a.example) [f](/files/x.html)")
    assert sorted(re.findall('href="([^"]*)"', shown)) == ["#d", "https://a.example"]


LONG = {
    "brackets": "[" * 60_000,
    "attributes": "<a " + "bb " * 28_000,
    "attributes that end": "<a " + "bb " * 28_000 + ">",
    "stars": "*a**b" * 20_000,
    "formulas": "$x$ " * 15_000,
    "formulas of braces": "$" + "{" * 1_900 + "$ " + "$" + "{" * 1_900 + "$",
    "code": "`" * 60_000,
    "quotes": "> " * 30_000,
    "spaces": "](" + " " * 60_000,
    "lists": "- " * 30_000,
}


@pytest.mark.parametrize("name", LONG)
def test_long_texts_are_cut_and_read_in_one_pass(name):
    """Twice the length takes about twice the time; here only that each of them ends, and how much is left of it."""
    for text in (markup.rendered(LONG[name]), markup.markdown(LONG[name])[0], markup.html(LONG[name]) or ""):
        assert len(text) < 40 * markup.MAX_MARKDOWN
    assert markup.CUT.strip() in markup.markdown("x" * 60_000)[0] and len(markup.markdown("x" * 60_000)[0]) < 51_000


def test_texts_of_outputs_are_cut_to_what_a_page_can_colour():
    lines = outputs.clean({"msg_type": "stream", "content": {"name": "stdout", "text": "x\n" * 100_000}})
    assert lines["content"]["text"].count("\n") < outputs.MAX_LINES + 3
    colours = outputs.clean({"msg_type": "stream", "content": {"name": "stdout", "text": "\x1b[31mx" * 5_000}})
    assert "\x1b" not in colours["content"]["text"]
    few = outputs.clean({"msg_type": "stream", "content": {"name": "stdout", "text": "\x1b[31mx"}})
    assert "\x1b" in few["content"]["text"]


def test_the_code_of_a_page_is_cut_after_it_has_run():
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("x" * 60_000) for _ in range(3)])
    outputs.shorten(notebook)
    assert sum(len(cell.source) for cell in notebook.cells) < 101_000
    assert notebook.cells[0].source == "x" * 60_000


def test_prose_takes_nothing_of_the_room_for_code():
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_markdown_cell("x" * 90_000), nbformat.v4.new_code_cell("y" * 90_000)]
    )
    outputs.shorten(notebook)
    assert notebook.cells[1].source == "y" * 90_000
