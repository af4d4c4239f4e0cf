"""Words, vocabulary, batches and scores."""

from __future__ import annotations

import unicodedata
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import seqlib
from seqlib import Vocabulary, build_vocabulary, encode, one_hot, pad_batch, shuffled_batches, tokenize
from seqlib.batches import pad_features
from seqlib.data.ner import split_words
from seqlib.words import characters

same_examples = settings(deadline=None, derandomize=True)


def test_the_sentence_of_the_lesson():
    text = "Cats average 15 hours of sleep a day. <EOS>"
    assert tokenize(text) == ["Cats", "average", "15", "hours", "of", "sleep", "a", "day", ".", "<EOS>"]
    assert tokenize(text, punctuation=False, lower=True) == "cats average 15 hours of sleep a day <EOS>".split()
    assert tokenize("Don't stop-start, 3.5!", end=True) == ["Don't", "stop-start", ",", "3.5", "!", "<EOS>"]
    assert tokenize("") == []
    assert characters("a b", end=True) == ["a", " ", "b", "<EOS>"] and characters("ab") == ["a", "b"]


@pytest.mark.parametrize("split", [tokenize, split_words])
@pytest.mark.parametrize(
    "words",
    [
        ["मैं", "हिन्दी", "पढ़ना", "चाहता", "हूँ", "।"],
        ["तुम्हाला", "माझ्याबरोबर", "नाचायचे", "आहे", "का", "?"],
        ["தமிழ்", "ಕನ್ನಡ", "క్\u200cష", "ক্\u200dষ"],
        [unicodedata.normalize("NFD", word) for word in ("Zoë", "déjà", "l'été", "mañana", "!")],
        ["*", "\u0301"],
    ],
)
def test_a_mark_stays_with_its_letter(split, words):
    assert split(" ".join(words)) == words


def test_the_vocabulary_is_sorted_and_ties_are_broken_by_the_alphabet():
    corpus = [["b", "a", "c"], ["c", "d", "<EOS>"]]
    assert build_vocabulary(corpus) == {"<PAD>": 0, "<EOS>": 1, "<UNK>": 2, "a": 3, "b": 4, "c": 5, "d": 6}
    assert list(build_vocabulary(corpus, max_size=2)) == ["<PAD>", "<EOS>", "<UNK>", "a", "c"]
    assert list(build_vocabulary(corpus[::-1], max_size=2)) == ["<PAD>", "<EOS>", "<UNK>", "a", "c"]
    assert list(build_vocabulary(corpus, min_count=2)) == ["<PAD>", "<EOS>", "<UNK>", "c"]


def test_an_unknown_word_becomes_unk_and_comes_back_as_unk():
    vocabulary = Vocabulary(build_vocabulary([tokenize("The Egyptian is a breed of cat.")]))
    indices = vocabulary.encode(tokenize("The Egyptian Mau is a breed of cat."), end=True)
    assert vocabulary.decode(indices) == "The Egyptian <UNK> is a breed of cat .".split()
    assert vocabulary.decode([*indices, vocabulary.pad], special=True)[-2:] == ["<EOS>", "<PAD>"]
    assert vocabulary.decode([vocabulary.pad, vocabulary["cat"], vocabulary.end, vocabulary["cat"]]) == ["cat"]
    assert encode(["cat"], dict(vocabulary)) == [vocabulary["cat"]]
    assert "12 words" not in repr(vocabulary) and repr(vocabulary).startswith("Vocabulary of 11: <PAD>, <EOS>")


@same_examples
@given(st.lists(st.text(min_size=1, max_size=4), unique=True, max_size=8), st.booleans())
def test_decoding_undoes_encoding(words, unknown):
    words = [word for word in words if not word.startswith("<")]
    vocabulary = Vocabulary(words, unknown=unknown)
    assert vocabulary.decode(vocabulary.encode(words, end=True)) == words
    assert list(vocabulary) == vocabulary.words and len(vocabulary) == len(words) + 2 + unknown


def test_a_vocabulary_survives_its_file(tmp_path):
    for vocabulary in (Vocabulary(["é", "z"]), Vocabulary(["x"], unknown=False)):
        vocabulary.save(tmp_path / "v.json")
        assert Vocabulary.load(tmp_path / "v.json").words == vocabulary.words
    for text, words in (('{"a": 1}', "list of words, got dict"), ('["a", 2]', "list of words, got 2 among them")):
        (tmp_path / "v.json").write_text(text)
        with pytest.raises(ValueError, match=words):
            Vocabulary.load(tmp_path / "v.json")


def test_tokens_may_come_from_an_iterator():
    sentences = [["The", "cat"], ["The", "dog"]]
    assert build_vocabulary([map(str.lower, words) for words in sentences]) == build_vocabulary([["the", "cat", "dog"]])
    vocabulary = Vocabulary(word for word in ("the", "cat"))
    for end in (False, True):
        indices = vocabulary.encode(map(str.lower, ["The", "cat"]), end=end)
        assert indices == vocabulary.encode(["the", "cat"], end=end) and len(indices) == 2 + end
    assert encode(map(str.lower, ["The", "cat"]), vocabulary) == [vocabulary["the"], vocabulary["cat"]]


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: tokenize(3), TypeError, "text must be a str, got int"),
        (lambda: characters(["a"]), TypeError, "text must be a str, got list"),
        (lambda: build_vocabulary(["a text"]), TypeError, "use tokenize or characters"),
        (lambda: build_vocabulary([]), ValueError, "no token"),
        (lambda: build_vocabulary([["a"]], max_size=0), ValueError, "max_size"),
        (lambda: build_vocabulary([["a"]], min_count=0), ValueError, "min_count"),
        (lambda: build_vocabulary([[1]]), TypeError, "got 1 of type int"),
        (lambda: encode("ab", {}), TypeError, "must be a list of tokens"),
        (lambda: encode(["b"], {"a": 0}), ValueError, "'b', which is not in the vocabulary"),
        (lambda: Vocabulary(["a", "a"]), ValueError, "'a' more than once"),
        (lambda: Vocabulary("abc"), TypeError, "must be a list of tokens"),
        (lambda: Vocabulary(["a"]).decode([4]), ValueError, "outside the vocabulary of 4"),
        (lambda: Vocabulary(["a"]).decode([-1]), ValueError, "outside the vocabulary of 4"),
        (lambda: Vocabulary(["a"]).decode([1.0]), TypeError, "1.0 of type float"),
        (lambda: one_hot([3], 3), ValueError, "indices has 3, outside 0 to 2"),
        (lambda: one_hot([-1], 3), ValueError, "indices has -1"),
        (lambda: one_hot([1.0], 3), TypeError, "float64"),
        (lambda: one_hot([], 3), ValueError, "indices is empty: it needs at least one index"),
        (lambda: pad_batch([]), ValueError, "at least one sequence"),
        (lambda: pad_batch([[1], []]), ValueError, r"sequences\[1\] is empty"),
        (lambda: pad_batch([["a"]]), TypeError, "encode turns tokens"),
        (lambda: list(shuffled_batches(0, 1, np.random.default_rng(0))), ValueError, "at least 1"),
        (lambda: list(shuffled_batches(2, 1, np.random.default_rng(0), lengths=[1])), ValueError, "each of the 2"),
        (lambda: seqlib.majority_baseline([], [1]), ValueError, "got 0 and 1 labels"),
        (lambda: seqlib.token_accuracy([1, 2], [1]), ValueError, "one shape"),
        (lambda: seqlib.token_accuracy([1], [1], [0]), ValueError, "no token counts"),
        (lambda: seqlib.token_accuracy([1, 2], [1, 1], [1, 2]), ValueError, "only zeros .* and ones .*, got 2"),
        (lambda: seqlib.edit_distance("the cat", ["the", "cat"]), TypeError, "the text 'the cat' and .*: tokenize"),
        (lambda: seqlib.edit_distance([], "a"), TypeError, r"got the text 'a' and \[\]"),
        (lambda: seqlib.error_rate(["a"], []), ValueError, "each of the 0 references, got 1"),
        (lambda: seqlib.error_rate([""], [""]), ValueError, "no token"),
        (lambda: seqlib.tagging_scores([[1]], [[1, 0]], [[0]]), ValueError, r"guesses\[0\] must have .*, 2, got 1"),
        (lambda: seqlib.tagging_scores([[1]], [[1], [0]], [[0]]), ValueError, "each of the 2 sequences, got 1"),
    ],
)
def test_errors_say_what_was_expected(call, error, words):
    with pytest.raises(error, match=words):
        call()


def test_one_hot_columns():
    columns = one_hot([[0, 2, 1], [1, 1, 0]], 4)
    assert columns.shape == (4, 2, 3) and columns.dtype == np.float64
    assert (columns.sum(axis=0) == 1).all() and (columns.argmax(axis=0) == [[0, 2, 1], [1, 1, 0]]).all()
    assert one_hot(2, 3).tolist() == [0, 0, 1]
    assert one_hot(np.zeros((2, 0), int), 3).shape == (3, 2, 0)


def test_a_padded_batch_has_every_sequence_and_its_length():
    indices, mask = pad_batch([[5, 6, 7], [8]], pad_index=9)
    assert indices.tolist() == [[5, 6, 7], [8, 9, 9]] and indices.dtype == np.int64
    assert mask.tolist() == [[1, 1, 1], [1, 0, 0]] and mask.dtype == np.float64


@same_examples
@given(st.integers(1, 40), st.integers(1, 9), st.booleans())
def test_every_example_is_in_one_batch(count, size, sort):
    lengths = [i % 7 + 1 for i in range(count)]
    batches = list(shuffled_batches(count, size, np.random.default_rng(0), lengths=lengths if sort else None))
    assert sorted(np.concatenate(batches)) == list(range(count)) and max(map(len, batches)) <= size
    if sort:
        spans = sorted((min(lengths[i] for i in b), max(lengths[i] for i in b)) for b in batches)
        assert all(one[1] <= other[0] for one, other in pairwise(spans))


def test_scores():
    assert seqlib.majority_baseline([1, 1, 0], [1, 0, 0, 0]) == 0.25
    assert seqlib.majority_baseline(["b", "a"], ["a", "a", "b"]) == 2 / 3
    assert seqlib.majority_baseline([(0, 1), (0, 1), (1, 0)], [(0, 1), (1, 0), (0, 1), (1, 1)]) == 0.5
    assert seqlib.majority_baseline(np.array([[0, 1], [1, 1]]), [[0, 1]]) == 0.5
    assert seqlib.token_accuracy([[1, 2], [3, 4]], [[1, 0], [3, 0]]) == 0.5
    assert seqlib.token_accuracy([[1, 2], [3, 4]], [[1, 0], [3, 0]], [[1, 0], [1, 0]]) == 1


def test_the_scores_of_a_tagger_count_tokens_not_sentences():
    accuracy, baseline = seqlib.tagging_scores([[0, 1, 0], [1]], [[0, 1, 1], [1]], [[0, 0], [1]])
    assert (accuracy, baseline) == (3 / 4, 1 / 4)


def test_an_error_rate_is_edits_for_each_token_and_may_exceed_one():
    assert seqlib.error_rate(["kitten", "a"], ["sitting", "abc"]) == 5 / 10
    assert seqlib.error_rate([["a", "b", "c"]], [["d"]]) == 3


def test_edit_distance():
    assert seqlib.edit_distance("kitten", "sitting") == 3
    assert seqlib.edit_distance("a b c".split(), "a c".split()) == 1
    assert seqlib.edit_distance("", "abc") == seqlib.edit_distance("abc", "") == 3


@same_examples
@given(st.text("ab", max_size=5), st.text("ab", max_size=5), st.text("ab", max_size=5))
def test_edit_distance_is_a_distance(a, b, c):
    d = seqlib.edit_distance
    assert d(a, b) == d(b, a) and (d(a, b) == 0) == (a == b) and d(a, c) <= d(a, b) + d(b, c)


SWAPS = {
    "edit_distance": (lambda: seqlib.error_rate(["a"], ["ab"]), lambda a, b: 7, 3.5),
    "token_accuracy": (lambda: seqlib.tagging_scores([[1]], [[1]], [[0]]), lambda p, t, m: 0.5, (0.5, 0.0)),
    "majority_baseline": (lambda: seqlib.tagging_scores([[1]], [[1]], [[0]]), lambda a, b: 0.25, (1.0, 0.25)),
    "encode": (lambda: Vocabulary(["a"]).encode(["a"]), lambda tokens, vocabulary: [9], [9]),
    "build_vocabulary": (lambda: seqlib.build_vocabulary([["a"]]), lambda corpus: {"z": 0}, {"z": 0}),
    "one_hot": (lambda: seqlib.one_hot([0], 2), lambda indices, n: n, 2),
    "pad_batch": (lambda: pad_batch([[1]]), lambda sequences: len(sequences), 1),
}


@pytest.mark.parametrize("name", SWAPS)
def test_a_learners_function_stands_in_for_the_librarys_and_only_inside_using(name):
    call, mine, expected = SWAPS[name]
    before = call()
    with seqlib.using(**{name: mine}):
        assert call() == expected
    np.testing.assert_equal(call(), before)
    assert getattr(seqlib, name).__doc__


def test_features_are_padded_with_zeros_and_masked():
    x, mask = pad_features([np.ones((2, 1)), 2 * np.ones((2, 3))])
    assert x.shape == (2, 2, 3) and x.dtype == float
    np.testing.assert_array_equal(x[1], [[1, 0, 0], [2, 2, 2]])
    np.testing.assert_array_equal(mask, [[1, 0, 0], [1, 1, 1]])
    assert pad_features([np.ones((2, 1))], np.float32)[0].dtype == np.float32
    with pytest.raises(ValueError, match="inputs is empty"):
        pad_features([])


@pytest.mark.parametrize("shape", [(1, 3), (3, 3), (2, 0), (2,), (2, 1, 3)])
def test_every_input_has_the_features_of_the_first_and_a_step(shape):
    with pytest.raises(ValueError, match=r"inputs\[1\] must be \(n_x, T_x\) with n_x = 2 and at least one step"):
        pad_features([np.ones((2, 3)), np.ones(shape)])
