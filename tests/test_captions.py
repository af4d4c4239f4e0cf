"""Lesson 14: convolutions and their gradients three ways, what the captioner sees, the pictures, and what is stored of the measurements."""

from __future__ import annotations

import numpy as np
import pytest

import seqlib
from benchmarks import captions as measured
from seqlib.book import captions
from seqlib.convolution import convolution_backward, convolution_forward, eyes_parameters, see, see_backward
from seqlib.data import captioned_combinations, hiding
from seqlib.data.captions import COLOURS, SHAPES, Scene, describe, paint

SIZES = {
    "as usual": ((2, 3, 6, 5), (4, 2, 3, 2), {}),
    "stride": ((2, 2, 7, 6), (3, 2, 2, 3), {"stride": 2}),
    "padding": ((1, 2, 3, 4), (2, 1, 3, 3), {"padding": 1}),
    "both": ((3, 1, 7, 9), (2, 3, 5, 4), {"stride": 3, "padding": 2}),
    "one place": ((2, 1, 3, 2), (1, 2, 3, 2), {}),
}


def problem(name):
    x_shape, k_shape, how = SIZES[name]
    rng = np.random.default_rng(1)
    return rng.normal(size=x_shape), rng.normal(size=k_shape), rng.normal(size=(k_shape[0], 1)), how


@pytest.mark.parametrize("name", SIZES)
def test_a_convolution_is_torchs_and_so_are_its_gradients(name):
    torch = pytest.importorskip("torch")
    x, K, b, how = problem(name)
    tensors = [torch.tensor(value, requires_grad=True) for value in (x, K, b)]
    z = torch.nn.functional.conv2d(tensors[0].transpose(0, 1), tensors[1], tensors[2][:, 0], **how).transpose(0, 1)
    np.testing.assert_allclose(convolution_forward(x, K, b, **how), z.detach().numpy(), rtol=1e-12, atol=1e-12)
    up = np.random.default_rng(2).normal(size=z.shape)
    (z * torch.tensor(up)).sum().backward()
    gradients = convolution_backward(up, x, K, **how)
    for tensor, gradient in zip(tensors, ("dx", "dK", "db"), strict=True):
        np.testing.assert_allclose(gradients[gradient], tensor.grad.numpy(), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("name", SIZES)
def test_gradients_of_a_convolution_by_differences(name):
    x, K, b, how = problem(name)
    up = np.random.default_rng(2).normal(size=convolution_forward(x, K, b, **how).shape)
    loss = lambda p: float((convolution_forward(p["x"], p["K"], p["b"], **how) * up).sum())  # noqa: E731
    rows = seqlib.gradient_check(loss, {"x": x, "K": K, "b": b}, convolution_backward(up, x, K, **how), verbose=False)
    assert len(rows) == 3 and all(row.passed for row in rows)


def test_what_the_eyes_see_has_the_gradients_of_differences():
    rng = np.random.default_rng(3)
    params = {
        n: v + 0.1 * rng.normal(size=v.shape) for n, v in eyes_parameters(rng, channels=2, filters=(2, 3)).items()
    }
    images = rng.normal(size=(2, 2, 5, 6))
    features, caches = see(images, params)
    assert features.shape == (3 * 2 * 2, 2)
    up = rng.normal(size=features.shape)
    loss = lambda p: float((see(p["images"], p)[0] * up).sum())  # noqa: E731
    rows = seqlib.gradient_check(loss, {**params, "images": images}, see_backward(up, caches), verbose=False)
    assert len(rows) == 5 and all(row.passed for row in rows)


def test_features_are_divided_by_the_root_of_their_number():
    params = eyes_parameters(np.random.default_rng(0), channels=1, filters=(1, 1))
    params["K1"][:], params["K2"][:], params["bK2"][:] = 0, 0, 6.0
    assert np.allclose(see(np.zeros((1, 2, 12, 12)), params)[0], 6 / np.sqrt(9))


def test_single_precision_stays():
    params = eyes_parameters(np.random.default_rng(0), dtype=np.float32)
    features, caches = see(np.ones((3, 2, 24, 24), np.float32), params)
    assert features.dtype == np.float32 and {g.dtype for g in see_backward(features, caches).values()} == {
        np.dtype("float32")
    }


@pytest.mark.parametrize(
    ("change", "kind", "words"),
    [
        ({"x": np.zeros((2, 6, 5))}, ValueError, "x must have the axes"),
        ({"K": np.zeros((4, 1, 3, 2))}, ValueError, "n_c = 2"),
        ({"b": np.zeros((3, 1))}, ValueError, "n_k = 4"),
        ({"K": np.zeros((4, 2, 9, 2))}, ValueError, "do not fit"),
        ({"stride": 0}, ValueError, "stride must be at least 1"),
        ({"padding": -1}, ValueError, "padding must be a whole number of at least 0"),
        ({"K": np.zeros((4, 2, 3, 2), np.float32)}, TypeError, "float32"),
    ],
)
def test_bad_arguments_of_a_convolution(change, kind, words):
    x, K, b, _ = problem("as usual")
    with pytest.raises(kind, match=words):
        convolution_forward(**({"x": x, "K": K, "b": b} | change))


def test_every_pair_is_in_training_and_no_held_out_combination():
    dataset = captioned_combinations(seed=3, train=400, valid=30, test=300)
    seen, valid, test = (
        {tuple(e.source.split(", ")[:3]) for e in getattr(dataset, s)} for s in ("train", "valid", "test")
    )
    assert (len(seen), len(test)) == (32, 16) and not (seen & test or seen & valid or valid & test)
    for i, j in ((0, 1), (0, 2), (1, 2)):
        assert {(c[i], c[j]) for c in test} <= {(c[i], c[j]) for c in seen}
        assert len({(c[i], c[j]) for c in test}) == 16


def test_what_cannot_be_painted_is_named():
    with pytest.raises(ValueError, match="colour must be one of"):
        paint([("pink", "circle", (12, 12), 4)])
    with pytest.raises(ValueError, match="shape must be one of"):
        paint([("red", "star", (12, 12), 4)])
    assert len({paint([(c, s, (12, 12), 4)]).tobytes() for c in COLOURS for s in SHAPES}) == 16


def test_the_dog_is_hiding_in_five_outputs():
    said = [" ".join(hiding.say(hiding.HIDING, output)) for output in hiding.OUTPUTS]
    assert said == [
        "dog bed hiding",
        "the dog is hiding under the bed",
        "le chien est sous le lit",
        "कुत्ता पलंग के नीचे है",
        "कुत्रा पलंगाखाली आहे",
    ]
    assert " ".join(hiding.say(hiding.View("cat", "bed", "near"), "French")) == "le chat est près du lit"
    with pytest.raises(ValueError, match="output must be one of"):
        hiding.say(hiding.HIDING, "Latin")
    for output in hiding.OUTPUTS:
        assert len({tuple(hiding.say(view, output)) for view in hiding.VIEWS}) == 18
    pictures = hiding.pictures_of(hiding.VIEWS, 5, np.random.default_rng(0))
    assert all(e.x.shape == (24, 24, 3) and 0 <= e.x.min() and e.x.max() <= 1 for e in pictures)


def test_a_learners_beam_search_need_not_know_what_is_rejected():
    sizes = {"n_f": 3, "n_words": 5, "n_e": 2, "n_a": 4}
    params = seqlib.captioning.captioner_parameters(np.random.default_rng(0), **sizes)

    def mine(step, state, end, *, width=4, max_length=50, alpha=0.7):
        return [([3], -1.0, -1.0)]

    with seqlib.using(beam_search=mine):
        assert seqlib.captioning.caption(params, np.ones(3), 1) == [([3], -1.0, -1.0)]
        with pytest.raises(TypeError, match="reject"):
            seqlib.captioning.caption(params, np.ones(3), 1, reject=(0,))
        with pytest.raises(TypeError, match="breadth"):
            seqlib.beam_search(None, None, 1, breadth=2)
    with seqlib.using(beam_search=lambda *args, **options: options):
        assert seqlib.captioning.caption(params, np.ones(3), 1)["reject"] == ()
    with seqlib.using(bleu=dict):  # which does not say what it takes
        assert seqlib.bleu(smoothing=None) == {"smoothing": None}


def test_a_learners_beam_search_need_not_have_an_option_that_has_its_default():
    params = seqlib.encoder_decoder.translator_parameters(
        np.random.default_rng(0), n_source=4, n_target=4, n_e=2, n_a=3
    )

    def mine(step, state, end, *, width=4, max_length=50):
        return [([3], -1.0, -1.0)]

    with seqlib.using(beam_search=mine):
        for alpha in (0.7, float("0.7")):
            found = seqlib.encoder_decoder.translate_beam(params, [1, 2], 1, alpha=alpha, reject=tuple([]))
            assert found == [([3], -1.0, -1.0)]
        for other in ({"alpha": 0.8}, {"reject": (0,)}, {"reject": [0]}):
            with pytest.raises(TypeError, match=next(iter(other))):
                seqlib.encoder_decoder.translate_beam(params, [1, 2], 1, **other)


def test_slots_and_scores_of_a_caption():
    caption = "there is a red circle to the left of a blue square".split()
    assert measured.slots(caption) == ["red", "circle", "left of", "blue", "square"]
    assert measured.slots(["a", "red"]) == ["red", None, None, None, None]
    example = measured.some_pictures([("red", "circle", "left of")], 1, np.random.default_rng(0))[0]
    assert measured.scores([example.y[1]], [example]) == {"BLEU": 1.0, "exact": 1.0, "slots": [1.0] * 5}


def test_the_nearest_picture_is_the_nearest():
    known = measured.some_pictures(
        [("red", "circle", "left of"), ("blue", "square", "under")], 12, np.random.default_rng(0)
    )
    for eyes in (captions.fixed_eyes, measured.pixels):
        assert measured.nearest(known, known, eyes) == [e.y[0] for e in known]


def test_linear_models_describe_what_they_have_learnt():
    some = measured.some_pictures(
        [("red", "circle", "left of"), ("blue", "square", "under")], 60, np.random.default_rng(0)
    )
    told = measured.by_slot(some, some, some)
    assert measured.scores(told, some)["slots"][:3] == [1.0] * 3
    views = [hiding.HIDING, hiding.View("cat", "table", "on")]
    pictures = measured.in_five_slots(hiding.pictures_of(views, 60, np.random.default_rng(0)))
    assert measured.by_slot(pictures, pictures, pictures) == [e.y[0] for e in pictures]


def test_a_clean_picture_has_the_caption_of_its_scene():
    for example in captions.clean_pictures(11, 8, count=20):
        assert example.y == describe(Scene(*example.source.split(", "))) and example.x.shape == (24, 24, 3)
    near, far = (captions.clean_pictures(distance, count=8) for distance in (7, 16))
    assert [e.y for e in near] == [e.y for e in far]
    assert not any(np.array_equal(one.x, other.x) for one, other in zip(near, far, strict=True))


def test_a_captioner_learns_and_its_filters_move():
    some = hiding.pictures_of([hiding.HIDING, hiding.View("cat", "table", "on")], 24, np.random.default_rng(0))
    params, words = captions.learn_outputs(some, 0, 60)
    told = captions.tell_outputs(params, words, [e.x for e in some])
    assert np.mean([a == e.y["words"] for a, e in zip(told["words"], some, strict=True)]) > 0.9
    assert not np.array_equal(params["K1"], captions.first_weights(captions.learnt_eyes, 581, len(words), 0)["K1"])
