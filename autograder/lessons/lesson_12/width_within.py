"""`width_within`: the widest network of a given depth that a budget of parameters allows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from autograder.lessons.kit import Exercise, Generator, Inputs, Mistake, Part
from seqlib.parameters import count_parameters


def at_most(above: int, cell: str, n_x: int, n_y: int | None, layers: int, n_a: int) -> int:
    """A budget that n_a units per layer meet, by so many parts in a hundred of what one unit more would need."""
    exact, next_one = (count_parameters(cell, n_x, n, n_y, layers=layers) for n in (n_a, n_a + 1))
    return exact + (next_one - exact) * above // 100


def draw(rng: Generator) -> Iterator[Inputs]:
    def width(least: int = 10, most: int = 40) -> int:
        return int(rng.integers(least, most))

    # over the half of the step, and short of the next width by more than all biases: two mistakes differ there
    half = rng.integers(52, 57)
    for cell, layers, above in (("gru", 1, rng.integers(60, 80)), ("lstm", 3, 2), ("rnn", 2, half)):
        n_x, n_y = int(rng.integers(41, 300)), int(rng.integers(301, 900))
        # 2^k - 1 and 2^k are where a search in halves goes wrong
        n_a = width(1010, 1300) if cell == "rnn" else int(rng.choice([15, 31] if cell == "gru" else [16, 32]))
        budget = at_most(int(above), cell, n_x, n_y, layers, n_a)
        yield Inputs(
            f"{cell}, {layers} layer{'s' * (layers > 1)}", (budget, cell, n_x, n_y), {"layers": layers}, aspect="a budget between two widths"
        )  # fmt: skip
    n_x, n_y = int(rng.integers(41, 300)), int(rng.integers(301, 900))
    budget = at_most(0, "gru", n_x, n_y, 2, width(33, 97))
    yield Inputs("a budget that is met exactly", (budget, "gru", n_x, n_y), {"layers": 2}, aspect="met exactly")
    # far more features than units: what bounds the width by n_x in every layer bounds it too low
    budget = at_most(0, "rnn", 4 * n_y, None, 3, width(10, 97))
    yield Inputs(
        "without an output layer (n_y = None), met exactly", (budget, "rnn", 4 * n_y), {"layers": 3}, aspect="no output"
    )
    budget = at_most(99, "gru_simplified", n_x, n_y, 1, width(33, 60))
    label = "a simplified GRU, layers left out, one weight short of one unit more"
    yield Inputs(label, (budget, "gru_simplified", n_x, n_y), aspect="a budget between two widths")
    least = count_parameters("gru", n_x, 1, n_y, layers=3)
    yield Inputs(
        "just enough for one unit per layer",
        (least, "gru", n_x, n_y),
        {"layers": 3},
        aspect="smallest",
        raises="ValueError",  # not right here, but a result like another, so that the mistake behind it is named
        unusual=True,
        dependent=True,
    )
    yield Inputs(
        "too little for one unit per layer (ValueError)",
        (least - 1, "gru", n_x, n_y),
        {"layers": 3},
        aspect="smallest",
        raises="ValueError",
        unusual=True,
    )


def width_within(budget: int, cell: str, n_x: int, n_y: int | None = None, *, layers: int = 1) -> Any:
    n_a = 0
    while count_parameters(cell, n_x, n_a + 1, n_y, layers=layers) <= budget:
        n_a += 1
    if n_a == 0:
        raise ValueError("budget is too small for one unit per layer")
    return n_a


COUNT, RETURN = "count_parameters(cell, n_x, n_a + 1, n_y, layers=layers)", "return n_a"
CHECK = "n_a == 0"


def up_to(most: int) -> Mistake:
    """No width above some number is tried."""
    return Mistake(
        f"no width above {most} is tried: a budget may allow for more, so count on until it is exceeded.",
        ("while ", f"while n_a < {most} and "),
    )


# fmt: off
MISTAKES = {
    "one_more": Mistake("this is the first width that is too large: return the last one whose count is within the budget.", (RETURN, "return n_a + 1")),
    "one_less": Mistake("one unit more per layer would still be within the budget: the largest such width is wanted.", (RETURN, "return n_a - 1 if n_a > 1 else n_a")),
    "strictly_less": Mistake("a budget that is met exactly counts as too small: at most `budget` is <=, not <.", ("<= budget", "< budget")),
    **{f"up_to_{most}": up_to(most) for most in (99, 100, 999, 1000)},
    "search_ends_early": Mistake("the search in halves ends a width too early: the last width between both ends is not tried.",
        (RETURN, "return n_a - (n_a > 1 and n_a & (n_a + 1) == 0)")),
    "bounded_by_n_x": Mistake("no width above budget / (n_x * layers) is tried: only the first layer reads the n_x features, so there may be room for more units.",
        (RETURN, "return min(n_a, max(1, budget // (n_x * layers)))")),
    "nearest": Mistake("this is the width whose count is nearest to the budget, above it or below: the count must not exceed the budget.",
        (RETURN, "return n_a + (count_parameters(cell, n_x, n_a + 1, n_y, layers=layers) - budget < budget - count_parameters(cell, n_x, n_a, n_y, layers=layers))")),
    "layers_ignored": Mistake("`layers` is ignored: the count is that of one layer. Hand it on to count_parameters.", (", layers=layers", "")),
    "budget_divided": Mistake("the budget is divided by the number of layers, and one layer on the input gets its share: the upper layers do not read the input but n_a states. Let count_parameters count the whole network.",
        (COUNT, "layers * count_parameters(cell, n_x, n_a + 1, n_y)")),
    "every_layer_reads_x": Mistake("every layer is counted with n_x inputs: only the first one reads the input, and every other one the n_a states below it.",
        (COUNT, "count_parameters(cell, n_x, n_a + 1, n_y) + (layers - 1) * count_parameters(cell, n_x, n_a + 1)")),
    "one_output_per_layer": Mistake("the output layer is counted once per layer: the network has one, on top.",
        (COUNT, "count_parameters(cell, n_x, n_a + 1, n_y, layers=layers) + (layers - 1) * (count_parameters('dense', n_a + 1, n_y) if n_y else 0)")),
    "no_output": Mistake("the output layer is left out: it belongs to the parameters where n_y is given.", ("n_a + 1, n_y,", "n_a + 1, None,")),
    "no_biases": Mistake("the biases are not counted.",
        (COUNT, "count_parameters(cell, n_x, n_a + 1, n_y, layers=layers) - layers * (n_a + 1) * {'rnn': 1, 'gru_simplified': 2, 'gru': 3, 'lstm': 4}[cell] - (n_y or 0)")),
    "two_biases": Mistake("two biases per set of weights are counted, as torch.nn keeps them: here it is one.", ("layers=layers)", "layers=layers, biases=2)")),
    "rnn_always": Mistake("`cell` is ignored, and a plain RNN is counted: an LSTM has four such sets of weights, a GRU three.", ("(cell, n_x", "('rnn', n_x")),
    "lstm_always": Mistake("`cell` is ignored, and an LSTM is counted: a plain RNN has one such set of weights, a GRU three.", ("(cell, n_x", "('lstm', n_x")),
    "total_units": Mistake("the units of all layers together are returned: wanted are the units per layer.", (RETURN, "return layers * n_a")),
    "parameters": Mistake("the number of parameters is returned: wanted is n_a, the units per layer.", (RETURN, "return count_parameters(cell, n_x, n_a, n_y, layers=layers)")),
    "swapped_sizes": Mistake("n_x and n_y are swapped: count_parameters takes (cell, n_x, n_a, n_y).", (COUNT, "count_parameters(cell, n_y or n_x, n_a + 1, n_x if n_y else None, layers=layers)")),
    "x_and_a_swapped": Mistake("n_x and n_a are swapped: count_parameters takes (cell, n_x, n_a, n_y). Here the width stays and the input grows.", (COUNT, "count_parameters(cell, n_a + 1, n_x, n_y, layers=layers)")),
    "no_error": Mistake("where the budget is below what one unit per layer has, a width is returned: raise ValueError.", (CHECK, "False")),
    "at_least_one": Mistake("where the budget is below what one unit per layer has, one unit is returned, which is more than the budget: raise ValueError.",
        (CHECK, "False"), (RETURN, "return max(n_a, 1)")),
    "starts_at_two": Mistake("a network of one unit per layer is refused or left out: it is the smallest there is, and may be all that the budget allows.", (CHECK, "n_a <= 1")),
}
# fmt: on

EXERCISE = Exercise(
    right=width_within,
    draw=draw,
    visible=1,
    hidden=2,
    mistakes=MISTAKES,
    parts=(Part("n_a"),),
    again=True,
)
