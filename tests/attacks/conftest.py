"""The class of the engine's tests, for attacks that need one, and sandboxes with limits of their own."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from autograder.sandbox import Limits, Sandbox
from tests.engine.conftest import library, new_class, whole_class

__all__ = ["library", "new_class", "open_box", "whole_class"]


@pytest.fixture(scope="module")
def open_box(library: Path) -> Iterator[Callable[..., Sandbox]]:
    with contextlib.ExitStack() as stack:
        yield lambda **limits: stack.enter_context(Sandbox(library, Limits(**limits), preload=()))
