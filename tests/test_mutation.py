"""No mechanical mutant of the recurrent functions survives (`make soak`)."""

import pytest

from tests.mutation import main


@pytest.mark.soak
def test_every_mutant_is_caught_or_listed_with_its_reason():
    assert main([]) == 0
