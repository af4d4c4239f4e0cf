"""The worked example, a language model of source code's characters: the same command on the CPU and on a GPU."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is an extra of seqlib: pip install -e '.[torch]'")

from seqlib.torch import LanguageModel, train_characters  # noqa: E402

SMALL = "--device cpu --units 8 --batch 4 --length 12 --batches 3 --scored 1500 --sample 20".split()


def small_model():
    return LanguageModel(n_words=4, n_e=3, n_a=5, rng=np.random.default_rng(0), dtype=torch.float64)


def test_unknown_characters_are_the_last_of_the_alphabet():
    assert train_characters.encode_text("abé", "ab?").tolist() == [0, 1, 2]


def test_batches_are_pieces_of_the_text():
    text = np.arange(50)
    batches = list(train_characters.window_batches(text, 3, 8, 5)(np.random.default_rng(0)))
    assert len(batches) == 5
    for (piece,) in batches:
        assert piece.shape == (3, 8) and (np.diff(piece, axis=1) == 1).all()


def test_a_text_shorter_than_a_piece_is_refused():
    with pytest.raises(ValueError, match="text has 8 characters"):
        train_characters.window_batches(np.arange(8), 2, 8, 1)


def test_bits_are_the_mean_over_all_characters():
    model, text = small_model(), np.random.default_rng(1).integers(0, 4, size=60)
    whole = float(model.loss(torch.from_numpy(text.reshape(3, 20)), reduction="token").detach()) / np.log(2)
    assert train_characters.bits(model, text, T_x=20) == pytest.approx(whole, rel=1e-12)


def test_a_text_is_drawn_from_the_models_probabilities():
    model = small_model()
    with torch.no_grad():
        model.output.by[2] = 50.0
    assert train_characters.write(model, "abcd", 6, np.random.default_rng(0)) == "cccccc"


def test_the_command_trains_scores_and_goes_on(tmp_path, capsys):
    run = ["--checkpoint", str(tmp_path / "run.pt")]
    train_characters.main([*SMALL, "--epochs", "2"])
    whole = capsys.readouterr().out
    train_characters.main([*SMALL, "--epochs", "1", *run])
    capsys.readouterr()
    train_characters.main([*SMALL, "--epochs", "2", *run])
    assert capsys.readouterr().out == whole
    assert "bits per character after each epoch" in whole and "test: " in whole
