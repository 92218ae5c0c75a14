"""What is done beside the layers: clipping gradients, sequences of many lengths (`rnn`), parameters
as a vector, weights that are computed (`parametrize`), by length and direction, of a largest
singular value of 1 or orthogonal (`parametrizations`), pruned ones (`prune`), batch norms put into
the layer before."""

from typing import TYPE_CHECKING

from mytorch._absent import finder
from mytorch.nn.utils import parametrizations as parametrizations
from mytorch.nn.utils import parametrize as parametrize
from mytorch.nn.utils import prune as prune
from mytorch.nn.utils import rnn as rnn
from mytorch.nn.utils.clip_grad import (
    clip_grad_norm,
    clip_grad_norm_,
    clip_grad_value_,
    clip_grads_with_norm_,
    get_total_norm,
)
from mytorch.nn.utils.convert_parameters import parameters_to_vector, vector_to_parameters
from mytorch.nn.utils.fusion import (
    fuse_conv_bn_eval,
    fuse_conv_bn_weights,
    fuse_linear_bn_eval,
    fuse_linear_bn_weights,
)
from mytorch.nn.utils.init import skip_init
from mytorch.nn.utils.spectral_norm import remove_spectral_norm, spectral_norm
from mytorch.nn.utils.weight_norm import remove_weight_norm, weight_norm

__all__ = [
    "clip_grad_norm",
    "clip_grad_norm_",
    "clip_grad_value_",
    "clip_grads_with_norm_",
    "fuse_conv_bn_eval",
    "fuse_conv_bn_weights",
    "fuse_linear_bn_eval",
    "fuse_linear_bn_weights",
    "get_total_norm",
    "parameters_to_vector",
    "remove_spectral_norm",
    "remove_weight_norm",
    "skip_init",
    "spectral_norm",
    "vector_to_parameters",
    "weight_norm",
]

if not TYPE_CHECKING:
    __getattr__ = finder(__name__)
