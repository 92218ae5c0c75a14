"""MyTorch: PyTorch's eager API on NumPy alone.

>>> import mytorch
>>> x = mytorch.tensor([1.0, 2.0], requires_grad=True)
>>> (x * x).sum().backward()
>>> x.grad
tensor([2., 4.])
"""

from __future__ import annotations

from importlib import import_module
from math import e, inf, nan, pi
from typing import TYPE_CHECKING, Any

from numpy import dtype as _dtype

from mytorch import _absent, _memory_format, _settings, autograd_engine, ops
from mytorch import tensor as _tensor
from mytorch._allocator import keep_freed_memory as _keep_freed_memory
from mytorch.engine import hooks as _hooks

# Tensor is tied to its operations here, once: they import it, so it cannot import them.
_tensor.bind(_hooks, autograd_engine, ops)
_keep_freed_memory()

from mytorch import dtypes
from mytorch._device import device, get_default_device, set_default_device
from mytorch._dtypes import get_default_dtype, set_default_dtype
from mytorch._limits import finfo, iinfo
from mytorch._memory_format import *
from mytorch._settings import *
from mytorch._shapes import Size
from mytorch.autograd_engine import Function, grad
from mytorch.dtypes import *
from mytorch.errors import DimensionError, DtypeError, LabelError, RangeError, ShapeError
from mytorch.grad_mode import (
    enable_grad,
    inference_mode,
    is_grad_enabled,
    no_grad,
    set_grad_enabled,
)
from mytorch.gradcheck import GradcheckError, gradcheck, gradgradcheck

# By family: mypy does not see through two stars inside of a cycle.
from mytorch.ops.activation import *
from mytorch.ops.aliases import *
from mytorch.ops.arithmetic import *
from mytorch.ops.bessel import *
from mytorch.ops.binary import *
from mytorch.ops.broadcasting import *
from mytorch.ops.comparison import *
from mytorch.ops.contractions import *
from mytorch.ops.conversion import *
from mytorch.ops.covariance import *
from mytorch.ops.creation import *
from mytorch.ops.decompositions import *
from mytorch.ops.diagonals import *
from mytorch.ops.differences import *
from mytorch.ops.distances import *
from mytorch.ops.draws import *
from mytorch.ops.elementwise import *
from mytorch.ops.entropies import *
from mytorch.ops.error_functions import *
from mytorch.ops.extremes import *
from mytorch.ops.gamma_functions import *
from mytorch.ops.histograms import *
from mytorch.ops.indexing import *
from mytorch.ops.joining import *
from mytorch.ops.kinds import *
from mytorch.ops.linalg import *
from mytorch.ops.norms import *
from mytorch.ops.products import *
from mytorch.ops.quantiles import *
from mytorch.ops.reduction import *
from mytorch.ops.scans import *
from mytorch.ops.scattering import *
from mytorch.ops.searching import *
from mytorch.ops.selection import *
from mytorch.ops.shaping import *
from mytorch.ops.shuffles import *
from mytorch.ops.signal_windows import *
from mytorch.ops.softmaxes import *
from mytorch.ops.stacking import *
from mytorch.ops.strides import *
from mytorch.ops.systems import *
from mytorch.ops.trigonometry import *
from mytorch.random import (
    Generator,
    default_generator,
    fork_rng,
    get_rng_state,
    initial_seed,
    manual_seed,
    seed,
    set_rng_state,
)
from mytorch.tensor import Tensor

if TYPE_CHECKING:
    tensor: _tensor.TensorModule
    from mytorch import (
        accelerator,
        amp,
        autograd,
        backends,
        cuda,
        distributed,
        distributions,
        func,
        linalg,
        nn,
        onnx,
        optim,
        special,
        testing,
        utils,
    )
    from mytorch._legacy import set_default_tensor_type
    from mytorch.amp import GradScaler, autocast
    from mytorch.compiler import CompileError, compile
    from mytorch.files import load, save
    from mytorch.func import vmap
    from mytorch.watcher import watch

    dtype = _dtype
    BoolTensor = ByteTensor = CharTensor = DoubleTensor = FloatTensor = HalfTensor = Tensor
    IntTensor = LongTensor = ShortTensor = Tensor
else:
    # What a program may do without is loaded when it is first asked for: it would be much of the
    # time of the import.
    LATER = (
        *(
            "accelerator",
            "amp",
            "autograd",
            "backends",
            "compiler",
            "cuda",
            "distributed",
            "distributions",
            "files",
            "func",
            "linalg",
            "nn",
            "onnx",
        ),
        *("optim", "special", "testing", "utils"),
    )

    # PyTorch has these both here and in nn.functional, with the same arguments.
    FUNCTIONAL = {
        *("adaptive_avg_pool1d", "alpha_dropout", "avg_pool1d", "bilinear", "celu", "conv1d"),
        *("conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d"),
        *("cosine_similarity", "dropout", "feature_alpha_dropout", "group_norm", "hardshrink"),
        *("layer_norm", "max_pool1d", "max_pool2d", "max_pool3d", "pairwise_distance", "prelu"),
        *("rms_norm", "rrelu", "selu", "threshold"),
    }

    def __getattr__(name: str) -> Any:
        if name in LATER:
            return import_module(f"mytorch.{name}")
        if name in ("CompileError", "compile"):
            return getattr(import_module("mytorch.compiler"), name)
        if name in ("GradScaler", "autocast"):
            return getattr(import_module("mytorch.amp"), name)
        if name in ("load", "save"):
            return getattr(import_module("mytorch.files"), name)
        if name in FUNCTIONAL:
            return getattr(import_module("mytorch.nn.functional"), name)
        # A type that another made cannot be watched where it is. Asked for anew it need not be.
        if name == "dtype":
            return _dtype
        if name.endswith("Tensor") and name in __all__:
            return import_module("mytorch._legacy").CONSTRUCTORS[name]
        if name == "set_default_tensor_type":
            return import_module("mytorch._legacy").set_default_tensor_type
        if name == "vmap":
            return import_module("mytorch.func").vmap
        if name == "watch":
            return import_module("mytorch.watcher").watch
        # Of what tensors do in place PyTorch has the most here, too.
        if (name.endswith("_") or name == "detach") and name in _absent.names(__name__):
            method = getattr(Tensor, name, None)
            if method is not None:
                return method
        return _absent.finder(__name__)(name)

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})


__version__ = "0.1.0"

newaxis = None

__all__ = [
    "BoolTensor",
    "ByteTensor",
    "CharTensor",
    "CompileError",
    "DimensionError",
    "DoubleTensor",
    "DtypeError",
    "FloatTensor",
    "Function",
    "Generator",
    "GradScaler",
    "GradcheckError",
    "HalfTensor",
    "IntTensor",
    "LabelError",
    "LongTensor",
    "RangeError",
    "ShapeError",
    "ShortTensor",
    "Size",
    "Tensor",
    "accelerator",
    "amp",
    "autocast",
    "autograd",
    "backends",
    "compile",
    "cuda",
    "default_generator",
    "device",
    "distributed",
    "distributions",
    "dtype",
    "e",
    "enable_grad",
    "finfo",
    "fork_rng",
    "func",
    "get_default_device",
    "get_default_dtype",
    "get_rng_state",
    "grad",
    "gradcheck",
    "gradgradcheck",
    "iinfo",
    "inf",
    "inference_mode",
    "initial_seed",
    "is_grad_enabled",
    "linalg",
    "load",
    "manual_seed",
    "nan",
    "newaxis",
    "nn",
    "no_grad",
    "onnx",
    "optim",
    "pi",
    "save",
    "seed",
    "set_default_device",
    "set_default_dtype",
    "set_default_tensor_type",
    "set_grad_enabled",
    "set_rng_state",
    "special",
    "tensor",
    "testing",
    "utils",
    "vmap",
    "watch",
]
__all__ += _memory_format.__all__
__all__ += _settings.__all__
__all__ += dtypes.__all__
__all__ += ops.__all__
