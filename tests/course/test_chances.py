"""Checks of what is drawn at random: how often they err, worked out exactly, and that they ask for no order of random calls.

`autograder/lessons/chances.py` has the method. The counts of n independent draws are binomial, index by index, whatever the sampler
does inside. From the distribution alone follow, without a single draw,

- how often a right answer is rejected: the sum of all binomial tails outside of the limits (union bound), over all cases of a check,
  and what chance adds by making independent draws look dependent, or too evenly spread;
- how often a wrong answer is accepted: the probability that its counts lie within the limits, at most that of the index which leaves them
  most often, and of the case in which that is least.

Both are worked out here, for 200 seeds in `make soak`; what a check says besides (every draw alike, a generator of its own) is exact.
"""

import math
from fractions import Fraction

import numpy as np
import pytest

from autograder.lessons import chances, find, find_check
from autograder.lessons.lesson_07 import sample_logits
from seqlib.exercises.calls import LocalRunner
from seqlib.exercises.compare import count_difference
from seqlib.exercises.verdict import judge

MILLION, SEEDS = 1e-6, range(1, 201)
FEW = range(1, 6)
EXERCISE = find("sample_logits")
FACTS: dict = {}
exec(sample_logits.FACTS, FACTS)
exec(sample_logits.PROBE, FACTS)
FAR = math.exp(-FACTS["FAR"])  # that a count is far off by chance, to one side
HUNDREDS = FACTS["probe"](sample_logits.sample_logits, np.zeros(2), 2, 1)[-1]
CALLS, HUNDRED = len(HUNDREDS), len(HUNDREDS[0])


def probabilities(function, inputs):
    logits, count, _ = inputs.args
    return chances.drawn_from(lambda rng: function(logits, rng, count, **inputs.kwargs))


def drawn(seed):
    return list(sample_logits.draw(np.random.default_rng(seed)))


def outside(p, limits):
    """The probability that counts drawn from p leave their limits, added up over the indices."""
    total = 0.0
    for share, (low, high) in zip(p, limits.T, strict=True):
        below, above = (
            chances.tails(share, chances.DRAWS)[low],
            chances.tails(1 - share, chances.DRAWS)[chances.DRAWS - high],
        )
        total += below + above
    return total


@pytest.mark.parametrize(("p", "draws"), [(0.3, 7), (0.5, 1), (0.01, 30), (0.0, 5), (1.0, 5)])
def test_tails_are_those_of_exact_fractions(p, draws):
    share = Fraction(p)
    terms = [math.comb(draws, k) * share**k * (1 - share) ** (draws - k) for k in range(draws + 1)]
    exact = [float(sum(terms[:k], Fraction(0))) for k in range(draws + 2)]
    np.testing.assert_allclose(chances.tails(p, draws), exact, atol=1e-14)


@pytest.mark.parametrize("risk", [0.3, 1e-3, 1e-7])
def test_limits_are_as_narrow_as_the_risk_allows(risk):
    p, draws = np.array([0.0, 0.02, 0.4, 0.58]), 300
    low, high = chances.bounds(p, draws, risk)
    assert (low[0], high[0]) == (0, 0)  # what cannot be drawn must not come at all
    for share, least, most in zip(p[1:], low[1:], high[1:], strict=True):
        below, above = chances.tails(share, draws), chances.tails(1 - share, draws)
        tail = risk / (2 * len(p))
        assert below[least] <= tail < below[least + 1]
        assert above[draws - most] <= tail < above[draws - most + 1]


@pytest.mark.parametrize("share", [0.0025, 0.02, 0.21, 0.46, 0.7])
def test_a_count_is_far_off_by_chance_as_rarely_as_chernoff_says(share):
    draws = chances.DRAWS // 2
    p = np.array([share, 1 - share])
    with np.errstate(all="ignore"):  # as facts are asked for
        near = [k for k in range(draws + 1) if not FACTS["far_off"](np.array([k, draws - k]), p)]
    assert near == list(range(near[0], near[-1] + 1))
    below, above = chances.tails(share, draws)[near[0]], chances.tails(1 - share, draws)[draws - near[-1]]
    assert max(below, above) <= FAR < 100 * max(below, above)


def looks_dependent(p):
    """At most how often independent draws look dependent: two tables of pairs, each cell with two sides."""
    return 2 * 2 * np.count_nonzero(p) ** 2 * FAR


def looks_spread(p):
    """At most how often the index that comes most often comes equally often, but for a few, in every hundred draws.

    Another index than the most probable one may be that only where one of the two counts is on the wrong side of their middle.
    """
    *others, top = sorted(p)
    middle, window = round(chances.DRAWS * (others[-1] + top) / 2), chances.tails(top, HUNDRED)
    another = chances.tails(top, chances.DRAWS)[middle + 1]
    another += sum(chances.tails(1 - share, chances.DRAWS)[chances.DRAWS - middle + 1] for share in others)
    near = FACTS["NEAR"]
    return another + sum((window[low + near] - window[low]) ** CALLS for low in range(HUNDRED + 2 - near))


@pytest.mark.parametrize("seeds", [FEW, pytest.param(SEEDS, marks=pytest.mark.soak)], ids=["few", "200"])
def test_a_right_answer_is_rejected_less_than_once_in_a_million(seeds):
    for seed in seeds:
        cases = drawn(seed)
        right = [probabilities(EXERCISE.right, inputs) for inputs in cases]
        risks = [outside(p, chances.bounds(p)) for p in right]
        # a hundred draws are all alike, or those of two seeds the same, or in rising order, with at most this probability
        alike = sum(3 * float((p**2).sum()) ** 100 + 40 * float(p.max()) ** 100 for p in right)
        dependent, spread = sum(map(looks_dependent, right)), sum(map(looks_spread, right))
        assert sum(risks) + alike + dependent + spread < MILLION, seed
        assert sum(risks) > MILLION / 100  # and the limits are not wider than that asks for


@pytest.mark.parametrize("seeds", [FEW, pytest.param(SEEDS, marks=pytest.mark.soak)], ids=["few", "200"])
def test_every_known_mistake_is_rejected_and_told_from_the_others_but_once_in_a_billion(seeds):
    """Of those that draw from other probabilities; the rest is told by a text, which no chance changes."""
    reached = set()
    for seed in seeds:
        cases = drawn(seed)
        tables = {"right": [probabilities(EXERCISE.right, inputs) for inputs in cases]}
        for name, wrong in EXERCISE.wrong.items():
            outcomes = [EXERCISE.outcome(wrong, inputs) for inputs in cases]
            if all(isinstance(outcome.get("value"), np.ndarray) for outcome in outcomes):
                tables[name] = [probabilities(wrong, inputs) for inputs in cases]
        reached |= set(tables)
        limits = {name: [chances.bounds(p) for p in table] for name, table in tables.items()}
        for name, table in tables.items():
            for other in limits.keys() - {name}:
                pairs = zip(table, limits[other], strict=True)
                assert any(chances.acceptance(*pair) < 1e-9 for pair in pairs), (
                    f"seed {seed}: {name} is taken for {other}"
                )
    assert {"multiplied", "ignored", "uniform", "temperature_twice", "softmax_twice"} <= reached


STYLES = {
    "choice, one at a time": "np.array([int(rng.choice(len(p), p=p)) for _ in range(count)])",
    "inverse of the cumulative sums": "np.minimum(np.searchsorted(np.cumsum(p), rng.random(count), side='right'), p.nonzero()[0][-1])",
    "the same, one at a time": "np.array([next(i for i, c in enumerate(np.cumsum(p)) if u < c * 1.0 or i == p.nonzero()[0][-1]) for u in (rng.random() for _ in range(count))])",
    "Gumbel": "np.argmax(np.log(np.maximum(p, 1e-300)) + rng.gumbel(size=(count, len(p))), axis=1)",
    "exponential race": "np.argmin(rng.exponential(size=(count, len(p))) / np.maximum(p, 1e-300), axis=1)",
    "multinomial, shuffled": "rng.permutation(np.repeat(np.arange(len(p)), rng.multinomial(count, p)))",
    "one-hot multinomial": "rng.multinomial(1, p, size=count).argmax(axis=1)",
    "rejection": "np.array([next(i for i in iter(lambda: int(rng.integers(len(p))), None) if rng.random() * p.max() < p[i]) for _ in range(count)])",
    "draws thrown away first": "(rng.random(17), rng.choice(len(p), size=count, p=p))[1]",
}


@pytest.mark.parametrize("style", STYLES)
def test_no_order_of_random_calls_is_asked_for(style):
    scope = {}
    exec(
        "import numpy as np\ndef sample_logits(logits, rng, count, *, temperature=1.0):\n"
        "    z = logits / temperature\n    p = np.exp(z - z.max())\n    p = p / p.sum()\n"
        f"    return {STYLES[style]}",
        scope,
    )
    for seed in (None, 1, 2, 3):
        result = judge(*find_check("sample_logits", seed is not None, seed), LocalRunner(scope))
        assert result.passed, result.message


SPREAD, LINKED = "comes equally often, but for a few", "depend on one another"
DEPENDENT = {
    "rng.permutation(np.searchsorted(np.cumsum(p)[:-1], (np.arange(count) + rng.random(count)) / count, side='right'))": SPREAD,
    "rng.permutation(np.searchsorted(np.cumsum(p)[:-1], (np.arange(count) + rng.random()) / count, side='right'))": SPREAD,
    "rng.permutation(np.repeat(np.arange(len(p)), np.diff(np.round(np.cumsum(p) * count).astype(int), prepend=0)))": SPREAD,
    "rng.permutation(np.searchsorted(np.cumsum(p)[:-1], (np.arange(count) % 20 + rng.random(count)) / 20, side='right'))": SPREAD,
    "np.repeat(rng.choice(len(p), size=count, p=p), 2)[:count]": LINKED,
    "np.resize(rng.choice(len(p), size=(count + 1) // 2, p=p), count)": LINKED,
    "rng.choice(len(p), size=count, p=p)[np.maximum.accumulate(np.arange(count) * (rng.random(count) < 0.5))]": LINKED,
}


@pytest.mark.parametrize("draws", DEPENDENT)
def test_draws_that_depend_on_one_another_are_rejected_though_each_has_the_right_probability(draws):
    scope = {}
    exec(
        "import numpy as np\ndef sample_logits(logits, rng, count, *, temperature=1.0):\n"
        f"    p = np.exp((logits - logits.max()) / temperature)\n    p = p / p.sum()\n    return {draws}",
        scope,
    )
    for seed in (None, 1, 2):
        result = judge(*find_check("sample_logits", seed is not None, seed), LocalRunner(scope))
        assert not result.passed and DEPENDENT[draws] in result.message, f"seed {seed}: {result.message}"


def test_counts_outside_their_limits_are_told_and_what_is_no_count_is_wrong():
    limits = np.array([[10, 0, 3], [20, 0, 9]])
    assert count_difference(limits, np.array([10, 0, 9])) is None
    assert "index 0 came 21 times in 30; with the right probabilities it comes 10 to 20 times" in str(
        count_difference(limits, np.array([21, 0, 9]))
    )
    assert "index 1 came 1 times" in str(count_difference(limits, np.array([10, 1, 9])))
    assert count_difference(limits, "the draws are in rising order") == "the draws: the draws are in rising order"
    for wrong in (np.array([10, 0]), np.array([10.0, 0.0, 9.0]), limits, None, [10, 0, 9], 3):
        assert "expected how often each of 3 results came" in str(count_difference(limits, wrong))


def test_a_mistake_that_draws_without_choice_has_no_known_distribution():
    with pytest.raises(RuntimeError, match=r"draws by rng\.choice"):
        chances.drawn_from(lambda rng: rng.random())
    assert chances.drawn_from(lambda rng: rng.choice([3, 4])).tolist() == [0.5, 0.5]
