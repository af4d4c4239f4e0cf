"""Memory of large arrays is used again, and only when nobody looks at it."""

import gc

import numpy as np
import pytest

from seqlib.fast import memory


@pytest.fixture(autouse=True)
def fresh():
    memory.release()
    yield
    memory.release()


LARGE = (memory.SMALL // 8 + 1,)


def address(array):
    return array.__array_interface__["data"][0]


def test_memory_of_a_dead_array_is_used_again():
    first = memory.empty(LARGE, float)
    where = address(first)
    del first
    assert address(memory.empty(LARGE, float)) == where


@pytest.mark.parametrize(
    "look", [lambda a: a[3:], lambda a: a.reshape(-1, 1).T, lambda a: np.asarray(a)[::2], memoryview]
)
def test_memory_that_a_view_looks_at_is_not(look):
    first = memory.empty(LARGE, float)
    first[:] = 7
    view = look(first)
    del first
    gc.collect()
    memory.empty(LARGE, float)[:] = 0
    assert (np.asarray(view) == 7).all()


def test_shape_and_type_are_those_asked_for():
    array = memory.empty((3, *LARGE), np.float32)
    assert (
        array.shape == (3, *LARGE) and array.dtype == np.float32 and array.flags.c_contiguous and array.flags.writeable
    )


def test_a_block_serves_a_smaller_array_but_not_one_below_half_its_size():
    first = memory.empty((2 * LARGE[0],), float)
    where = address(first)
    del first
    small = memory.empty((LARGE[0] - 1,), np.float64)
    assert address(small) != where
    assert address(memory.empty((2 * LARGE[0] - 5,), float)) == where


def test_small_arrays_are_left_to_numpy():
    array = memory.empty((4, 5), float)
    assert array.base is None and array.shape == (4, 5)


def test_no_more_than_the_limit_is_kept(monkeypatch):
    monkeypatch.setattr(memory, "KEPT", 20 * LARGE[0])
    arrays = [memory.empty(LARGE, float) for _ in range(4)]
    del arrays
    assert sum(block.nbytes for block in memory._blocks.values()) <= 20 * LARGE[0]
    assert len(memory._blocks) == 2


def test_release_gives_everything_back():
    memory.empty(LARGE, float)
    memory.release()
    assert not memory._blocks
