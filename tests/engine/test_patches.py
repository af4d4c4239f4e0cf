"""Changes in packages of others: on a version that nobody has looked at they refuse."""

import sys
import types

import pytest

from autograder import patches


@pytest.mark.parametrize("package", patches.MADE_FOR)
def test_the_installed_version_is_one_that_the_changes_were_made_for(package):
    patches.require(package)


@pytest.mark.parametrize("found", ["0.10.0", "1.0", "0.90.1"])
def test_another_version_is_refused(monkeypatch, found):
    monkeypatch.setattr(patches, "version", lambda package: found)
    with pytest.raises(patches.UnknownVersion, match=f"nbgrader {found} is installed"):
        patches.quicken_nbgrader(object)


def test_a_change_that_only_saves_time_is_left_out_on_another_version(monkeypatch):
    """The command's own words about versions could not be read where importing it failed."""
    monkeypatch.setattr(patches, "version", lambda package: "5.0")
    monkeypatch.setattr(sys, "modules", {})
    patches.skip_international_addresses()
    assert sys.modules == {}


def test_nothing_is_replaced_that_is_not_there():
    owner = types.SimpleNamespace(Gradebook=1)
    patches.replace(owner, "Gradebook", 2)
    assert owner.Gradebook == 2
    with pytest.raises(patches.UnknownVersion, match="has no Notebook"):
        patches.replace(owner, "Notebook", 2)
