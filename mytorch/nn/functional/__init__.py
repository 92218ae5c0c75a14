"""The functions that layers and losses call, by PyTorch's names, and the address that the write-up
gives to the classes of the operations (`Add`, `Sub`, ... used as `Add.apply(a, b)`).

What PyTorch has at its top level too is defined in `mytorch.ops`, the rest in the files of this
room, forward and backward of each operation side by side.
"""

from typing import TYPE_CHECKING

from mytorch._absent import finder
from mytorch.nn.functional import (
    affine,
    attention,
    average_pooling,
    convolutions,
    cross_entropies,
    ctc,
    distances,
    dropouts,
    folding,
    fractional_pooling,
    likelihoods,
    linear_cross_entropies,
    lookup,
    losses,
    margins,
    max_pooling,
    multihead,
    normalizations,
    padding,
    piecewise_activations,
    resizing,
    sampling,
    smooth_activations,
)
from mytorch.nn.functional.affine import *
from mytorch.nn.functional.attention import *
from mytorch.nn.functional.average_pooling import *
from mytorch.nn.functional.convolutions import *
from mytorch.nn.functional.convolutions import Conv1d, Conv2d, Convolution
from mytorch.nn.functional.cross_entropies import *
from mytorch.nn.functional.ctc import *
from mytorch.nn.functional.distances import *
from mytorch.nn.functional.dropouts import *
from mytorch.nn.functional.folding import *
from mytorch.nn.functional.fractional_pooling import *
from mytorch.nn.functional.likelihoods import *
from mytorch.nn.functional.linear_cross_entropies import *
from mytorch.nn.functional.lookup import *
from mytorch.nn.functional.losses import *
from mytorch.nn.functional.margins import *
from mytorch.nn.functional.max_pooling import *
from mytorch.nn.functional.multihead import *
from mytorch.nn.functional.normalizations import *
from mytorch.nn.functional.padding import *
from mytorch.nn.functional.piecewise_activations import *
from mytorch.nn.functional.piecewise_activations import ELU, Hardswish, Hardtanh, LeakyReLU
from mytorch.nn.functional.resizing import *
from mytorch.nn.functional.sampling import *
from mytorch.nn.functional.smooth_activations import *
from mytorch.nn.functional.smooth_activations import Softplus
from mytorch.ops import (
    channel_shuffle,
    log_softmax,
    pdist,
    pixel_shuffle,
    pixel_unshuffle,
    sigmoid,
    softmax,
    tanh,
)
from mytorch.ops.activation import ReLU, Sigmoid, Tanh
from mytorch.ops.arithmetic import Add, Div, Mul, Neg, Pow, Remainder, RoundedDiv, Sub
from mytorch.ops.broadcasting import Expand, SumTo
from mytorch.ops.conversion import Cast, Clone
from mytorch.ops.diagonals import Diagonal, Undiagonal
from mytorch.ops.elementwise import (
    Abs,
    Cos,
    Exp,
    Expm1,
    Log,
    Log1p,
    Log2,
    Log10,
    Reciprocal,
    Rsqrt,
    Sin,
    Sqrt,
    Step,
)
from mytorch.ops.error_functions import Erf, Erfc
from mytorch.ops.extremes import Clamp, Max, Maximum, Min, Minimum
from mytorch.ops.indexing import Index, Unindex
from mytorch.ops.joining import Cat
from mytorch.ops.linalg import MatMul
from mytorch.ops.norms import Norm
from mytorch.ops.reduction import LogSumExp, Mean, Prod, Std, Sum, Var
from mytorch.ops.scans import CumProd, CumSum
from mytorch.ops.selection import Where
from mytorch.ops.shaping import Flip, Reshape, Roll, Transpose
from mytorch.ops.softmaxes import LogSoftmax, Softmax

__all__ = [
    "ELU",
    "Abs",
    "Add",
    "Cast",
    "Cat",
    "Clamp",
    "Clone",
    "Conv1d",
    "Conv2d",
    "Convolution",
    "Cos",
    "CumProd",
    "CumSum",
    "Diagonal",
    "Div",
    "Erf",
    "Erfc",
    "Exp",
    "Expand",
    "Expm1",
    "Flip",
    "Hardswish",
    "Hardtanh",
    "Index",
    "LeakyReLU",
    "Log",
    "Log1p",
    "Log2",
    "Log10",
    "LogSoftmax",
    "LogSumExp",
    "MatMul",
    "Max",
    "Maximum",
    "Mean",
    "Min",
    "Minimum",
    "Mul",
    "Neg",
    "Norm",
    "Pow",
    "Prod",
    "ReLU",
    "Reciprocal",
    "Remainder",
    "Reshape",
    "Roll",
    "RoundedDiv",
    "Rsqrt",
    "Sigmoid",
    "Sin",
    "Softmax",
    "Softplus",
    "Sqrt",
    "Std",
    "Step",
    "Sub",
    "Sum",
    "SumTo",
    "Tanh",
    "Transpose",
    "Undiagonal",
    "Unindex",
    "Var",
    "Where",
    "channel_shuffle",
    "log_softmax",
    "pdist",
    "pixel_shuffle",
    "pixel_unshuffle",
    "sigmoid",
    "softmax",
    "tanh",
]
__all__ += affine.__all__
__all__ += attention.__all__
__all__ += average_pooling.__all__
__all__ += convolutions.__all__
__all__ += cross_entropies.__all__
__all__ += ctc.__all__
__all__ += distances.__all__
__all__ += dropouts.__all__
__all__ += folding.__all__
__all__ += fractional_pooling.__all__
__all__ += likelihoods.__all__
__all__ += linear_cross_entropies.__all__
__all__ += lookup.__all__
__all__ += losses.__all__
__all__ += margins.__all__
__all__ += max_pooling.__all__
__all__ += multihead.__all__
__all__ += normalizations.__all__
__all__ += padding.__all__
__all__ += piecewise_activations.__all__
__all__ += resizing.__all__
__all__ += sampling.__all__
__all__ += smooth_activations.__all__

if not TYPE_CHECKING:
    __getattr__ = finder(__name__)
