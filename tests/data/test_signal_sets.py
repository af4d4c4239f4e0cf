"""Recordings, melodies, genes, film strips, pictures, dates: what is drawn is what the label says."""

from __future__ import annotations

import numpy as np
import pytest

from seqlib.book.exhibits import date_by_rule, month_numbers
from seqlib.data import (
    captioned_shapes,
    dates,
    film_strips,
    gene_or_not,
    genes,
    melodies,
    numerals,
    phrases,
    speech,
    spoken_words,
)
from seqlib.data.captions import LANGUAGES, RELATIONS, SIZE, Scene, describe, image_features
from seqlib.data.captions import draw as draw_scene
from seqlib.data.common_words import COMMON_WORDS
from seqlib.data.dna import BASES, PROMOTER, START, STOPS, true_labels
from seqlib.data.music import HOLD, RATE, pitch_number, tune
from seqlib.data.speech import BANDS, HOP, LETTERS, SOUNDS, WINDOW, spectrogram, synthesise
from seqlib.data.translation import date_tokens
from seqlib.data.video import ACTIVITIES, HEIGHTS, film, pose


def test_a_recording_is_longer_for_more_letters_and_never_the_same_twice():
    rng = np.random.default_rng(0)
    short, again, long = synthesise("cat", rng), synthesise("cat", rng), synthesise("catastrophe", rng)
    assert len(short) != len(again) and len(long) > 1.5 * max(len(short), len(again))
    assert np.abs(short).max() == 1.0


@pytest.mark.parametrize("text", ["", "  ", "Cat", "cat!"])
def test_what_cannot_be_spoken_is_refused(text):
    with pytest.raises(ValueError, match="a to z"):
        synthesise(text, np.random.default_rng(0))


def test_a_tone_stands_in_one_band():
    time = np.arange(8000) / 8000
    low, high = (spectrogram(np.sin(2 * np.pi * hertz * time)).mean(axis=1).argmax() for hertz in (300, 3000))
    assert low < BANDS / 3 < 2 * BANDS / 3 < high
    x = spectrogram(np.sin(2 * np.pi * 440 * time))
    assert x.shape == (BANDS, (8000 - WINDOW) // HOP + 1)
    np.testing.assert_allclose([x.mean(), x.std()], [0, 1], atol=1e-12)


@pytest.mark.parametrize("wave", [np.zeros(WINDOW - 1), np.zeros((WINDOW, 2))])
def test_a_recording_of_another_shape_is_refused(wave):
    with pytest.raises(ValueError, match=str(WINDOW)):
        spectrogram(wave)


def test_no_word_of_valid_and_test_is_spoken_in_train():
    dataset = spoken_words(seed=1, train=80, valid=10, test=20)
    spoken = [{w for e in split for w in e.y.split()} for split in (dataset.train, dataset.valid, dataset.test)]
    assert not spoken[0] & spoken[1] and not spoken[0] & spoken[2] and not spoken[1] & spoken[2]
    assert dataset.sample.y == "the quick brown fox jumped over the lazy dog"
    assert all(e.x.shape[0] == BANDS and e.x.shape[1] > 2 * len(e.y) for e in dataset.train)  # room for CTC
    assert set(SOUNDS) == set(LETTERS) and all(set(word) <= set(LETTERS) for word in COMMON_WORDS)


def test_no_word_of_the_lectures_sentence_is_spoken_in_train(monkeypatch):
    monkeypatch.setattr(speech, "synthesise", lambda text, rng: rng.normal(size=WINDOW))
    dataset = speech.spoken_words(seed=1, train=1500, valid=1, test=1)
    assert not {word for e in dataset.train for word in e.y.split()} & set(speech.LECTURE.split())


def test_a_melody_has_eight_bars_and_ends_on_its_tonic():
    for example in melodies(seed=1, train=30, valid=5, test=5).train:
        assert len(example.x) == 64 and example.x[0] != HOLD
        last = [token for token in example.x if token != HOLD][-1]
        assert last[:-1] == example.y.split()[0]


def test_held_out_melodies_have_another_key_or_chords():
    dataset = melodies(seed=1, train=200, valid=30, test=40)
    assert not {e.source for e in dataset.train} & {e.source for e in dataset.valid + dataset.test}
    assert {e.y for e in dataset.test} <= {e.y for e in dataset.train}


def test_notes_have_their_pitch():
    assert [pitch_number(note) for note in ("C4", "A4", "F#5")] == [60, 69, 78]
    for wrong in ("H4", "C", "-", ""):
        with pytest.raises(ValueError, match="a note is one of"):
            pitch_number(wrong)


def test_a_tune_sounds_at_its_pitch_and_for_its_length():
    wave = tune(["A4", HOLD, HOLD, HOLD], seconds=0.25)
    assert len(wave) == RATE and np.abs(wave).max() == 1.0
    assert np.abs(np.fft.rfft(wave)).argmax() == 440
    for wrong in ([], [HOLD, "A4"]):
        with pytest.raises(ValueError, match="begin with a note"):
            tune(wrong)


@pytest.mark.parametrize("seconds", [0, -1, 1e-5, np.inf, np.nan])
def test_a_tone_lasts_for_a_sample_at_least(seconds):
    with pytest.raises(ValueError, match="seconds of a token must be at least 1 / 8000, one sample, and finite"):
        tune(["A4", HOLD], seconds=seconds)


def test_genes_are_labelled_by_their_model():
    dataset = genes(seed=1, train=100, valid=5, test=10)
    decoys = 0
    for example in dataset.train:
        assert set(example.x) <= set(BASES) and true_labels(example.x) == example.y
        coding = "".join(base for base, label in zip(example.x, example.y, strict=True) if label)
        assert coding == example.source.replace(" ", "")
        rest = "".join(base if not label else "-" for base, label in zip(example.x, example.y, strict=True))
        starts = [i for i in range(len(rest)) if rest.startswith(START, i)]
        frames = [[rest[i : i + 3] for i in range(start, len(rest) - 2, 3)] for start in starts]
        # a start codon, four others at least, and a stop: a gene in all but its promoter
        decoys += any(set(STOPS) & set(frame[5:]) and not set(STOPS) & set(frame[:5]) for frame in frames)
        for gene in example.source.split():
            assert gene.startswith(START) and gene.endswith(STOPS) and len(gene) % 3 == 0
            codons = [gene[i : i + 3] for i in range(0, len(gene) - 3, 3)]
            assert not set(codons) & set(STOPS)
            assert PROMOTER in example.x[: example.x.index(gene)]
    assert decoys > 95
    assert len(dataset.sample.x) == len(dataset.sample.y) == 19


def test_reading_a_gene():
    assert true_labels("CC" + PROMOTER + "CC" + "ATGCCCTAA" + "CC") == [0] * 10 + [1] * 9 + [0] * 2
    assert sum(true_labels("CCATGCCCTAACC")) == 0  # no promoter
    assert sum(true_labels(PROMOTER + "CCC")) == 0  # no start
    assert sum(true_labels(PROMOTER + "ATGCC")) == 5  # the sequence ends before a stop
    assert sum(true_labels(PROMOTER + "ATGCTAACTAG")) == 11  # the first TAA is out of frame


def test_one_label_says_whether_there_is_a_gene():
    dataset = gene_or_not(seed=1, train=100, valid=5, test=40)
    for example in dataset.train:
        assert example.y == int(any(true_labels(example.x)))
        assert PROMOTER in example.x and START in example.x
    assert 0.3 < np.mean([example.y for example in dataset.train]) < 0.7


@pytest.mark.parametrize(("one", "other"), [("sitting down", "standing up"), ("falling over", "getting up")])
def test_a_movement_backwards_is_the_other(one, other):
    for phase in (0.0, 0.3, 1.0):
        there, back = pose(one, phase), pose(other, 1 - phase)
        for joint, place in there.items():
            np.testing.assert_allclose(place, back[joint])


def test_an_unknown_activity_is_refused():
    with pytest.raises(ValueError, match="swimming"):
        pose("swimming", 0.0)


def test_clips_show_a_figure_that_moves():
    rng = np.random.default_rng(0)
    for activity in ACTIVITIES:
        clip = film(activity, 10.0, rng)
        assert 8 <= len(clip) <= 14 and clip.min() >= 0 and clip.max() <= 1
        assert np.abs(np.diff(clip, axis=0)).mean() > 0.05
    head = [pose("sitting down", phase)["head"][1] for phase in (0.0, 0.5, 1.0)]
    assert head[0] > head[1] > head[2]


def test_figures_of_the_test_split_have_heights_of_their_own():
    dataset = film_strips(seed=1, train=16, valid=8, test=8)
    assert not {e.source for e in dataset.train} & {e.source for e in dataset.valid + dataset.test}
    assert not set(HEIGHTS["train"]) & set(HEIGHTS["test"])
    assert dataset.sample.y == "running" and {e.y for e in dataset.test} == set(ACTIVITIES)


@pytest.mark.parametrize("relation", RELATIONS)
def test_the_larger_shape_lies_where_the_sentence_says(relation):
    scene = Scene("red", "square", relation, "blue", "square")
    picture = draw_scene(scene, np.random.default_rng(0))
    row, column = np.mgrid[0:SIZE, 0:SIZE]
    red = (picture[..., 0] > 0.6) & (picture[..., 2] < 0.4)
    blue = (picture[..., 2] > 0.6) & (picture[..., 0] < 0.4)
    offset = np.array([column[red].mean() - column[blue].mean(), row[red].mean() - row[blue].mean()])
    assert np.sign(offset) @ np.array(RELATIONS[relation]) == 1
    assert red.sum() > blue.sum()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_word_of_a_scene_shows_in_its_sentence(language):
    scene = Scene("blue", "circle", "left of", "green", "diamond")
    said = describe(scene, language)
    assert len(said) == (3 if language == "English" else 1)
    others = [Scene("red", *scene[1:]), scene._replace(shape="square"), scene._replace(relation="above")]
    others += [scene._replace(other_colour="red"), scene._replace(other_shape="square")]
    assert all(describe(other, language)[0] != said[0] for other in others)


def test_an_unknown_language_is_refused():
    with pytest.raises(ValueError, match="Dutch"):
        describe(Scene("blue", "circle", "above", "green", "square"), "Dutch")
    with pytest.raises(ValueError, match="Dutch"):
        phrases(language="Dutch")


def test_pairs_of_shapes_are_held_out_in_either_order():
    dataset = captioned_shapes(seed=1, train=300, valid=30, test=60)

    def pairs(examples):
        scenes = [Scene(*e.source.split(", ")) for e in examples]
        return {frozenset([(s.colour, s.shape), (s.other_colour, s.other_shape)]) for s in scenes}

    assert not pairs(dataset.train) & pairs(dataset.valid + dataset.test)
    assert all(describe(Scene(*e.source.split(", "))) == e.y for e in dataset.test)


def test_features_tell_colours_and_edges():
    flat = np.full((SIZE, SIZE, 3), 0.25)
    features = image_features(flat).reshape(-1, 7)
    np.testing.assert_allclose(features[:, :3], 0.75)
    np.testing.assert_allclose(features[:, 3:], 0)
    flat[:, SIZE // 2 :] = 1.0
    assert image_features(flat).reshape(-1, 7)[:, 3].max() > 0.1  # an upright edge
    assert image_features(flat).reshape(-1, 7)[:, 4].max() == 0
    with pytest.raises(ValueError, match="picture"):
        image_features(np.zeros((SIZE, SIZE)))


def test_dates_are_the_same_day_on_both_sides():
    dataset = dates(seed=1, train=300, valid=20, test=40)
    known, months = {"".join(example.y) for example in dataset.train}, month_numbers()
    for example in dataset.test:
        assert "".join(example.y) not in known
        assert date_by_rule(example.x, months) == example.y
    assert date_tokens("le 5 Mars, 1986.") == ["le", "5", "mars", ",", "1", "9", "8", "6", "."]


@pytest.mark.parametrize("wrong", [{"locales": ("xx",)}, {"locales": ()}, {"first": 2000, "last": 1999}])
def test_dates_refuse_what_they_do_not_know(wrong):
    with pytest.raises(ValueError, match=r"locales|years"):
        dates(**wrong)


def test_numbers_of_the_test_split_are_not_in_train():
    dataset = numerals(seed=1, train=300, valid=20, test=40)
    assert not {"".join(e.y) for e in dataset.train} & {"".join(e.y) for e in dataset.valid + dataset.test}
    french = numerals(seed=1, train=70, valid=15, test=15, languages=("fr",), largest=99)
    said = {"".join(e.y): " ".join(e.x) for e in french.train + french.valid + french.test}
    assert said["97"] == "<fr> quatre vingt dix sept"


@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        ({"languages": ("xx",)}, ValueError, "does not know .'xx'."),
        ({"languages": ()}, ValueError, "languages is empty"),
        ({"languages": "en"}, TypeError, r"got the text 'en': write \('en',\)"),
        ({"largest": 1}, ValueError, "largest must be at least 2, so that each split has a number, got 1"),
        ({"largest": -5}, ValueError, "largest must be at least 1, got -5"),
        ({"largest": 99.5}, TypeError, "largest must be a whole number, got 99.5"),
    ],
)
def test_numerals_refuse_what_they_cannot_write(options, error, said):
    with pytest.raises(error, match=said):
        numerals(**options)


def test_three_numbers_are_one_for_each_split():
    dataset = numerals(train=1, valid=1, test=1, languages=("en",), largest=2)
    assert {"".join(e.y) for e in (*dataset.train, *dataset.valid, *dataset.test)} == {"0", "1", "2"}


@pytest.mark.parametrize("language", ["French", "Hindi", "Marathi"])
def test_phrases_hold_the_lectures_meaning(language):
    dataset = phrases(language=language)
    assert " ".join(dataset.sample.y) == "Do you want to sing with me ?"
    if language == "French":
        assert " ".join(dataset.sample.x) == "Voulez-vous chanter avec moi ?"
    assert sum(dataset.sizes.values()) == 448
    known = {word for example in dataset.train for word in example.x}
    assert {word for example in dataset.test for word in example.x} <= known
