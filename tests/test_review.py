"""The final task of lesson 16: its gradients, which functions a learner's can replace in it, and what is stored of its measurement."""

from __future__ import annotations

import numpy as np
import pytest

import seqlib
from autograder.lessons import find
from autograder.lessons.lesson_16 import SWAPS
from benchmarks import review as measured
from seqlib import data, review
from seqlib.data.dataset import Example
from seqlib.gradients import numerical_gradient


def small():
    """A translator with weights and biases that are not zero, and a padded batch in which a word comes twice."""
    rng = np.random.default_rng(0)
    params = review.first_parameters(rng, 6, 5, n_e=3, n_a=4)
    params = {name: 0.5 * rng.normal(size=value.shape) for name, value in params.items()}
    source, target = np.array([[3, 4, 3, 5], [5, 3, 0, 0]]), np.array([[2, 3, 2, 1, 0], [4, 2, 3, 3, 1]])
    masks = [np.arange(T) < np.array(lengths)[:, None] for T, lengths in ((4, [4, 2]), (5, [4, 5]))]
    return params, (source, target, *(mask.astype(float) for mask in masks))


def test_the_gradients_of_the_translator_are_those_of_its_loss():
    params, batch = small()
    _, gradients = review.pooled_translator_loss(params, *batch)
    assert gradients.keys() == {"d" + name for name in params}
    for name in params:
        numeric = numerical_gradient(lambda changed: review.pooled_translator_loss(changed, *batch)[0], params, name)
        np.testing.assert_allclose(gradients["d" + name], numeric, rtol=1e-6, atol=1e-9, err_msg=name)


@pytest.mark.parametrize("name", SWAPS)
def test_a_learners_function_takes_part(name):
    """Inside `using`, the final task calls what was put in the place of the library's function."""
    called = []

    def mine(*args, **kwargs):
        called.append(name)
        return find(name).right(*args, **kwargs)

    sentences = data.phrases(language="French")
    few = sentences.__class__(**{**vars(sentences), "train": sentences.train[:16], "test": sentences.test[:2]})
    with seqlib.using(**{name: mine}):
        review.solved(few, review.learn(few, epochs=1, n_a=4))
        review.solved(few, review.nearest(few))
    assert called


def test_a_right_answer_trains_as_the_library_does():
    sentences = data.phrases(language="French")
    few = sentences.__class__(**{**vars(sentences), "train": sentences.train[:32], "test": sentences.test[:4]})
    own = review.learn(few, epochs=2, n_a=4)
    with seqlib.using(**{name: find(name).right for name in SWAPS}):
        theirs = review.learn(few, epochs=2, n_a=4)
        assert [theirs(example.x) for example in few.test] == [own(example.x) for example in few.test]


def test_gradients_are_scaled_to_the_limit_and_not_below():
    gradients = {"dW": np.array([3.0, 0.0]), "db": np.array([4.0])}
    assert review.clipped(gradients, 5.0)["dW"].tolist() == [3.0, 0.0]
    np.testing.assert_allclose(review.clipped(gradients, 1.0)["db"], [0.8])


def test_what_is_solved_is_counted_by_sentence_and_by_word():
    sentences = data.phrases(language="French")
    few = sentences.__class__(**{**vars(sentences), "test": sentences.test[:2]})
    by_source = {" ".join(example.x): example.y for example in few.test}
    assert review.solved(few, lambda words: by_source[" ".join(words)]) == (1.0, 1.0)
    one_off = review.solved(few, lambda words: [*by_source[" ".join(words)][:-1], "never"])
    assert one_off.sentences == 0 and 0.8 < one_off.words < 1
    assert review.solved(few, lambda words: []) == (0.0, 0.0)


def test_the_look_up_by_analogy_replaces_what_training_pairs_replace():
    sentences = data.phrases(language="French")
    pairs = [("a b .", "A B ."), ("a c .", "A C ."), ("d b .", "D B ."), ("e .", "E .")]
    few = sentences.__class__(**{**vars(sentences), "train": [Example(x.split(), y.split()) for x, y in pairs]})
    translate = review.by_analogy(few)
    assert translate("d c .".split()) == "D C .".split()
    assert translate("e f .".split()) == []  # nothing in training differs so


def test_an_odd_number_of_units_is_refused():
    with pytest.raises(ValueError, match="n_a must be even"):
        review.first_parameters(np.random.default_rng(0), 5, 5, n_a=3)


def rows_of(part):
    rows = measured.MEASURED.load()[part]["rows"]
    return {(row.pop("function"), row.pop("mistake"), row.pop("seed")): row for row in rows}


def test_every_mistake_is_stored_with_its_seeds():
    planted, by_hand, known = map(rows_of, ("planted", "by_hand", "known"))
    assert set(planted) == {
        (*which, seed) for which in [*measured.SIX, ("", ""), ("", "nearest")] for seed in measured.SEEDS
    }
    assert len(measured.SEEDS) >= 5
    assert set(known) == {(*which, seed) for which in measured.KNOWN for seed in measured.SEEDS}
    assert set(by_hand) == {(name, "", seed) for name in measured.TRAINED for seed in measured.SEEDS}
    for which in {key for key in planted if key[0]} & set(known):
        assert known[which] == planted[which] | {"code": known[which]["code"]}


def test_only_mistakes_that_have_changed_are_run_again(monkeypatch):
    asked = []

    def runs(mistakes, seeds):
        asked.extend((*which, seed) for seed in seeds for which in mistakes)
        rows = [{"function": name, "mistake": mistake, "seed": seed, "words": -1} for name, mistake, seed in asked]
        return [{}, {}, *rows]

    monkeypatch.setattr(measured, "runs", runs)
    stored = measured.MEASURED.load()["known"]["rows"]
    assert measured.known()["rows"] == stored and not asked
    changed = ("global_norm", "last")
    code = measured.row_code
    monkeypatch.setattr(measured, "row_code", lambda which: "other" if which == changed else code(which))
    rows = measured.known()["rows"]
    assert asked == [(*changed, seed) for seed in measured.SEEDS]
    assert [row for row in rows if row["words" if "words" in row else "raised"] != -1] == [
        row for row in stored if (row["function"], row["mistake"]) != changed
    ]


def test_the_method_without_a_network_scores_as_stored():
    rows = measured.MEASURED.load()["planted"]["rows"]
    right = {row["words"] for row in rows if row["mistake"] == "nearest"}
    wrong = {row["words"] for row in rows if row["function"] == "euclidean_distance"}
    assert right == {measured.score(review.nearest(data.phrases(language="French")))["words"]}
    assert wrong == {measured.attempt("euclidean_distance", measured.PLANTED, 1, lambda words: [])["words"]}
