"""The rivals of the benchmarks compute what seqlib computes: a faster wrong answer would prove nothing."""

import importlib
import json

import numpy as np
import pytest

import seqlib
from benchmarks import forms, gallery, language_models, plain, writing
from benchmarks import gallery_rules as rules
from benchmarks.left_out import LEFT_OUT, without
from benchmarks.measured import FOLDER, Measured, Part
from benchmarks.training_step import CELLS, numpy_gradients, problem
from seqlib import data, fast
from seqlib.data.dataset import Dataset, Example

MEASURED = [path.stem for path in FOLDER.parent.glob("*.py") if "MEASURED = Measured(" in path.read_text("utf-8")]


@pytest.mark.parametrize("functions", [fast, seqlib], ids=["fast", "loops"])
@pytest.mark.parametrize("cell", CELLS)
def test_the_plain_rival_gives_the_same_gradients(cell, functions):
    p, x, targets = problem(cell, (5, 3, 4, 6), np.float64)
    loss, ours = numpy_gradients(cell, x, targets, p, functions)
    cost, theirs = getattr(plain, cell)(x, targets, p)
    assert cost == pytest.approx(loss, rel=1e-12)
    for name in (*("d" + name for name in p), "dx"):
        np.testing.assert_allclose(theirs[name], ours[name], rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("left_out", LEFT_OUT)
@pytest.mark.parametrize("cell", CELLS)
def test_what_is_left_out_changes_no_gradient(cell, left_out):
    p, x, targets = problem(cell, (5, 3, 4, 6), np.float64)
    loss, whole = numpy_gradients(cell, x, targets, p)
    with without(left_out):
        same_loss, parts = numpy_gradients(cell, x, targets, p)
    assert same_loss == pytest.approx(loss, rel=1e-12)
    for name, gradient in whole.items():
        np.testing.assert_allclose(parts[name], gradient, rtol=1e-9, atol=1e-12)


def test_the_stored_scores_are_of_todays_data():
    pytest.importorskip("babel")
    stored = json.loads(gallery.RESULTS.read_text("utf-8"))
    assert stored["about"]["data"] == gallery.fingerprint(), "the data changed: run python benchmarks/gallery.py"
    assert len(stored["seeds"]) >= 5
    assert [problem for task in stored["tasks"] for problem in gallery.Result(**task).problems()] == []
    solved = {task["task"] for task in stored["tasks"] if set(task["rule"]) == {1.0}}
    assert solved == {"translation"}, "what needs no network is said in the gallery"


@pytest.mark.parametrize(("task", "better", "perfect"), [("names", 0.999, 1.0), ("speech", 0.001, 0.0)])
def test_a_rule_that_is_better_is_a_problem_unless_it_is_right_every_time(task, better, perfect):
    (row,) = [row for row in json.loads(gallery.RESULTS.read_text("utf-8"))["tasks"] if row["task"] == task]
    assert len(gallery.Result(**{**row, "rule": [better] * 5}).problems()) == 5
    assert gallery.Result(**{**row, "rule": [perfect] * 5}).problems() == []


def test_a_named_task_takes_the_place_of_its_old_result_alone(tmp_path, monkeypatch):
    old = json.loads(gallery.RESULTS.read_text("utf-8"))
    monkeypatch.setattr(gallery, "RESULTS", tmp_path / "gallery.json")
    monkeypatch.setattr(gallery, "fingerprint", lambda: old["about"]["data"])
    gallery.RESULTS.write_text(json.dumps(old), "utf-8")
    video = gallery.Result(**{**old["tasks"][5], "model": [0.5]})
    assert video.task == "video"
    gallery.store([video], gallery.SEEDS)
    new = json.loads(gallery.RESULTS.read_text("utf-8"))
    assert new["tasks"].pop(5)["model"] == [0.5] and old["tasks"].pop(5)["model"] != [0.5] and new == old
    with pytest.raises(SystemExit, match="Run all tasks"):
        gallery.store([video], [1, 2])


@pytest.mark.parametrize("module", MEASURED)
def test_what_was_measured_is_of_todays_code_settings_and_data(module):
    measured = importlib.import_module(f"benchmarks.{module}").MEASURED
    assert measured.late() == [], f"run: {measured.command}"
    assert measured.path.stem == module and set(measured.load()) == set(measured.parts)


def leaves(value, way=()):
    """What a result holds, by the way to it, but for times."""
    if isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from () if key == "seconds" else leaves(inner, (*way, key))
    else:
        yield way, value


@pytest.mark.soak
@pytest.mark.parametrize(
    ("module", "name"),
    [
        (module, name)
        for module in MEASURED
        for name in importlib.import_module(f"benchmarks.{module}").MEASURED.parts
        if (module, name) not in {("others", "time"), ("forms", "cost")}  # times alone
    ],
)
def test_what_was_measured_comes_out_again(module, name):
    measured = importlib.import_module(f"benchmarks.{module}").MEASURED
    made = json.loads(json.dumps(measured.parts[name].make()))
    found, stored = (dict(leaves(result)) for result in (made, {key: measured.load()[name][key] for key in made}))
    words = {way: value for way, value in stored.items() if isinstance(value, str)}
    assert {way: found.pop(way) for way in words} == words
    assert found == pytest.approx({way: value for way, value in stored.items() if way not in words}, rel=1e-3, abs=1e-3)


def test_only_what_is_missing_or_has_changed_is_measured(tmp_path, monkeypatch, capsys):
    made, settings = [], {"a": "1", "b": "1"}

    def make(name):
        made.append(name)
        return {"found": len(made)}

    monkeypatch.setattr("benchmarks.measured.FOLDER", tmp_path)
    parts = {name: Part(lambda name=name: make(name), (make,), lambda name=name: settings[name]) for name in "ab"}
    measured = Measured("some", parts)
    assert measured.load() == {} and measured.late() == ["a", "b"]
    measured.main([])
    settings["b"] = "2"
    assert measured.late() == ["b"]
    measured.main([])
    measured.main(["a"])
    assert made == ["a", "b", "b", "a"] and measured.late() == []
    assert {name: part["found"] for name, part in measured.load().items()} == {"a": 4, "b": 3}
    with pytest.raises(SystemExit, match=r"No such part: c\. There are a, b"):
        measured.main(["c"])


def test_every_page_that_was_loaded_slowly_keeps_its_budget():
    page_load = pytest.importorskip("benchmarks.page_load", exc_type=ImportError)
    pages = json.loads(page_load.RESULTS.read_text("utf-8"))["pages"]
    assert len([name for name in pages if name[0].isdigit()]) >= 15
    for name, page in pages.items():
        assert page["seconds"] <= page_load.SECONDS, name
        assert max(page["shift"], page["shift_at_a_section"]) <= page_load.SHIFT, name


def test_lesson_5_measured_every_cell_reading_and_length():
    stored = {name: part["rows"] for name, part in forms.MEASURED.load().items()}
    runs = {(row["cell"], row["reading"], row["seed"]) for row in stored["readings"]}
    assert len(runs) == len(stored["readings"]) == len(forms.EPOCHS) * len(forms.READINGS) * 5
    assert [row["seed"] for row in stored["french"]] == list(forms.SEEDS)
    assert {(row["layer"], row["T"], row["m"]) for row in stored["cost"]} == {
        (layer, T, m) for layer in forms.LAYERS for T in forms.LENGTHS for m in forms.BATCHES
    }
    assert {len(row[what]) for row in stored["cost"] for what in ("forward", "training")} == {forms.TURNS}


def test_the_convolution_beside_the_recurrent_layer_has_as_many_weights_and_the_right_gradients():
    step = forms.convolution_step(3, 2, True)
    arrays = dict(zip(step.__code__.co_freevars, (cell.cell_contents for cell in step.__closure__), strict=True))
    forward = forms.convolution_step(3, 2, False)
    weights = sum(arrays[name].size for name in ("W_before", "W_now", "b"))
    assert weights == seqlib.count_parameters("rnn", forms.N_X, forms.N_A)
    same = dict(zip(forward.__code__.co_freevars, (cell.cell_contents for cell in forward.__closure__), strict=True))
    for name, gradient in zip(("x", "W_before", "W_now", "b"), step(), strict=True):
        at = (1, 0) if name == "b" else (1, 2)
        value, sides = same[name][at], []
        for h in (1e-5, -1e-5):
            same[name][at] = value + h
            sides.append((forward() * arrays["da"]).sum())
        same[name][at] = value
        assert (sides[0] - sides[1]) / 2e-5 == pytest.approx(gradient[at], rel=1e-6)


def test_a_number_is_looked_up_in_two_halves():
    assert forms.halves("trois cent deux".split()) == ("trois cent", "deux")
    assert forms.halves(["deux"]) == ("", "deux")
    rule = forms.look_up(data.french_numbers())
    assert rule("trois cent deux".split()) == "302" and rule(["sept"]) == "7"


def test_a_rule_without_a_network_uses_what_it_says():
    dataset = data.melodies(train=60, valid=2, test=10)
    assert rules.n_gram_perplexity(dataset, 3, beat=True) < rules.n_gram_perplexity(dataset, 3, beat=False)
    clips = data.film_strips(train=64, valid=2, test=24)
    clip = clips.test[0].x
    np.testing.assert_allclose(rules.average_frame(clip), rules.average_frame(clip[::-1]), rtol=1e-6)
    assert np.abs(rules.twelve_frames(clip) - rules.twelve_frames(clip[::-1])).max() > 0.1
    # a label that the neighbour decides: a window of one place cannot know it, one of three can
    x = ["".join(np.random.default_rng(seed).choice(list("AC"), 30)) for seed in range(20)]
    taught = Dataset(
        "", "", "", "", [Example(s, [int(s[t - 1] == "A") for t in range(30)]) for s in x], [], [], "", 0, ""
    )
    wrong = [
        np.mean([a != b for e in taught.train for a, b in zip(tagger(e.x), e.y, strict=True)])
        for tagger in (rules.linear_tagger(taught, gallery.bases, radius) for radius in (0, 1))
    ]
    assert wrong[0] > 0.2 and wrong[1] < 0.05


@pytest.mark.parametrize("part", list(language_models.CORPORA))
def test_every_recurrent_language_model_has_its_seeds(part):
    assert len(language_models.SEEDS) >= 5
    for model in language_models.MEASURED.load()[part]["models"].values():
        assert len(model["scores"]) == (1 if "picked" in model else len(language_models.SEEDS))


def test_words_are_sorted_by_what_was_seen_with_the_words_before_them():
    corpus = language_models.Corpus({"train": [[0, 1, 2], [3, 1, 0]], "valid": [], "test": []}, 4, (), ())
    kinds = language_models.kind_of_word(corpus)
    whole, two, neither = language_models.KINDS
    assert kinds([0, 1, 2]) == [whole] * 3
    assert kinds([0, 1, 0]) == [whole, whole, two]
    assert kinds([1, 3, 1]) == [neither, neither, two]


def test_models_are_mixed_as_the_development_part_likes_best():
    sure, unsure = (lambda sentence, p=p: np.full(len(sentence), np.log(p)) for p in (0.9, 0.1))
    mixed = language_models.mixed(sure, unsure, [[0, 1]])
    np.testing.assert_allclose(np.exp(mixed([0])), 0.9 * 0.9 + 0.1 * 0.1)


def test_one_added_is_one_added():
    corpus = language_models.Corpus({"train": [[0, 1], [0, 1], [1]], "valid": [], "test": []}, 2, (), ())
    np.testing.assert_allclose(np.exp(language_models.add_one(corpus)([0, 1])), [3 / 5, 3 / 4])


def test_of_a_sentence_every_word_is_scored_and_the_padding_is_not():
    params = seqlib.network_parameters(np.random.default_rng(0), cell="gru", n_x=3, n_a=2, n_y=5, n_words=5)
    sentences = [[1, 2, 3, 4], [2], [3, 3]]
    found = language_models.log_p(params, "gru", sentences, size=2)
    assert [len(one) for one in found] == [4, 1, 2]
    for one, sentence in zip(found, sentences, strict=True):
        np.testing.assert_allclose(one.sum(), seqlib.sentence_log_probability(params, [sentence], cell="gru")[0])


def test_names_are_described_by_what_they_are():
    splits, _ = writing.names()
    known, new = splits["train"][0], "zzqzz"
    described = writing.describe([known, known, splits["test"][0], new])
    assert (described["new"], described["different"], described["exist"]) == (0.5, 0.75, 0.5)
    assert writing.distance("aab", "aab") == 0 and writing.distance("aa", "bb") == 1
    assert writing.distance("ab", "aabb") == 0 and writing.distance("ab", "aa") == 0.5
    assert writing.letters_of(["ann"]) == ["^a", "an", "nn", "n$"]


def test_a_counted_model_takes_steps():
    letters = [[2, 3, 1], [2, 2, 1]]
    model, setting = writing.counted(letters, [[2, 3, 1]], 4)
    step, state = writing.steps_of(model), None
    for before, word in ((None, 2), (2, 3), (3, 1)):
        log_p, state = step(state, before)
        given = [] if before is None else [2, 3][: 1 if word == 3 else 2]
        np.testing.assert_allclose(np.exp(log_p), model.probabilities(given))
    assert setting["order"] in (2, 3, 4, 5, 6)
