"""The operations, by family: in each file forward and backward side by side."""

from mytorch.ops.activation import LogSoftmax, ReLU, Sigmoid, Softmax, Tanh
from mytorch.ops.arithmetic import Add, Div, Mul, Neg, Pow, Sub
from mytorch.ops.broadcasting import Expand, SumTo, expand
from mytorch.ops.comparison import compare
from mytorch.ops.elementwise import Abs, Cast, Clone, Exp, Log, Sqrt
from mytorch.ops.linalg import Affine, MatMul
from mytorch.ops.loss import CrossEntropy
from mytorch.ops.normalization import BatchNorm
from mytorch.ops.reduction import Max, Mean, Min, Sum, Var, arg_extreme, extreme_along
from mytorch.ops.selection import Index, Unindex, Where, where
from mytorch.ops.shaping import Cat, Reshape, Transpose, swap_axes

__all__ = [
    "Abs",
    "Add",
    "Affine",
    "BatchNorm",
    "Cast",
    "Cat",
    "Clone",
    "CrossEntropy",
    "Div",
    "Exp",
    "Expand",
    "Index",
    "Log",
    "LogSoftmax",
    "MatMul",
    "Max",
    "Mean",
    "Min",
    "Mul",
    "Neg",
    "Pow",
    "ReLU",
    "Reshape",
    "Sigmoid",
    "Softmax",
    "Sqrt",
    "Sub",
    "Sum",
    "SumTo",
    "Tanh",
    "Transpose",
    "Unindex",
    "Var",
    "Where",
    "arg_extreme",
    "compare",
    "expand",
    "extreme_along",
    "swap_axes",
    "where",
]
