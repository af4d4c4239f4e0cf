"""`stack_weights`: W_a = [W_aa | W_ax]."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from autograder.lessons.kit import Exercise, Generator, Inputs, Mistake, Part


def draw(rng: Generator) -> Iterator[Inputs]:
    for label, n_a, n_x in (
        ("n_a = 3, n_x = 5", 3, 5),
        ("one unit, one input", 1, 1),
    ):
        yield Inputs(label, (rng.normal(size=(n_a, n_a)), rng.normal(size=(n_a, n_x))))
    whole = rng.permutation(9)[:4].reshape(2, 2)
    yield Inputs("W_aa of whole numbers", (whole, rng.normal(size=(2, 3))), aspect="whole numbers", unusual=True)


def stack_weights(Waa: np.ndarray, Wax: np.ndarray) -> np.ndarray:
    return np.concatenate([Waa, Wax], axis=1)


RESULT = "np.concatenate([Waa, Wax], axis=1)"

# fmt: off
MISTAKES = {
    "swapped": Mistake("the order is [W_aa | W_ax], as in the stacked vector [a; x]; here W_ax stands first.", ("[Waa, Wax]", "[Wax, Waa]")),
    "on_top": Mistake("the two matrices stand side by side, (n_a, n_a + n_x); here one is on top of the other (axis=0).", (", axis=1", "")),
    "row_convention": Mistake("this is the row-vector convention, (n_a + n_x, n_a); with column vectors W_a is its transpose.", (RESULT, f"{RESULT}.T")),
    "transposed_blocks": Mistake("W_aa is transposed before it is put in place; it goes in as it is.", ("[Waa,", "[Waa.T,")),
    "added": Mistake("the two products are added, not the two matrices: the matrices only stand beside each other.", (RESULT, "Waa + Wax")),
    "product": Mistake("this is the product W_aa W_ax: the two matrices are not multiplied, they stand beside each other.", (RESULT, "Waa @ Wax")),
    "flat": Mistake("the result is flat: np.append needs an axis, axis=1 here.", (RESULT, "np.append(Waa, Wax)")),
    "filled_in_order": Mistake("the numbers are filled in row by row (reshape), so that those of W_aa and W_ax do not stay in their own rows.",
        (RESULT, "np.append(Waa, Wax).reshape(len(Waa), -1)")),
    "new_axis": Mistake("np.stack puts arrays of the same shape along a new axis; to put matrices beside each other use np.concatenate with axis=1.",
        ("concatenate", "stack")),
    "two_arguments": Mistake("np.concatenate takes the matrices as one list, np.concatenate([Waa, Wax], axis=1): a second argument is the axis.",
        (RESULT, "np.concatenate(Waa, Wax)")),
    "two_arguments_and_axis": Mistake("np.concatenate takes the matrices as one list, np.concatenate([Waa, Wax], axis=1): a second argument is the axis, which is then given twice.",
        ("[Waa, Wax]", "Waa, Wax")),
    "two_arguments_stacked": Mistake("np.hstack takes the matrices as one list or tuple, np.hstack([Waa, Wax]).",
        (RESULT, "np.hstack(Waa, Wax)")),
    "axis_2": Mistake("axes count from 0: a matrix has the axes 0 (down) and 1 (to the right); there is no axis 2.", ("axis=1", "axis=2")),
    "diagonal": Mistake("the two matrices stand on a diagonal, with zeros beside them: both belong in the same n_a rows.",
        (RESULT, "np.block([[Waa, np.zeros(Wax.shape)], [np.zeros(Waa.shape), Wax]])")),
    "type_of_waa": Mistake("W_a takes the type of W_aa: where that holds whole numbers, the fractions of W_ax are cut off; np.zeros(...) without dtype is float64.",
        (RESULT, f"{RESULT}.astype(Waa.dtype)")),
    "integers": Mistake("the fractions are cut off: the result is an array of integers (dtype=int).", (RESULT, f"{RESULT}.astype(int)")),
}
# fmt: on

EXERCISE = Exercise(
    right=stack_weights,
    draw=draw,
    visible=1,
    hidden=1,
    mistakes=MISTAKES,
    parts=(Part("W_a", axes=("n_a", "n_a + n_x")),),
)
