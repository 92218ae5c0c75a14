"""The operations that PyTorch has at its top level, by family.

Each file has the classes (forward and backward side by side) and the functions that call them;
its `__all__` names the functions, which `mytorch` exports and Tensor has as methods.
"""

from __future__ import annotations

from mytorch.ops import (
    activation,
    aliases,
    arithmetic,
    bessel,
    binary,
    broadcasting,
    comparison,
    contractions,
    conversion,
    covariance,
    creation,
    decompositions,
    diagonals,
    differences,
    distances,
    draws,
    elementwise,
    entropies,
    error_functions,
    extremes,
    gamma_functions,
    histograms,
    indexing,
    joining,
    kinds,
    linalg,
    norms,
    products,
    quantiles,
    reduction,
    scans,
    scattering,
    searching,
    selection,
    shaping,
    shuffles,
    signal_windows,
    softmaxes,
    stacking,
    strides,
    systems,
    trigonometry,
)
from mytorch.ops.activation import *
from mytorch.ops.aliases import *
from mytorch.ops.arithmetic import *
from mytorch.ops.arithmetic import Add as Add
from mytorch.ops.arithmetic import Div as Div
from mytorch.ops.arithmetic import Mul as Mul
from mytorch.ops.arithmetic import Pow as Pow
from mytorch.ops.arithmetic import Sub as Sub
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
from mytorch.ops.indexing import get_item as get_item
from mytorch.ops.inplace import set_item as set_item
from mytorch.ops.joining import *
from mytorch.ops.kinds import *
from mytorch.ops.linalg import *
from mytorch.ops.methods import METHODS as METHODS
from mytorch.ops.methods import in_place_method as in_place_method
from mytorch.ops.methods import shaping_method as shaping_method
from mytorch.ops.norms import *
from mytorch.ops.numpy_calls import array_function as array_function
from mytorch.ops.numpy_calls import array_ufunc as array_ufunc
from mytorch.ops.products import *
from mytorch.ops.quantiles import *
from mytorch.ops.reduction import *
from mytorch.ops.scans import *
from mytorch.ops.scattering import *
from mytorch.ops.searching import *
from mytorch.ops.selection import *
from mytorch.ops.shaping import *
from mytorch.ops.shaping import Transpose as Transpose
from mytorch.ops.shuffles import *
from mytorch.ops.signal_windows import *
from mytorch.ops.softmaxes import *
from mytorch.ops.stacking import *
from mytorch.ops.strides import *
from mytorch.ops.systems import *
from mytorch.ops.trigonometry import *

__all__: list[str] = []
__all__ += activation.__all__
__all__ += aliases.__all__
__all__ += arithmetic.__all__
__all__ += bessel.__all__
__all__ += binary.__all__
__all__ += broadcasting.__all__
__all__ += comparison.__all__
__all__ += contractions.__all__
__all__ += conversion.__all__
__all__ += covariance.__all__
__all__ += creation.__all__
__all__ += decompositions.__all__
__all__ += diagonals.__all__
__all__ += differences.__all__
__all__ += distances.__all__
__all__ += draws.__all__
__all__ += elementwise.__all__
__all__ += entropies.__all__
__all__ += error_functions.__all__
__all__ += extremes.__all__
__all__ += gamma_functions.__all__
__all__ += histograms.__all__
__all__ += indexing.__all__
__all__ += joining.__all__
__all__ += kinds.__all__
__all__ += linalg.__all__
__all__ += norms.__all__
__all__ += products.__all__
__all__ += quantiles.__all__
__all__ += reduction.__all__
__all__ += scans.__all__
__all__ += scattering.__all__
__all__ += searching.__all__
__all__ += selection.__all__
__all__ += shaping.__all__
__all__ += shuffles.__all__
__all__ += signal_windows.__all__
__all__ += softmaxes.__all__
__all__ += stacking.__all__
__all__ += strides.__all__
__all__ += trigonometry.__all__
__all__ += systems.__all__
