"""One map of the lessons, the live figure of lesson 16: which idea answers which problem, and a test that says what to read again."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any, NamedTuple

from seqlib.book import live

BOOK = Path(__file__).parents[2] / "book"


class Lesson(NamedTuple):
    """A lesson's short name, the problem that is open before it, its idea, what that costs, and the lessons that it builds on most."""

    name: str
    problem: str
    idea: str
    price: str
    builds_on: tuple[int, ...]


LESSONS = {
    1: Lesson(
        "Why sequences",
        "Inputs and outputs have an order, and no fixed length.",
        "See tasks as sequences, and score them beside a simple rule.",
        "Some tasks turn out to need no network.",
        (),
    ),
    2: Lesson(
        "Words as numbers",
        "A network takes numbers, and sentences are words of any count.",
        "A vocabulary, one column per word, and a mask for padding.",
        "Unknown words become one word, and all words are equally far apart.",
        (1,),
    ),
    3: Lesson(
        "The RNN",
        "A network for each length would share nothing between positions.",
        "One cell for every step, with a state that goes round.",
        "Only the past is seen, one step after the other.",
        (2,),
    ),
    4: Lesson(
        "Backpropagation",
        "The same weights act at every step, so which of them is to blame?",
        "Unroll, go back step by step, add the gradients.",
        "Memory grows with the length; truncation loses credit.",
        (3,),
    ),
    5: Lesson(
        "Forms of networks",
        "Input and output need not be equally long.",
        "Read to the last real state, write from a first state, or both.",
        "Where one state says all that was read, it has to fit into it.",
        (3,),
    ),
    6: Lesson(
        "Language models",
        "Which of two sentences is the likelier one?",
        "Give each next word a probability, and multiply.",
        "It knows what its corpus says, and nothing else.",
        (3, 4),
    ),
    7: Lesson(
        "Sampling",
        "A probability is not yet a text.",
        "Draw a word, feed it back, until the sentence ends.",
        "Plausible is not true.",
        (6,),
    ),
    8: Lesson(
        "Vanishing gradients",
        "What lies far back is hardly learnt, or the loss becomes NaN.",
        "Look at the product of Jacobians. Clip what explodes.",
        "Clipping does nothing against vanishing.",
        (4,),
    ),
    9: Lesson(
        "The GRU",
        "A state that is made anew at every step forgets.",
        "Gates that say how much of the memory is replaced.",
        "Three matrices in place of one.",
        (8,),
    ),
    10: Lesson(
        "The LSTM",
        "One gate cannot keep the old and add the new at once.",
        "A memory cell with gates for forgetting, writing and showing.",
        "Four matrices, and two states to carry.",
        (8, 9),
    ),
    11: Lesson(
        "Both directions",
        "The words that decide may come later.",
        "A second pass from the other end.",
        "Twice the work, and no answer before the end.",
        (3, 4),
    ),
    12: Lesson(
        "Depth",
        "One layer reads the raw input only.",
        "Layers on one another, dropout between them.",
        "More to train; at equal budget no general gain.",
        (3, 4),
    ),
    13: Lesson(
        "Embeddings",
        "One-hot words say nothing of one another.",
        "A learnt vector per word, near where words are alike.",
        "Vectors hold what the corpus holds, prejudice included.",
        (2, 6),
    ),
    14: Lesson(
        "Captions",
        "The input is a picture and has no words.",
        "Features of the picture as the first state of a decoder.",
        "What is not in that vector cannot be told.",
        (5, 7, 13),
    ),
    15: Lesson(
        "Translation",
        "The most probable word now may spoil the sentence.",
        "Encoder, decoder and a beam of beginnings, scored by BLEU.",
        "Long sentences do not fit into one vector: attention comes next.",
        (5, 7, 13),
    ),
    16: Lesson(
        "Review",
        "It all runs and the score is good, but is it right?",
        "Questions, checks without training, and parts put together.",
        "Each function needs a check of its own.",
        tuple(range(1, 16)),
    ),
}
# fmt: off
# which questions of a chapter's quiz the test may ask, by their places in it, and the label of the section that answers each
ASKED = {
    1: {1: "l1-score", 2: "l1-edit", 3: "l1-1"},
    2: {1: "l2-2", 3: "l2-2", 4: "l2-3"},
    3: {0: "l3-5", 2: "l3-2", 3: "l3-6"},
    4: {1: "l4-3", 3: "l4-4", 4: "l4-5"},
    5: {1: "l5-many-to-one", 2: "l5-readings"},
    6: {2: "l6-3", 3: "l6-by-heart", 4: "l6-baselines"},
    7: {4: "l7-1", 5: "l7-3"},
    8: {0: "l8-1", 2: "l8-2", 3: "l8-3"},
    9: {0: "l9-1", 2: "l9-2", 6: "l9-notations"},
    10: {1: "l10-1", 6: "l10-3", 7: "l10-1"},
    11: {0: "l11-1", 1: "l11-2", 2: "l11-mask"},
    12: {0: "l12-1", 4: "l12-backward", 5: "l12-dropout"},
    13: {4: "l13-2", 5: "l13-window", 6: "l13-4"},
    14: {0: "l14-1", 3: "l14-2", 5: "l14-2"},
    15: {0: "l15-1", 3: "l15-3", 5: "l15-length"},
}
# fmt: on
SYMBOLS = {
    r"\Gamma": "Γ",
    r"\hat y": "ŷ",
    r"\mathcal{L}": "L",
    r"\sigma": "σ",
    r"\tanh": "tanh",
    r"\alpha": "α",
    r"\log": "log",
    r"\cdot": "·",
    r"\,": "",
}


def chapter(lesson: int) -> Path | None:
    """The page of a lesson, or None where it is not there yet."""
    return next(iter(sorted(BOOK.glob(f"{lesson:02}-*.md"))), None)


def as_text(marked: str) -> str:
    """A quiz's text with its formulas in plain letters, x<t> and W_ax. Raises ValueError where one is too much for that."""

    def plain(found: re.Match[str]) -> str:
        formula = found[1]
        for name, sign in SYMBOLS.items():
            formula = formula.replace(name, sign)
        formula = re.sub(r"\^\{(\[?[^{}]*\>)\}", r"\1", formula)  # a place in time or a layer is no power
        formula = re.sub(r"_\{(\w+)\}", r"_\1", formula)
        formula = re.sub(r"\^2\b", "²", formula)
        if re.search(r"[\\{}^]", formula):
            raise ValueError(f"the formula {found[1]!r} cannot be said in plain letters: ask another question")
        return formula.replace("-", "−")

    text = re.sub(r"\$([^$]+)\$", plain, marked)
    text = re.sub(r"</?(?:i|b|em|strong)>|(?<!\w)\*(?=\S)|(?<=\S)\*(?!\w)|`", "", text)
    return text.replace("&lt;", "<").replace("&gt;", ">")


def heading(label: str, page: str) -> str:
    """The heading of a section, by its label. Raises ValueError where the page has no such section."""
    found = re.search(rf"^\({re.escape(label)}\)=\n#+ (.+)$", page, re.MULTILINE)
    if found is None:
        raise ValueError(f"no section has the label {label}")
    return as_text(found[1])


def questions(lesson: int) -> list[dict[str, Any]]:
    """What the test may ask of a lesson, each with the section to read again."""
    path = chapter(lesson)
    if path is None or lesson not in ASKED:
        return []
    quiz = json.loads((BOOK / "quizzes" / f"{path.stem}.json").read_text("utf-8"))
    page, asked = path.read_text("utf-8"), []
    for place, label in ASKED[lesson].items():
        question = quiz[place]
        answers = [
            {**answer, **{key: as_text(answer[key]) for key in ("answer", "feedback")}}
            for answer in question["answers"]
        ]
        section = {"title": heading(label, page), "href": f"{path.stem}.html#{label}"}
        asked.append({"question": as_text(question["question"]), "answers": answers, "section": section})
    return asked


def sections(lesson: int) -> list[dict[str, str]]:
    """The numbered sections of a lesson's page, each with its title and address."""
    path = chapter(lesson)
    if path is None:
        return []
    found = re.findall(rf"^\((l{lesson}-\d+)\)=\n## (.+)$", path.read_text("utf-8"), re.MULTILINE)
    return [{"title": as_text(title), "href": f"{path.stem}.html#{label}"} for label, title in found]


def make() -> dict[str, Any]:
    """The content of the stored file: the lessons with their sections, and the questions."""
    lessons = []
    for number, lesson in LESSONS.items():
        own = {"number": number, **lesson._asdict(), "sections": sections(number), "questions": questions(number)}
        lessons.append(own if number != 16 else {**own, "sections": []})
    return {"lessons": lessons}


def fingerprint() -> str:
    """What the stored file depends on: this code, and what it reads of the book."""
    said = json.dumps(make(), ensure_ascii=False)
    return live.fingerprint([make, as_text, heading, questions, sections], hashlib.sha256(said.encode()).hexdigest())
