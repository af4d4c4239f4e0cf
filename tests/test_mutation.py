"""No mechanical mutant of the recurrent functions survives (`make soak`)."""

from pathlib import Path

import pytest

import seqlib
from tests.mutation import TESTS, main


def test_every_module_of_the_library_has_tests_for_its_mutants():
    modules = {f"seqlib.{path.stem}" for path in Path(seqlib.__file__).parent.glob("*.py")} - {"seqlib.__init__"}
    assert modules <= TESTS.keys()


@pytest.mark.soak
def test_every_mutant_is_caught_or_listed_with_its_reason():
    assert main([]) == 0
