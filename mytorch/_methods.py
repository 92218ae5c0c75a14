"""The operations as methods of Tensor, by name.

A function of `mytorch.ops` is the method of its name: the tensor is its first argument. What is
a method alone is in `ops/methods.py`. `_methods.pyi` has the types of all: `python -m tests.stub`
writes it.
"""

from types import ModuleType

__all__ = ["Methods"]

# Functions that are no methods, beside those that make tensors.
FUNCTIONS_ALONE = """
    atleast_1d atleast_2d atleast_3d binomial block_diag broadcast_shapes broadcast_tensors
    bucketize can_cast histogramdd pdist promote_types result_type unravel_index vander
    bartlett_window blackman_window hamming_window hann_window kaiser_window
    cartesian_prod cat cdist channel_shuffle column_stack combinations concat concatenate
    cumulative_trapezoid dstack einsum gradient hstack is_tensor isin lu_unpack matrix_transpose
    meshgrid normal numel pixel_shuffle pixel_unshuffle poisson polygamma rand rand_like randint
    randint_like randn randn_like randperm row_stack rsub searchsorted stack std_mean tensordot
    trapezoid trapz var_mean vstack
"""

# What has a method in place, too: `add_`.
IN_PLACE = """
    add sub mul div floor_divide remainder pow neg square
    abs sign exp expm1 log log1p log2 log10 sqrt rsqrt reciprocal sin cos floor ceil trunc round
    erf erfc erfinv lgamma digamma mvlgamma polygamma i0 xlogy
    relu sigmoid tanh clamp clip clamp_min clamp_max cumsum cumprod
    bitwise_and bitwise_or bitwise_xor bitwise_not
    masked_fill masked_scatter index_put put scatter scatter_add scatter_reduce index_add index_copy
    index_fill index_reduce renorm tril triu addmm
    absolute acos acosh addbmm addcdiv addcmul addmv addr arccos arccosh arcsin arcsinh arctan
    arctan2 arctanh asin asinh atan atan2 atanh baddbmm bitwise_left_shift bitwise_right_shift
    copysign cosh deg2rad divide exp2 fix float_power fmod frac gcd heaviside hypot lcm ldexp lerp
    logit multiply nan_to_num negative nextafter rad2deg sgn sinc sinh subtract tan true_divide
"""

# These have one, too, but no gradient: it overwrites what was there, in the tensor's dtype.
OVERWRITING = """
    eq ne lt le gt ge logical_and logical_or logical_xor logical_not
    greater greater_equal less less_equal not_equal
"""

# These have one that shows the memory in another shape.
SHAPING = "squeeze swapaxes swapdims t transpose unsqueeze"

# At the address of the write-up's starter code: static, `Tensor.zeros(2, 3)`.
STATIC = "arange empty ones randn zeros"


class Methods:
    """The base of Tensor that holds the operations."""

    __slots__ = ()


def bind(ops: ModuleType) -> None:
    """Gives Tensor the operations, which import it."""
    no_methods = {*ops.creation.__all__, *FUNCTIONS_ALONE.split()}
    methods = {name: getattr(ops, name) for name in ops.__all__ if name not in no_methods}
    methods |= ops.METHODS
    for name in f"{IN_PLACE} {OVERWRITING}".split():
        methods[f"{name}_"] = ops.in_place_method(methods[name], name in OVERWRITING.split())
    for name in SHAPING.split():
        methods[f"{name}_"] = ops.shaping_method(methods[name])
    for name in STATIC.split():
        methods[name] = staticmethod(getattr(ops, name))
    for name, method in methods.items():
        setattr(Methods, name, method)
