"""The networks equal the NumPy path, forward and in every gradient, in both implementations and with every option."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs PyTorch, which is not installed")

from tests.torch.networks import FORMS, KINDS, network_of, sides  # noqa: E402


@pytest.mark.parametrize("implementation", ["fused", "explicit"])
@pytest.mark.parametrize("masked", ["no mask", "padding", "gaps"])
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kind", KINDS)
def test_values_and_gradients_equal_the_numpy_path(kind, form, masked, implementation):
    layers, both = FORMS[form]
    net = network_of(kind, layers=layers, bidirectional=both, implementation=implementation)
    found, expected = sides(net, masked=masked)
    assert set(found) == set(expected)
    for name, value in expected.items():
        np.testing.assert_allclose(found[name], value, rtol=1e-10, atol=1e-10, err_msg=name)
        assert np.abs(value).max() > 1e-3, name


@pytest.mark.parametrize("implementation", ["fused", "explicit"])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("m", "T_x"), [(1, 1), (1, 5), (3, 1)])
def test_smallest_sizes(kind, m, T_x, implementation):
    found, expected = sides(network_of(kind, n_x=1, n_a=1, implementation=implementation), m=m, T_x=T_x)
    for name, value in expected.items():
        np.testing.assert_allclose(found[name], value, rtol=1e-10, atol=1e-10, err_msg=name)
