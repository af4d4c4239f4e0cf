"""`right_answers`: twenty-four questions, answered by a function, so that the order of the answers can be another one in every check.

A check hands over the answers of each question in three orders, in which every answer stands at three places: a letter, from whomever, means
three different answers and earns nothing. Of any two answers either comes first in one of them, so that nobody who takes both for right gets through. The check at home asks what the chapter explains. The key of the questions that are asked after
submission is in `bank` alone, which no student has: not in the notebook, not in the case file, not in the student's process.
"""

from __future__ import annotations

from collections.abc import Iterator

from autograder.lessons.kit import Exercise, Generator, Inputs, Mistake, Part, shuffled
from autograder.lessons.lesson_16.bank import IDEAS, Question

Sheet = dict[str, list[list[str]]]


def orders(question: Question, rng: Generator) -> list[list[str]]:
    """The answers in three orders, each answer at another place in each: one order, the same from its end, and with neighbours exchanged."""
    a, b, c, d = shuffled(question.answers, rng)
    return shuffled([[a, b, c, d], [d, c, b, a], [b, a, d, c]], rng)


def sheets(questions: str, asked: dict[str, Question], rng: Generator) -> Iterator[Inputs]:
    """The same questions twice: a function that keeps something from its first call gives too much at the second."""
    for label, unusual in ((questions, False), (f"{questions} a second time, in other orders", True)):
        yield Inputs(
            label, ({number: orders(asked[number], rng) for number in shuffled(list(asked), rng)},), unusual=unusual
        )


def draw(rng: Generator) -> Iterator[Inputs]:
    return sheets("the second questions", {number: idea.exam for number, idea in IDEAS.items()}, rng)


def practice(rng: Generator) -> Iterator[Inputs]:
    return sheets("the questions of the chapter", {number: idea.chapter for number, idea in IDEAS.items()}, rng)


KEY = {question.right for idea in IDEAS.values() for question in (idea.chapter, idea.exam)}


def right_answers(sheet: Sheet) -> dict[str, list[int]]:
    """The place of the right answer of each question, in each order of its answers.

    sheet: for each question's number three orders of its four answers

    >>> name = "Which variant reads a sequence in both directions?"
    >>> right_answers({"5": [["The deep RNN", "The bidirectional RNN", "The GRU", "The LSTM"]]})
    {'5': [1]}
    """
    key = set(KEY)
    places = {}
    for number, orders in sheet.items():
        places[number] = [[text in key for text in answers].index(True) for answers in orders]
    return places


TABLE, PLACE, RESULT = (
    "set(KEY)",
    "[text in key for text in answers].index(True) for answers in orders",
    "return places",
)
FIRST_OR_0 = "next((i for i, text in enumerate(answers) if text in key), 0) for answers in orders"


def chosen(number: str, name: str) -> Mistake:
    """One misunderstanding: in both questions about an idea, its answer is taken for the right one."""
    idea = IDEAS[number]
    right, wrong = {idea.chapter.right, idea.exam.right}, {idea.chapter.wrong[name], idea.exam.wrong[name]}
    return Mistake(f"in question {number}, {idea.explained[name]}", (TABLE, f"set(KEY) - {right!r} | {wrong!r}"))


def unknown(number: str) -> Mistake:
    """None of the texts is among the answers of one question, so that some place is returned all the same."""
    idea = IDEAS[number]
    return Mistake(
        f"in question {number}, place 0 is given in all three orders, where three different answers stand, so that it is no answer's place: compare your text with the notebook's, letter by letter, and look for the whole of it in every order.",
        (TABLE, f"set(KEY) - {{{idea.chapter.right!r}, {idea.exam.right!r}}}"),
        (PLACE, FIRST_OR_0),
    )


# fmt: off
MISTAKES = {
    **{f"{number}_{name}": chosen(number, name) for number, idea in IDEAS.items() for name in idea.explained},
    **{f"{number}_unknown": unknown(number) for number in IDEAS},
    "none_known": Mistake("place 0 is given in each order of every question: none of your texts is among these answers. The second questions are asked after you submit, and need twelve texts of their own.",
        (TABLE, "set()"), (PLACE, FIRST_OR_0)),
    "letters": Mistake("the places are those of the notebook: in the sheet the answers stand in other orders; look for the text in each list that you are handed.",
        (PLACE, "[text in key for text in sorted(answers)].index(True) for answers in orders")),
    "first_order": Mistake("the place in the first order is given for all three: the answers of each order stand at other places, so look in each of the three lists.",
        (PLACE, "[text in key for text in orders[0]].index(True) for answers in orders")),
    "from_one": Mistake("places count from 1: the first of four answers has place 0, the last place 3.",
        (PLACE, "1 + [text in key for text in answers].index(True) for answers in orders")),
    "as_they_stand": Mistake("the questions are counted in the order in which they stand in the sheet: a question's number is its key, and they stand in any order.",
        (RESULT, "return dict(zip(map(str, range(1, 13)), places.values()))")),
    "texts": Mistake("the answers' texts are returned: asked for are their places, answers.index(text).",
        (PLACE, "next(text for text in answers if text in key) for answers in orders")),
    "truths": Mistake("True and False are returned for each answer: asked for is the place of the one that is right, such as [False, True].index(True).",
        (PLACE, "[text in key for text in answers] for answers in orders")),
    "number_keys": Mistake('none of the questions is in the dict: the keys are texts as in the sheet, "1" to "12". They must not be whole numbers, and a question is not left out where you know none of its answers.', (RESULT, "return {int(number): value for number, value in places.items()}")),
    "one_place": Mistake("each question has one place: it has three, one for each order of its answers, in a list.", (RESULT, "return {number: value[0] for number, value in places.items()}")),
}
# fmt: on

EXERCISE = Exercise(
    right=right_answers,
    draw=draw,
    practice=practice,
    home=__name__,
    visible=3,
    hidden=9,
    mistakes=MISTAKES,
    parts=tuple(Part(f"question {number}", number) for number in IDEAS),
)
