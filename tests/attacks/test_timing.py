"""The recorded time of a class of the attacks: `python -m tests.attacks.timing` measures it."""

import json

from tests.attacks import timing
from tests.attacks.attacks import ATTACKS


def test_the_recorded_time_is_of_todays_attacks_and_within_bounds() -> None:
    found = json.loads(timing.RECORD.read_text("utf-8"))
    assert found["hostile notebooks"] == len(ATTACKS), "run python -m tests.attacks.timing"
    assert found["seconds of the whole class"] <= found["seconds that it may take"]
    assert not found["attacks that gained something"] and not found["honest notebooks that lost something"]
