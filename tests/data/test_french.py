"""French numbers: the words are those of num2words, and the bundled network reads numbers that it never saw."""

import numpy as np
import pytest

import seqlib
from seqlib.data import french, train_french
from seqlib.data.french import french_numbers, french_words, read_numbers


def test_every_number_is_written_as_num2words_writes_it():
    num2words = pytest.importorskip("num2words").num2words
    for number in range(1000):
        assert french_words(number) == num2words(number, lang="fr").replace("-", " ").split()


def test_every_word_is_in_the_list_and_every_number_has_its_own_words():
    texts = [french_words(number) for number in range(1000)]
    assert {word for text in texts for word in text} == set(french.WORDS)
    assert len({" ".join(text) for text in texts}) == 1000
    assert len(set(french.WORDS)) == len(french.WORDS)


@pytest.mark.parametrize("number", [-1, 1000, 2.5])
def test_other_numbers_are_refused(number):
    with pytest.raises(ValueError, match="from 0 to 999"):
        french_words(number)


def test_a_number_is_in_one_split_only():
    dataset = french_numbers()
    assert dataset.sizes == {"train": 700, "valid": 100, "test": 200}
    everything = dataset.train + dataset.valid + dataset.test
    assert len({"".join(example.y) for example in everything}) == 1000
    assert all(example.x == french_words(int("".join(example.y))) for example in everything)
    with pytest.raises(ValueError, match="1001 were asked for"):
        french_numbers(train=701)


def right(examples, reader=None):
    written = read_numbers([example.x for example in examples], reader)
    return np.mean([one == "".join(example.y) for one, example in zip(written, examples, strict=True)])


def test_the_bundled_network_reads_numbers_that_it_never_saw():
    assert right(french_numbers().test) > 0.85


def test_a_number_is_read_the_same_alone_and_in_a_batch():
    texts = [french_words(number) for number in (7, 97, 199, 999)]
    assert read_numbers(texts) == [read_numbers([text])[0] for text in texts]


def test_a_word_of_no_number_is_refused():
    with pytest.raises(ValueError, match="'mille' is no word"):
        read_numbers([["mille"]])


def test_training_again_gives_the_bundled_network(tmp_path):
    train_french.main(["--out", str(tmp_path / "new" / "reader.npz")])
    with np.load(tmp_path / "new" / "reader.npz") as made:
        halves = tuple(
            {name.removeprefix(part): made[name].astype(float) for name in made.files if name.startswith(part)}
            for part in ("encoder/", "decoder/")
        )
    for new, stored in zip(halves, french.load_reader(), strict=True):
        assert {name: value.shape for name, value in new.items()} == {
            name: value.shape for name, value in stored.items()
        }
    assert right(french_numbers().test, halves) > 0.85


def test_the_plain_network_computes_what_the_translator_computes():
    rng = np.random.default_rng(0)
    params = seqlib.translator_parameters(rng, n_source=len(french.WORDS), n_target=11, n_e=5, n_a=6, cell="rnn")
    encoder = train_french.plain_network(params, "encoder/")
    words = rng.integers(0, len(french.WORDS), size=(2, 4))
    (states, _), _ = seqlib.encoder_forward(
        words, {name.removeprefix("encoder/"): params[name] for name in params if name.startswith("encoder/")}, "rnn"
    )
    a = seqlib.rnn_forward(seqlib.one_hot(words, len(french.WORDS)), np.zeros((6, 2)), encoder)[0]
    np.testing.assert_allclose(a[:, :, -1], states[0], rtol=1e-12)
