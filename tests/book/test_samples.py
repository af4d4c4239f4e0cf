"""What the gallery shows of each task: samples chosen by their loss, and scores that were measured."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from benchmarks import exhibits as bench
from seqlib.book import exhibits, live, networks, samples
from seqlib.ctc import ctc_loss
from seqlib.data import ner, video
from seqlib.data.dataset import Example
from seqlib.encoder_decoder import translator_loss
from seqlib.language_model import language_model_loss
from seqlib.models import classifier_loss, tagger_loss
from seqlib.vocabulary import Vocabulary

Loss = Callable[[dict[str, Any], Any, Example], float]


def speech_loss(stored: dict[str, Any], params: Any, e: Example) -> float:
    symbols = [stored["alphabet"].index(letter) for letter in e.y]
    return ctc_loss(exhibits.listen(params, [e.x])[0][:, None], [symbols])[0] / len(symbols)


def music_loss(stored: dict[str, Any], params: Any, e: Example) -> float:
    tokens = Vocabulary(stored["vocabulary"]).encode(e.x)
    return language_model_loss(params, [tokens], cell=stored["cell"], reduction="token")[0]


def stars_loss(stored: dict[str, Any], params: Any, e: Example) -> float:
    tokens = Vocabulary(stored["vocabulary"]).encode(e.x)
    return classifier_loss(params, [tokens], [e.y - 1], cell=stored["cell"])[0]


def film_loss(stored: dict[str, Any], params: Any, e: Example) -> float:
    label = video.ACTIVITIES.index(e.y)
    return classifier_loss(params, networks.film_inputs(e.x.astype(float))[:, None], [label], cell=stored["cell"])[0]


def date_loss(stored: dict[str, Any], params: Any, e: Example) -> float:
    source, target = Vocabulary(stored["source"]), Vocabulary(stored["target"])
    pair = [source.encode(e.x)], [target.encode(e.y, end=True)]
    return translator_loss(params, *pair, cell=stored["cell"])[0]


LOSSES: dict[str, Loss] = {
    "speech": speech_loss,
    "music": music_loss,
    "sentiment": stars_loss,
    "dna": lambda stored, params, e: tagger_loss(params, exhibits.bases(e.x)[:, None], [e.y], cell=stored["cell"])[0],
    "translation": date_loss,
    "video": film_loss,
    "names": lambda stored, params, e: tagger_loss(
        params, ner.encode_words(e.x, stored["words"])[:, None], [e.y], cell=stored["cell"]
    )[0],
}


@pytest.mark.parametrize("name", samples.TASKS)
def test_samples_are_the_first_the_middle_and_the_last_by_loss(name: str) -> None:
    task = samples.TASKS[name]
    stored, test = live.load(task.network), task.data().test
    params = live.unpack_params(stored)
    found = samples.samples(name)
    assert [one.rank for one in found] == [1, len(test) // 2 + 1, len(test) - 1, len(test)]
    for one in found:
        assert any(one.example is example for example in test)
        np.testing.assert_allclose(one.loss, LOSSES[name](stored, params, one.example), rtol=1e-5, atol=1e-9)
    losses = task.losses(stored, params, test)
    assert len(losses) == len(test)
    below = [(losses < one.loss).sum() for one in found]
    assert all(count <= one.rank - 1 <= (losses <= one.loss).sum() for count, one in zip(below, found, strict=True))
    some = test[:: len(test) // 3]
    np.testing.assert_allclose(
        losses[:: len(test) // 3], [LOSSES[name](stored, params, e) for e in some], rtol=1e-5, atol=1e-9
    )


@pytest.mark.parametrize("name", ["sentiment", "dna", "translation", "names", "music"])
def test_a_panel_shows_both_answers_where_they_differ(name: str) -> None:
    content = samples.panel(name).content
    entries = re.findall(r"<li>.*?</li>", content)
    assert len(entries) == 4 and all("loss" in entry for entry in entries)
    for one, entry in zip(samples.samples(name), entries, strict=True):
        if name == "music":
            assert one.answer[:16] == one.example.x[:16] and len(one.answer) == 32 and "<audio" in entry
        else:
            assert ("right, and the network’s answer" in entry) == (one.answer == one.example.y)


def test_a_card_has_the_scores_of_all_seeds_and_of_the_page() -> None:
    for name, task in samples.TASKS.items():
        if name in ("speech", "video"):  # whose data take seconds to make
            continue
        content, scores = samples.card(name).content, samples.measured(name)
        for who in ("model", "rule", "baseline"):
            assert len(scores[who]) == 5
            assert samples.spread(scores[who]) in content
        (own,) = live.load(task.network)["scores"].values()
        assert f"the one in this page: {own:.3f}" in content
        assert ("the rule itself" in content) == (name in ("dna", "translation"))
        assert scores.get("own rule", [1.0] * 5) == [1.0] * 5


def test_a_spread_is_said_where_there_is_one() -> None:
    assert samples.spread([0.5, 0.25, 0.75]) == "0.500 (0.250 to 0.750)"
    assert samples.spread([1.0, 1.0]) == "1.000"
    assert samples.spread([0.9, 0.95], "{:.0%}") == "92% (90% to 95%)"


# ------------------------------------------------------------------------------------------------ what the page says


def column(part: str, name: str) -> Any:
    return np.array([row[name] for row in bench.MEASURED.load()[part]["rows"]])


def test_what_the_page_says_about_the_seeds() -> None:
    assert column("speech", "by sound").max() < column("speech", "as written").min()
    assert column("music", "added").min() > column("music", "another melody").max() + 0.2
    assert column("dna", "marked").min() > 0.9 and column("dna", "marked without promoter").max() < 0.1
    assert (column("dna", "right") > column("dna", "right with a base more") + 0.05).all()
    assert column("dates", "model").min() > 0.9 and column("dates", "earlier").max() < 0.1
    assert (column("dates", "linear") >= column("dates", "model")).all()
    assert column("dates", "earlier, month and day").min() > 0.5
    assert column("video", "turned around").min() > 0.8
    assert column("video", "shuffled").max() < column("video", "as filmed").min() - 0.1
    for part in bench.MEASURED.load().values():
        assert [row["seed"] for row in part["rows"]] == list(bench.SEEDS)


def test_letters_that_sound_alike_are_one() -> None:
    assert bench.by_sound("quick jazz") == bench.by_sound("cuykk jass")
    assert bench.by_sound("lip") != bench.by_sound("lap") and len(bench.by_sound("a b")) == 3


def test_a_note_is_in_key_or_not() -> None:
    assert bench.in_key(["C4", "-", "C#4", "A#3", "D#5"], "G minor") == [True, False, True, True]
    assert bench.in_key(["B4", "F4"], "C major") == [True, True]


def test_the_linear_reader_reads_what_it_has_seen() -> None:
    from seqlib import data

    dataset = data.dates(1, 400, 5, 40)
    reader = bench.linear_reader(dataset)
    seen = [list(reader(example.x)) == list(example.y) for example in dataset.train]
    assert np.mean(seen) > 0.95 > bench.exact(dataset, bench.most_frequent(dataset))


def test_a_changed_gene_is_another() -> None:
    for example in [e for e in exhibits.sequences().test if 1 in e.y][:20]:
        broken, longer = exhibits.without_promoter(example.x), exhibits.with_a_base_more(example.x)
        assert len(broken) == len(example.x) and len(longer) == len(example.x) + 1
        assert sum(one != other for one, other in zip(broken, example.x, strict=True)) == 1
        start = example.y.index(1)
        assert "TATAAT" in example.x[:start] and longer == f"{example.x[: start + 3]}C{example.x[start + 3 :]}"
    with pytest.raises(ValueError, match="1 is not in list"):
        exhibits.without_promoter("ACGT")
