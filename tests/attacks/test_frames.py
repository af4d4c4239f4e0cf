"""A fuzzer of replies: whatever a student process sends, judging it gives a verdict, at once and in little memory."""

import json
import random
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import psutil
import pytest

from autograder.lessons import find_check
from seqlib.exercises import calls, codec, outputs
from seqlib.exercises.checks import Case, Check, Part
from seqlib.exercises.compare import difference
from seqlib.exercises.verdict import judge

SECONDS = 0.5  # of CPU a frame may take; that the garbage collector may strike in one counts
EXPECTED = [
    1,
    0.5,
    True,
    None,
    "word",
    ("a", 1),
    [1.5, 2.5, float("nan")],
    {"dW": np.ones((2, 3)), "db": 0.0},
    {"a", "b"},
    np.arange(6.0).reshape(2, 3),
    np.arange(4),
    np.array(["a", "bc"]),
    np.array([True, False]),
    np.array([1 + 2j]),
    np.float32(0.25),
]
TAGS = "a n t s d f c i q m o x".split()
TEXTS = [
    "",
    "nan",
    "inf",
    "-1e999",
    "1" * 999,
    "0x1",
    "1_0",
    "\ud800",
    "\x1b[2J",
    "\u202e",
    "a" * 70_000,
    "1/3",
    "9" * 400,
]
NUMBERS = [0, 1, -1, 2**31, 2**53, 2**64, 10**300, -(10**400), 1e308, float("nan"), float("inf"), True, None]
DTYPES = "|b1 |u1 <i8 >i2 <f8 <f4 <f2 >f8 <c16 <c8 <U1 >U3 <U0 <U999999 |O |S3 |V0 <M8[s] <f16 f8".split()
PLAIN = [0, 1, 2, 0.5, "a", "word", None, True]
FIELDS = "value error message trace missing arguments stdout warnings".split()


def node(draw: random.Random, depth: int = 0) -> Any:
    """A tree as the codec might have written it, or almost."""
    kind, odd = draw.randrange(10), draw.random() < 0.05
    if kind < 2 or depth > draw.choice((3, 3, 3, 40)):
        return draw.choice(NUMBERS if odd else PLAIN)
    if kind < 3:
        return draw.choice(TEXTS if odd else PLAIN)
    if kind < 4:
        return [node(draw, depth + 1) for _ in range(draw.choice((0, 1, 2, 3, 200 if depth == 0 else 2)))]
    tag = draw.choice(TAGS)
    if tag in "an":
        return {tag: draw.choice((0, 1, 2, -1, 5000, True, None)) if odd else 0}
    if tag in "fcimqo" and not odd:
        return {tag: ["1", "2"] if tag in "cq" else "1"}
    if tag in "fcimqo" and draw.random() < 0.8:
        return {tag: draw.choice((draw.choice(TEXTS), [draw.choice(TEXTS), draw.choice(TEXTS)], draw.choice(NUMBERS)))}
    inner = [node(draw, depth + 1) for _ in range(draw.randrange(4))]
    pairs = [[node(draw, depth + 1), node(draw, depth + 1)] for _ in range(draw.randrange(4))]
    return {tag: draw.choice((inner, pairs, pairs, None))} if odd else {tag: pairs if tag == "d" else inner}


def header(tree: Any, specs: Any, tail: bytes) -> bytes:
    text = json.dumps([tree, specs]).encode()
    return b"SQB1" + len(text).to_bytes(4, "big") + text + tail


def invented(draw: random.Random) -> bytes:
    """A reply with fields of any kind and arrays of any dtype and content."""
    specs, tail = [], b""
    for _ in range(draw.randrange(4)):
        dtype = draw.choice(DTYPES if draw.random() < 0.2 else DTYPES[:11])
        shape = [draw.choice((0, 1, 2, 3, 7)) for _ in range(draw.choice((0, 1, 2, 2, 33)))]
        specs.append([dtype, shape])
        try:
            size = np.dtype(dtype).itemsize * int(np.prod(shape, dtype=object)) if len(shape) < 33 else 0
        except TypeError:
            size = 8
        tail += draw.randbytes(min(size, 10_000)) if draw.random() < 0.7 else bytes(min(size, 10_000))
    fields = [[name, node(draw)] for name in draw.sample(FIELDS, draw.choice((0, 0, 1, 2)))]
    return header({"d": [["value", node(draw)], *fields]}, specs, tail)


def changed(draw: random.Random, data: bytes) -> bytes:
    """A valid reply with some bytes changed, cut out or doubled."""
    raw = bytearray(data)
    for _ in range(draw.choice((0, 1, 1, 2, 5))):
        at = draw.randrange(len(raw))
        raw[at : at + draw.choice((0, 1, 1, 4))] = draw.randbytes(draw.choice((0, 1, 1, 4)))
    return bytes(raw)


def frames(seed: int, count: int) -> Iterator[bytes]:
    draw = random.Random(seed)
    valid = [codec.encode({"value": value, "arguments": [1.0], "stdout": "x", "warnings": []}) for value in EXPECTED]
    for _ in range(count):
        yield invented(draw) if draw.random() < 0.6 else changed(draw, draw.choice(valid))


class Sends:
    """A student process that answers every request with the same bytes."""

    def __init__(self) -> None:
        self.answer = b""

    def request(self, data: bytes) -> bytes:
        return self.answer

    def requests(self, data: list[bytes]) -> Iterator[bytes]:
        return (self.answer for _ in data)


def checks() -> list[tuple[Check, tuple[Case, ...]]]:
    """One check for each kind of value, and a real one with known mistakes."""
    made = [(Check("f", 2.0), (Case("x", (1.0,), value),)) for value in EXPECTED]
    made.append((Check("f", 2.0, parts=(Part("dW", "dW"), Part("db", "db"))), (Case("x", (1.0,), EXPECTED[7]),)))
    made.append((Check("f", 2.0, parts=(Part("a", 0), Part("b", 1))), (Case("x", (1.0,), (1.0, np.ones(3))),)))
    return [*made, find_check("rnn_backward", hidden=True, seed=1)]


def hold(seed: int, count: int) -> None:
    """Judge `count` frames. The largest CPU time of one and the growth of this process are bounded."""
    runner, draw, table = Sends(), random.Random(seed), checks()
    process, start = psutil.Process(), 0
    for number, frame in enumerate(frames(seed, count)):
        runner.answer = frame
        check, cases = table[-1] if draw.random() < 0.02 else draw.choice(table[:-1])
        before = time.process_time()
        verdict = judge(check, cases, runner, seed=1)
        assert time.process_time() - before < SECONDS, f"seed {seed}, frame {number}"
        assert 0 <= verdict.points <= verdict.max_points
        json.dumps(outputs.cell_outputs(verdict)).encode()
        verdict.message.encode()
        assert "\x1b" not in verdict.message and "\u202e" not in verdict.message, f"seed {seed}, frame {number}"
        if number == count // 10:
            start = process.memory_info().rss
    assert process.memory_info().rss < start + 64 * 2**20


def test_whatever_is_sent_is_judged():
    hold(seed=1, count=20_000)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(2, 12))
def test_a_million_frames_are_judged(seed):
    hold(seed, count=100_000)


def test_the_fuzzer_reaches_what_it_is_for():
    """Enough of the frames decode, and enough of what decodes is compared, right answers among it."""
    decoded, equal = 0, 0
    for frame in frames(seed=1, count=2_000):
        reply = calls.call(type("Sent", (), {"request": lambda self, data, frame=frame: frame})(), "f", (1.0,))
        decoded += not reply.message.startswith("the answer could not be read")
        equal += not reply.error and any(difference(expected, reply.value) is None for expected in EXPECTED)
    assert decoded > 400 and equal > 100
