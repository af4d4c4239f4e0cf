"""`sample_logits`: indices drawn at a temperature. What is compared is how often each comes; see chances.py for how often that errs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from autograder.lessons import chances
from autograder.lessons.kit import Exercise, Generator, Inputs, Mistake, Part

PROBE = """
import numpy as np

def probe(function, logits, count, seed, **options):
    def draws(seed, count=100, **more):
        return function(logits, np.random.default_rng(seed), count, **options, **more)

    rng = np.random.default_rng(seed)
    plain = draws(seed, count)
    named = plain if "temperature" in options else draws(seed, count, temperature=1.0)
    few = [draws(seed), draws(seed), draws(seed + 1)]
    after_each_other = [function(logits, rng, 100, **options) for _ in range(2)]
    return plain, named, draws(seed, 1), few, after_each_other, [draws(other) for other in range(seed + 1, seed + 40)]
"""
# How often chance makes a right answer look like one of these is worked out in tests/course/test_chances.py.
FACTS = """
import numpy as np

FAR = 23  # by Chernoff's bound chance takes a count so far from its expectation, to one side, less than once in e^FAR = 1e10 times
NEAR = 8  # hardly ever lie the counts of so many calls among so few neighbouring numbers

def form(drawn, count, n_y):
    if not isinstance(drawn, np.ndarray):
        return f"expected an array ({count},) of whole numbers, got {getattr(drawn, 'type_name', type(drawn).__name__)}"
    if drawn.shape != (count,) or drawn.dtype.kind not in "iu":
        return f"expected an array ({count},) of whole numbers, got shape {drawn.shape} of {drawn.dtype}"
    outside = drawn[(drawn < 0) | (drawn >= n_y)]
    return f"index {outside.max()} was drawn, outside 0 to {n_y - 1}" if outside.size else ""

def far_off(counts, p):
    share = counts / counts.sum()
    divergence = sum(np.where(s > 0, s * np.log(s / q), 0) for s, q in ((share, p), (1 - share, 1 - p)))
    return bool((counts.sum() * divergence > FAR).any())

def dependent(first, second, p):
    pairs = np.bincount(first * len(p) + second, minlength=len(p) ** 2)
    return far_off(pairs, np.outer(p, p).ravel())

def facts(drawn, logits, count, seed, **options):
    drawn, named, one, (first, again, other), (before, after), elsewhere = drawn
    for some in (drawn, one, *elsewhere):
        if wrong := form(some, count if some is drawn else 1 if some is one else 100, len(logits)):
            return wrong
    if (drawn == drawn[0]).all():
        alike = {int(draw[0]) for draw in elsewhere} == {int(drawn[0])}
        return f"every draw is index {drawn[0]}, whatever the generator" if alike else "all draws of one call are the same index"
    if (np.diff(drawn) >= 0).all():
        return "the draws are in rising order"
    if not np.array_equal(first, again):
        return "two generators in the same state give different draws"
    if np.array_equal(first, other):
        return "two generators in different states give the same draws"
    if np.array_equal(before, after):
        return "the next draws from the same generator are the same again"
    if not np.array_equal(drawn, named):
        return "without a temperature the draws are not those of temperature=1.0"
    counts = np.bincount(drawn, minlength=len(logits))
    if len(set(counts[counts > 0])) == 1:
        return "each index that came, came exactly as often as the others"
    if np.ptp([np.count_nonzero(some == counts.argmax()) for some in elsewhere]) < NEAR:
        return f"in every hundred draws index {counts.argmax()} comes equally often, but for a few"
    z = logits / options.get("temperature", 1.0)
    p = np.exp(z - z.max()) / np.exp(z - z.max()).sum()
    halves = drawn[: count // 2], drawn[count // 2 :]
    if not far_off(counts, p) and (dependent(drawn[::2], drawn[1::2], p) or dependent(*halves, p)):
        return "the draws depend on one another: after one index another comes too often, or too rarely"
    return counts
"""
SHARES = (0.46, 0.24, 0.15, 0.1, 0.05)


def draw(rng: Generator) -> Iterator[Inputs]:
    # The shares are such that the right probabilities and those of each mistake lie far apart: tests/course/test_chances.py.
    def logits() -> Any:
        return np.log(rng.permutation(SHARES)) + rng.uniform(-0.03, 0.03, 5) + rng.uniform(1.5, 2.5)

    def seed() -> int:
        return int(rng.integers(2**31))

    count = chances.DRAWS
    yield Inputs("5 logits, no temperature given", (logits(), count, seed()), aspect="temperature")
    yield Inputs("temperature = 2", (logits(), count, seed()), {"temperature": 2.0}, aspect="temperature")
    yield Inputs("temperature = 0.5", (logits(), count, seed()), {"temperature": 0.5}, aspect="temperature")
    yield Inputs("logits near 1000", (logits() + 1000, count, seed()), {"temperature": 0.75}, aspect="large logits")
    impossible = np.insert(logits(), int(rng.integers(5)), -np.inf)  # not the last, so that indices from 1 show
    yield Inputs("a logit of -inf", (impossible, count, seed()), {"temperature": 1.5}, aspect="a logit of -inf")


def sample_logits(logits: np.ndarray, rng: Generator, count: int, *, temperature: float = 1.0) -> Any:
    z = logits / temperature
    p = np.exp(z - z.max())
    p = p / p.sum()
    return rng.choice(len(p), size=count, p=p)


def limits(function: Callable[..., Any], logits: np.ndarray, count: int, seed: int, **options: Any) -> np.ndarray:
    """How often each index may come when it is drawn as the function draws."""
    return chances.bounds(chances.drawn_from(lambda rng: function(logits, rng, count, **options)), count)


CHOICE, EXP, SCALED = "rng.choice(len(p), size=count, p=p)", "np.exp(z - z.max())", "p = p / p.sum()"

# fmt: off
MISTAKES = {
    "multiplied": Mistake("the logits are multiplied by the temperature, or the probabilities raised to its power: the logits are divided by it, so that a temperature above 1 makes the probabilities more alike.",
        ("logits / temperature", "logits * temperature")),
    "ignored": Mistake("the temperature has no effect: it is left out, or it divides the probabilities, where scaling to a sum of 1 undoes it. It divides the logits, before the softmax.",
        ("logits / temperature", "logits")),
    "no_default": Mistake("temperature has a default: it is 1.0 where none is given.", ("temperature: float = 1.0", "temperature: float")),
    "greedy": Mistake("the most probable index is taken each time (argmax): the others must come too, as often as their probability says.",
        (CHOICE, "np.full(count, p.argmax())")),
    "repeated": Mistake("one index is drawn and repeated `count` times: each draw is a new one.", (CHOICE, "np.full(count, rng.choice(len(p), p=p))")),
    "one_draw": Mistake("one index is returned: `count` of them are asked for, as an array (count,), also where count is 1.", ("size=count, ", "")),
    "python_list": Mistake("a list is returned: np.array(...) makes the array (count,) of it.", (CHOICE, f"{CHOICE}.tolist()")),
    "floats": Mistake("the indices are floating-point numbers: np.zeros and np.empty need dtype=int.", (CHOICE, f"{CHOICE}.astype(float)")),
    "probabilities": Mistake("the probabilities are returned: draw indices from them.", (CHOICE, "p")),
    "counts": Mistake("how often each index came is returned (multinomial): the draws themselves are asked for, in the order in which they came.",
        (CHOICE, "rng.multinomial(count, p)")),
    "one_hot": Mistake("one-hot columns or rows are returned: the indices are asked for, an array (count,).",
        (CHOICE, "np.eye(len(p), dtype=int)[rng.choice(len(p), size=count, p=p)]")),
    "uniform": Mistake("all indices are equally probable: give rng.choice the probabilities, p=p.", (", p=p", "")),
    "spread_evenly": Mistake("the draws of one call are spread evenly, at points or counts that leave little to chance: each is drawn by itself, so that an index may come far more often, or more rarely, than its probability says.",
        (CHOICE, 'rng.permutation(np.searchsorted(np.cumsum(p)[:-1], (np.arange(count) + rng.random(count)) / count, side="right"))')),
    "dependent": Mistake("the draws depend on one another: each is drawn anew, whatever came before it.", (CHOICE, f"np.repeat({CHOICE}, 2)[:count]")),
    "other_default": Mistake("temperature is 1.0 where none is given.", ("temperature: float = 1.0", "temperature: float = 0.9")),
    "rising": Mistake("the draws are sorted: they come in any order, and each says nothing about the next.", (CHOICE, f"np.sort({CHOICE})")),
    "own_generator": Mistake("a generator is made in the function, always with the same seed, so that every call draws the same: use the `rng` that is given.",
        (CHOICE, "np.random.default_rng(0).choice(len(p), size=count, p=p)")),
    "generator_of_its_own": Mistake("chance comes from somewhere else than the `rng` that is given, such as np.random, random, or a generator without a seed: the draws cannot be repeated.",
        (CHOICE, "np.random.default_rng().choice(len(p), size=count, p=p)")),
    "copied_generator": Mistake("the draws come from a copy of the generator, which itself stays as it was: the next call draws the same again. Use `rng` itself.",
        (CHOICE, "__import__(\"copy\").deepcopy(rng).choice(len(p), size=count, p=p)")),
    "no_exp": Mistake("the logits are scaled to sum to 1, without exp: the probabilities are softmax of them.", (EXP, "z")),
    "overflow": Mistake("e^z overflows where logits are large: take the largest away first, e^(z - max z); softmax of seqlib does so.", (EXP, "np.exp(z)")),
    "cut_off": Mistake("the logits are cut to a range in which e^z does not overflow, and those beyond it become equal: take the largest away first, e^(z - max z).",
        (EXP, "np.exp(np.clip(z, -700, 700))")),
    "smallest_subtracted": Mistake("the smallest logit, or their mean, is taken away before exp, which is -inf where an index cannot be drawn: take the largest away.",
        (EXP, "np.exp(z - z.min())")),
    "base_two": Mistake("2^z stands in place of e^z.", (EXP, "np.exp2(z - z.max())")),
    "sigmoid": Mistake("a sigmoid of each logit, scaled to sum 1, is not softmax: that is e^z, scaled.", (EXP, "1 / (1 + np.exp(-z))")),
    "softmax_twice": Mistake("softmax is taken twice: rng.choice gets softmax(logits / temperature) as it is.",
        (SCALED, "p = np.exp(p / p.sum())\n    p = p / p.sum()")),
    "temperature_twice": Mistake("the temperature divides twice.", ("logits / temperature", "logits / temperature / temperature")),
    "sign": Mistake("e^-z stands in place of e^z: the index with the largest logit must come most often.", (EXP, "np.exp(z[np.isfinite(z)].min() - z)")),
    "without_replacement": Mistake("the draws are made without replacement: the same index may be drawn again.", ("size=count", "size=count, replace=False")),
    "in_rounds": Mistake("the draws are made without replacement, round after round, so that each index comes as often as the others: the same index may be drawn again at once.",
        (CHOICE, "np.array([i for _ in range(0, count, np.count_nonzero(p)) for i in rng.choice(len(p), size=np.count_nonzero(p), p=p, replace=False)])[:count]")),
    "from_one": Mistake("the indices count from 1: they are 0 to n_y - 1.", (CHOICE, f"1 + {CHOICE}")),
    "not_scaled": Mistake("the probabilities do not sum to 1, as rng.choice asks: divide e^z by its sum.", (SCALED, "")),
}
# fmt: on

EXERCISE = Exercise(
    right=sample_logits,
    draw=draw,
    visible=2,
    hidden=3,
    probe=PROBE,
    facts=FACTS,
    limits=limits,
    mistakes=MISTAKES,
    parts=(Part("the draws", counted=True),),
)
