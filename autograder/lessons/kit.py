"""What the modules of a lesson are made of, for one import."""

from autograder.lessons.drawing import (
    Generator,
    Inputs,
    different,
    gradient_parts,
    gru_parameters,
    listed,
    lstm_parameters,
    mask_of,
    rnn_parameters,
    shuffled,
    unsorted,
)
from autograder.lessons.exercise import Exercise
from autograder.lessons.mistake import Mistake
from seqlib.exercises.checks import Part

__all__ = [
    "Exercise",
    "Generator",
    "Inputs",
    "Mistake",
    "Part",
    "different",
    "gradient_parts",
    "gru_parameters",
    "listed",
    "lstm_parameters",
    "mask_of",
    "rnn_parameters",
    "shuffled",
    "unsorted",
]
