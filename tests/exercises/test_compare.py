"""The comparer: what counts as equal, and what the learner reads where it is not."""

import warnings
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

from seqlib.exercises.codec import Opaque
from seqlib.exercises.compare import difference


@pytest.mark.parametrize(
    ("expected", "got"),
    [
        (1, 1),
        (1, np.int64(1)),
        (1, 1.0),
        (0.5, np.float64(0.5)),
        (0.5, 0.5 + 1e-12),
        (0.5, np.array(0.5)),
        (True, np.bool_(True)),
        ("a", "a"),
        (None, None),
        ((1, 2), [1, 2]),
        ([1, 2], (1, 2)),
        ([1, 2], np.array([1, 2])),
        ({"a": 1}, {"a": 1}),
        ({1, 2}, {2, 1}),
        (np.zeros(2), np.zeros(2)),
        (np.array([1.0]), np.array([1])),
        (np.array(["a"]), np.array(["a"])),
        (float("nan"), float("nan")),
        (np.array(1.0), np.float64(1.0)),
        (np.array([np.inf, np.nan, 1.0]), np.array([np.inf, np.nan, 1.0])),
    ],
)
def test_equal(expected, got):
    assert difference(expected, got) is None


@pytest.mark.parametrize(
    ("expected", "got", "said"),
    [
        (np.array([1, 2]), np.array([1.0, 2.0]), "expected whole numbers, got dtype float64"),
        (np.array([1.0, 2.0]), np.array([1.0, 2.0 + 0j]), "expected real numbers, got dtype complex128"),
        (1, 2, "expected 1, got 2"),
        (1, True, "expected the number 1, got True"),
        (1, "1", "expected the number 1, got '1'"),
        (0.5, 1j, "expected the number 0.5"),
        (True, 1, "expected True, got the number 1"),
        ("a", None, "got None (is a return missing?)"),
        ("1", 1, "expected '1', got the number 1"),
        ((1, 2), (1,), "expected 2 values, got 1"),
        ((1, 2), 5, "got the number 5"),
        ((1, (2, 3)), (1, (2, 4)), "result[1][1]: expected 3, got 4"),
        ({"a": 1}, {"b": 1}, "missing 'a'; not expected 'b'"),
        ({"a": 1}, {"a": 2}, "result['a']: expected 1, got 2"),
        ({"a": 1}, [1], "expected {'a': 1}"),
        (np.zeros((2, 3)), np.zeros((3, 2)), "expected shape (2, 3), got shape (3, 2) (the axes are reversed)"),
        (np.zeros((2, 3, 4)), np.zeros((4, 2, 3)), "the right sizes in another order of axes"),
        (np.zeros((2, 3)), np.zeros((2, 3, 1)), "one axis of length 1 too many"),
        (np.zeros((2, 3)), np.zeros(2), "1 axis missing"),
        (np.zeros(3), [0.0, 0.0, 0.0], "expected an array of shape (3,), got [0.0, 0.0, 0.0]"),
        (np.zeros(3), Opaque("m.Odd"), "an object of type m.Odd"),
        (np.array([np.inf, 1.0]), np.array([5.0, 1.0]), "expected inf, got 5"),
        (np.array([5.0, 1.0]), np.array([np.inf, 1.0]), "expected 5, got inf"),
        (np.array([np.inf]), np.array([-np.inf]), "expected inf, got -inf"),
        (np.array([np.nan, 1.0]), np.array([1.0, 1.0]), "expected nan, got 1"),
        (np.array([2**63 - 1]), np.array([-(2**63)]), "expected 9223372036854775807, got -9223372036854775808"),
        (np.array([True]), np.array([False]), "expected True, got False"),
        (
            np.array([1.0, 2.0]),
            np.array([1.0, 2.5]),
            "result[1]: expected 2, got 2.5 (1 of 2 elements differ, by up to 0.5)",
        ),
        (np.array([1.0]), np.array([np.nan]), "1 of 1 elements are nan"),
        (np.array([0.1]), np.array([0.10001], dtype=np.float32), "the result is float32"),
        (np.array(["a"]), np.array(["b"]), "expected"),
        (np.array([1.0]), np.array(["1.0"]), "expected 1, got"),
        (list(range(9)), list(range(8)), "a list of 9 values"),
        ([(1, 2)], {}, "expected a list of 1 value, got"),
        ({i: i for i in range(9)}, 1, "a dict of 9 entries"),
    ],
)
def test_different(expected, got, said):
    assert said in difference(expected, got)


def test_axes_are_named():
    assert "= (n_a, m)" in difference(np.zeros((2, 3)), np.zeros((2, 4)), axes=("n_a", "m"))


def test_the_tolerance_is_relative_and_absolute():
    assert difference(1e6, 1e6 + 0.05, rtol=1e-7) is None
    assert difference(1e6, 1e6 + 0.5, rtol=1e-7)
    assert difference(np.zeros(1), np.full(1, 1e-10), atol=1e-9) is None


@pytest.mark.parametrize(
    ("expected", "got"),
    [(0.5, Fraction(1, 2)), (0.1, Decimal("0.1")), (3, Fraction(6, 2)), (3, Decimal(3)), ([0.5], [Fraction(1, 2)])],
)
def test_exact_numbers_are_numbers(expected, got):
    assert difference(expected, got) is None


@pytest.mark.parametrize(
    ("expected", "got"),
    [
        (0.5, Fraction(1, 3)),
        (3, Fraction(7, 2)),
        (0.5, 10**400),
        (0.5, -(10**400)),
        (0.5, Fraction(10**900, 3)),
        (0.5, Decimal("1E+5000")),
        (3, 10**400),
        (np.ones(2), np.array([1e308 + 1e308j, 1])),
        (np.ones(2), np.array([np.finfo(float).max, -np.finfo(float).max])),
        (np.array(["a"]), np.array([1.0])),
        (np.array([True]), np.array([[1e400]])),
        ({"a": 1}, {10**400: 1}),
        ((1, 2), 10**400),
    ],
)
def test_a_value_of_any_size_is_wrong_and_no_fault(expected, got):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert isinstance(difference(expected, got), str)


def test_numbers_that_differ_look_different():
    assert difference(np.array([0.1]), np.array([0.1 + 1e-9]), rtol=0.0, atol=1e-12) == (
        "the result[0]: expected 0.1, got 0.100000001"
    )
    assert "0.30000000000000004" in str(difference(0.3, 0.1 + 0.2, rtol=0.0, atol=0.0))


EDGES = (0.0, -0.0, 1.0, 1 + 1e-7, 1 + 2e-7, -1.0, 1e-9, 2e-9, 1e308, -1e308, 5e-324, np.inf, -np.inf, np.nan)


@pytest.mark.parametrize("expected", EDGES)
def test_numbers_are_as_close_as_numpy_says(expected):
    for got in (*EDGES, expected * (1 + 0.9e-7), expected * (1 + 1.1e-7)):
        with np.errstate(all="ignore"):
            close = np.isclose(got, expected, rtol=1e-7, atol=1e-9, equal_nan=True)
        assert (difference(float(expected), float(got)) is None) == close, got
