"""What weights a network has, and what reads them."""

import pytest
from networks import SHIPPED, random_network, weights_of

from immunostain.network.unet import load_network
from immunostain.network.weights import WIDTHS, read_weights, weight_shapes, widths_of


@pytest.mark.parametrize("widths", [(3,), (4, 6), (2, 3, 4, 5), WIDTHS])
def test_the_shapes_are_those_of_the_network(widths):
    weights = weights_of(random_network(*widths))
    assert weight_shapes(widths) == {name: value.shape for name, value in weights.items()}
    assert widths_of(weights) == widths


def test_weights_are_read_as_the_network_has_them():
    read, loaded = read_weights(SHIPPED), weights_of(load_network(SHIPPED))
    assert set(read) == set(loaded) and widths_of(read) == WIDTHS
    assert all((read[name] == loaded[name]).all() for name in read)


@pytest.mark.parametrize("levels", [0, 5])
def test_more_resolutions_than_tiles_allow_are_refused(levels):
    weights = weights_of(random_network(*[2] * levels)) if levels else {"out.bias": None}
    with pytest.raises(ValueError, match="further"):
        widths_of(weights)
