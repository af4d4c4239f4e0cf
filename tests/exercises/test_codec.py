"""The codec: what goes in comes out, and nothing else gets through."""

import collections
import enum
import json
import math
import tracemalloc
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqlib.exercises import codec
from seqlib.exercises.codec import CodecError, Opaque, decode, encode, same

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=8)
    | st.complex_numbers(allow_nan=False)
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text(max_size=4) | st.integers(), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(VALUES)
@settings(max_examples=200, deadline=None)
def test_plain_values_come_back_equal_and_of_the_same_type(value):
    back = decode(encode(value))
    assert back == value
    assert type(back) is type(value)


@given(st.sets(st.integers() | st.text(max_size=3), max_size=6))
@settings(deadline=None)
def test_sets_come_back(value):
    assert decode(encode(value)) == value


def test_a_transposed_array_arrives_transposed():
    """Code that moves the elements of ravel() moves those of a copy there, and must do so wherever it is called."""
    for array in (np.arange(6.0).reshape(2, 3).T, np.asfortranarray(np.arange(24).reshape(2, 3, 4))):
        back = decode(encode(array))
        assert same(back, array) and back.flags.f_contiguous and not back.flags.c_contiguous
        back.ravel()[0] += 1
        assert same(back, array)
    assert decode(encode(np.ones((2, 3)))).flags.c_contiguous


@pytest.mark.parametrize(
    "array",
    [
        np.arange(6.0).reshape(2, 3),
        np.arange(6.0).reshape(2, 3).T,
        np.zeros((0, 3)),
        np.array(2.5),
        np.array([True, False]),
        np.array(["a", "bcd"]),
        np.array([1 + 2j]),
        np.arange(4, dtype=np.float32),
        np.arange(4, dtype=">i2"),
        np.full((1, 2), np.nan),
    ],
)
def test_arrays_come_back_with_shape_and_dtype(array):
    back = decode(encode(array))
    assert back.dtype == array.dtype
    assert back.shape == array.shape
    np.testing.assert_array_equal(back, array)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_floats_that_are_not_finite(value):
    assert repr(decode(encode(value))) == repr(value)


def test_numpy_scalars_keep_their_type():
    for value in (np.float32(0.5), np.int64(3), np.bool_(True), np.float64("nan")):
        assert type(decode(encode(value))) is type(value)


def test_a_tensor_comes_as_an_array():
    torch = pytest.importorskip("torch")
    tensor = torch.tensor([[1.0, 2.0]], dtype=torch.float64, requires_grad=True)
    np.testing.assert_array_equal(decode(encode(tensor)), [[1.0, 2.0]])


def test_decoded_arrays_are_writable_copies():
    data = encode(np.zeros(3))
    first = decode(data)
    first += 1
    np.testing.assert_array_equal(decode(data), np.zeros(3))


class Odd:
    pass


@pytest.mark.parametrize(
    "value",
    [
        Odd(),
        lambda: 1,
        (i for i in "ab"),
        np.array([Odd()], dtype=object),
        [[1], Odd()],
        b"bytes",
        np.array(["2020-01-01"], dtype="datetime64[D]"),
    ],
)
def test_other_values_are_refused_by_name(value):
    with pytest.raises(CodecError, match="value"):
        encode(value)


def test_other_values_stay_behind_as_opaque_marks():
    back = decode(encode((1, Odd()), opaque=True))
    assert back[0] == 1
    assert back[1].type_name.endswith("Odd")
    assert isinstance(back[1], Opaque)


def test_an_object_array_is_refused_even_where_marks_are_allowed():
    with pytest.raises(CodecError, match="dtype object"):
        encode(np.array([[1], [1, 2]], dtype=object), opaque=True)


def test_depth_and_size_are_bounded():
    deep: list = []
    for _ in range(codec.MAX_DEPTH + 2):
        deep = [deep]
    with pytest.raises(CodecError, match="nested deeper"):
        encode(deep)
    endless: list = []
    endless.append(endless)
    with pytest.raises(CodecError, match="nested deeper"):
        encode(endless)
    with pytest.raises(CodecError, match="MiB"):
        encode(np.zeros(codec.MAX_BYTES // 8 + 1))
    with pytest.raises(CodecError, match="digits"):
        encode(10**5000)


def header(tree, specs=(), tail=b""):
    text = json.dumps([tree, list(specs)]).encode()
    return b"SQB1" + len(text).to_bytes(4, "big") + text + tail


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"SQB1",
        b"SQB1\xff\xff\xff\xff{}",
        b"\x80\x04pickle",
        header({"x": 1}),
        header({"t": 1}),
        header({"a": 0}),
        header({"a": "0"}),
        header({"d": [[1]]}),
        header({"s": [[1]]}),
        header({"f": "1" * 5000}),
        header({"c": ["1"]}),
        header({"i": "x"}),
        header({"t": [], "s": []}),
        header({"a": 0}, [["|O", [1]]], b"12345678"),
        header({"a": 0}, [["<f8", [1 << 60]]]),
        header({"a": 0}, [["<f8", [-1]]]),
        header({"a": 0}, [["<f8", [2]]], b"12345678"),
        header({"a": 0}, [["<f8", ["1"]]], b"12345678"),
        header(1, [], b"tail"),
        header({"a": 0}, [["<f8", [1] * 40]], b"12345678"),
        header({"a": 0}, [[8, [1]]], b"12345678"),
        header({"o": 5}),
        b"SQB1" + (9999).to_bytes(4, "big") + b"[" * 9999,
        header({"d": [[{"a": 0}, 1]]}, [["<f8", [1]]], b"12345678"),
    ],
)
def test_malformed_bytes_raise_and_nothing_else(data):
    with pytest.raises(CodecError):
        decode(data)


@given(st.binary(max_size=200))
@settings(max_examples=200, deadline=None)
def test_random_bytes_never_raise_anything_else(tail):
    for data in (tail, b"SQB1" + tail, header({"t": [1, {"a": 0}]}, [["<f8", [1]]], tail)):
        try:
            decode(data)
        except CodecError:
            pass


def test_a_message_that_is_too_large_is_not_parsed():
    with pytest.raises(CodecError, match="too large"):
        decode(b"SQB1" + bytes(codec.MAX_MESSAGE))


@pytest.mark.parametrize("other", [np.ones((3, 2)), np.ones((2, 3), "f4"), np.zeros((2, 3)), np.ones(6), [1.0] * 6])
def test_arrays_that_differ_in_anything_are_not_the_same(other):
    array = np.ones((2, 3))
    assert same(array, np.asfortranarray(array)) and not same(array, other)


def test_same_sees_what_a_call_changed():
    array = np.zeros((2, 2))
    before = decode(encode(({"W": array, "b": math.nan}, 1)))
    assert same(before, decode(encode(({"W": array, "b": math.nan}, 1))))
    array[0, 0] = 1e-300
    assert not same(before, decode(encode(({"W": array, "b": math.nan}, 1))))
    for one, other in ((0.0, -0.0), (1, True), ({"a": 1, "b": 2}, {"b": 2, "a": 1}), ([1], (1,)), ({1}, {2})):
        assert not same(one, other)


class Word(str):
    def __str__(self):
        return "another"


class Count(int):
    def __abs__(self):
        raise ValueError


class Half(float):
    pass


Pair = collections.namedtuple("Pair", "a y_hat")
SUBCLASSES = [
    (collections.OrderedDict(a=1), {"a": 1}),
    (collections.defaultdict(list, {"a": [1]}), {"a": [1]}),
    (collections.Counter("aab"), {"a": 2, "b": 1}),
    (Pair(1, 2.0), (1, 2.0)),
    (Word("word"), "word"),
    (Count(3), 3),
    (Half(0.5), 0.5),
    (type("Rows", (list,), {})([1, 2]), [1, 2]),
    (type("Names", (frozenset,), {})("ab"), {"a", "b"}),
    (enum.IntEnum("Label", "NAME PLACE").PLACE, 2),
    (enum.StrEnum("Tag", "NAME").NAME, "name"),
]


@pytest.mark.parametrize(("value", "plain"), SUBCLASSES)
def test_a_subclass_crosses_as_what_it_is_one_of(value, plain):
    back = decode(encode(value))
    assert back == plain and type(back) is type(plain)


@pytest.mark.parametrize(
    "value", [Fraction(1, 3), Decimal("0.1"), Decimal("NaN"), Decimal("-Infinity"), Decimal("1E+500")]
)
def test_exact_numbers_come_back(value):
    back = decode(encode([value]))[0]
    assert repr(back) == repr(value)


@pytest.mark.parametrize("value", [Decimal("1E+999999"), Decimal("sNaN"), Fraction(1, 10**1001), 10**1001])
def test_numbers_that_take_long_to_reckon_with_do_not_cross(value):
    with pytest.raises(CodecError, match="digits"):
        encode(value)


def test_a_text_with_half_a_character_does_not_cross():
    for value in ("\ud800", np.array(["\ud800"]), {"\ud800": 1}):
        with pytest.raises(CodecError):
            decode(encode(value))


def test_an_empty_text_of_numpys_comes_back():
    assert decode(encode(np.array("")[()])) == "" and decode(encode(np.array(["", ""]))).tolist() == ["", ""]


def big(number):
    return {"i": str(number)}


# Each was small to send and dear to read, or ended the reader with an exception of another kind.
DEAR = {
    "one array named 300 times": header([{"a": 0}] * 300, [["|u1", [2**18]]], bytes(2**18)),
    "elements of no size": header({"a": 0}, [["<U0", [2**29]]]),
    "keys of one hash": header({"d": [[big(i * (2**61 - 1)), 0] for i in range(20_000)]}),
    "members of one hash": header({"s": [big(i * (2**61 - 1)) for i in range(20_000)]}),
    "pairs of one hash": header({"d": [[{"t": [big(i * (2**61 - 1)), 1]}, 0] for i in range(10_000)]}),
    "a million arrays": b"SQB1" + (2**21).to_bytes(4, "big") + b'[{"a":0},[' + b'["|u1",[0]],' * 174_000,
    "many arrays": header({"a": 0}, [["|u1", [0]]] * 20_000),
    "many values": header([0] * 900_000),
    "a code point beyond all": header({"a": 0}, [["<U1", [1]]], b"\xff" * 4),
    "half a character in an array": header({"a": 0}, [["<U1", [1]]], (0xD800).to_bytes(4, "little")),
    "half a character": header("\ud800"),
    "a boolean that is 2": header({"a": 0}, [["|b1", [1]]], b"\x02"),
    "an integer for a float": header({"c": [10**400, 0]}),
    "an integer of 4,000 digits": header(10**4000),
    "a number that is an array": header({"n": 0}, [["<f8", [2]]], bytes(16)),
    "an array for a true": header({"a": True}, [["<f8", []]] * 2, bytes(16)),
    "a fraction of nothing": header({"q": ["1", "0"]}),
    "an exponent in the millions": header({"m": "1E+9999999"}),
    "a key that has no hash": header({"d": [[[], 1]]}),
    "another encoding": b"SQB1" + (22).to_bytes(4, "big") + json.dumps([1, []]).encode("utf-16"),
}


@pytest.mark.parametrize("name", DEAR)
def test_what_costs_more_than_it_weighs_is_refused(name):
    tracemalloc.start()
    try:
        with pytest.raises(CodecError):
            decode(DEAR[name])
        assert tracemalloc.get_traced_memory()[1] < 64 * 2**20
    finally:
        tracemalloc.stop()
