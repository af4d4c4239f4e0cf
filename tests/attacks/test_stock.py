"""The record of what stock nbgrader does with each attack: complete, and what a new run finds."""

import json

import pytest

from .attacks import ATTACKS
from .stock import RECORD, main


def known() -> dict[str, str]:
    return json.loads(RECORD.read_text())


def test_the_record_tells_of_every_attack_and_of_nothing_else():
    assert list(known()) == list(ATTACKS)


def test_the_record_is_printed(capsys):
    with capsys.disabled():
        print("\nstock nbgrader, each attack on a wrong answer (of ours, none earns a point):")
        for attack, text in known().items():
            print(f"  {attack:36} {text}")
    full = [attack for attack, text in known().items() if text.startswith("15 of 15")]
    assert len(full) >= 5  # attacks worth the name


@pytest.mark.soak
def test_a_new_run_finds_the_same(tmp_path, monkeypatch):
    monkeypatch.setattr("sys.argv", ["stock"])
    monkeypatch.setattr("tests.attacks.stock.RECORD", tmp_path / "stock.json")
    main()
    new = json.loads((tmp_path / "stock.json").read_text())
    before = {attack: text.split(" of ")[0] for attack, text in known().items() if not text.startswith("not run")}
    assert {attack: new[attack].split(" of ")[0] for attack in before if before[attack].isdigit()} == {
        attack: score for attack, score in before.items() if score.isdigit()
    }
