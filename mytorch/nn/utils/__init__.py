"""What is done beside the layers: clipping gradients, sequences of many lengths (`rnn`), parameters
as a vector, weights by length and direction, batch norms put into the layer before."""

from typing import TYPE_CHECKING

from mytorch._absent import finder
from mytorch.nn.utils import rnn as rnn
from mytorch.nn.utils.clip_grad import clip_grad_norm_, clip_grad_value_
from mytorch.nn.utils.convert_parameters import parameters_to_vector, vector_to_parameters
from mytorch.nn.utils.fusion import (
    fuse_conv_bn_eval,
    fuse_conv_bn_weights,
    fuse_linear_bn_eval,
    fuse_linear_bn_weights,
)
from mytorch.nn.utils.weight_norm import remove_weight_norm, weight_norm

__all__ = [
    "clip_grad_norm_",
    "clip_grad_value_",
    "fuse_conv_bn_eval",
    "fuse_conv_bn_weights",
    "fuse_linear_bn_eval",
    "fuse_linear_bn_weights",
    "parameters_to_vector",
    "remove_weight_norm",
    "vector_to_parameters",
    "weight_norm",
]

if not TYPE_CHECKING:
    __getattr__ = finder(__name__)
