"""Recurrent layers, RNN, LSTM and GRU, and their cells, which do one step."""

from __future__ import annotations

import warnings
from numbers import Real
from typing import Any

import numpy as np

from mytorch._checks import flag, kind_of, option
from mytorch._device import DeviceLike
from mytorch._kernels.constants import full
from mytorch._kernels.steps import Sizes, last_places, turned
from mytorch._shapes import Shape
from mytorch.dtypes import DTypeLike
from mytorch.errors import DtypeError, RangeError, ShapeError
from mytorch.grad_mode import no_grad
from mytorch.nn import functional as F
from mytorch.nn.containers import require_few
from mytorch.nn.functional import recurrences
from mytorch.nn.module import Module
from mytorch.nn.parameter import unset
from mytorch.nn.utils.rnn import PackedSequence
from mytorch.ops import cat
from mytorch.ops.indexing import Found
from mytorch.tensor import Tensor, wrap

__all__ = ["GRU", "LSTM", "RNN", "GRUCell", "LSTMCell", "RNNBase", "RNNCell", "RNNCellBase"]

_INT64 = np.dtype(np.int64)
GATES = {"LSTM": 4, "GRU": 3, "RNN_TANH": 1, "RNN_RELU": 1}


def _check_dtypes(kind: str, weight: Tensor, *tensors: Tensor) -> None:
    """Refuses tensors of another dtype than the weight's."""
    for tensor in tensors:
        if tensor.dtype is not weight.dtype and tensor.dtype != weight.dtype:
            raise DtypeError(
                f"{kind}: expected input and states of the parameters' dtype {weight.dtype}, got "
                f"{tensor.dtype}; convert them with x.to({weight.dtype.name!r}), or the model with "
                f"model.to({tensor.dtype.name!r})"
            )


def _reset(module: Module, hidden_size: int) -> None:
    bound = 1 / np.sqrt(hidden_size)
    with no_grad():
        for parameter in module.parameters():
            parameter.copy_(Tensor(np.random.uniform(-bound, bound, parameter.shape)))


def _size(kind: str, name: str, value: Any, least: int = 1) -> None:
    if not isinstance(value, (int, np.integer)) or isinstance(value, bool):
        raise TypeError(f"{kind}: expected an integer as {name}, got {kind_of(value)} {value!r}")
    if value < least:
        raise RangeError(f"{kind}: expected {name} to be at least {least}, got {value}")


class RNNBase(Module):
    """What RNN, LSTM and GRU are: `mode` is "RNN_TANH", "RNN_RELU", "LSTM" or "GRU"; these layers
    take the options that follow it.

    Arguments:
        input_size, hidden_size: the features of an input, and of a state.
        num_layers: each further layer has the outputs of the one before as inputs.
        bias: whether there are biases.
        batch_first: whether inputs and outputs are (N, T, features) instead of (T, N, features).
            States never are.
        dropout: the probability with which, in training, an output of any layer but the last is
            replaced by 0.
        bidirectional: whether each layer has a second half, which reads the steps from the end.
        proj_size: of LSTM alone, the features of h where they are fewer than those of c: by one
            more weight, `weight_hr_l0`.

    The parameters have PyTorch's names: `weight_ih_l0` (gates * hidden_size, input_size),
    `weight_hh_l0` (gates * hidden_size, hidden_size), `bias_ih_l0`, `bias_hh_l0`, further layers
    `_l1`, the second directions `_l0_reverse`; all are drawn from the uniform distribution within
    1 / sqrt(hidden_size) of 0 by NumPy's global generator.
    """

    weight_ih_l0: Tensor

    def __init__(
        self,
        mode: str,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        device: DeviceLike | None = None,
        dtype: DTypeLike | None = None,
    ) -> None:
        super().__init__()
        kind = type(self).__name__
        if mode not in GATES:
            raise RangeError(f"{kind}: expected as mode one of {list(GATES)}, got {mode!r}")
        _size(kind, "input_size", input_size)
        _size(kind, "hidden_size", hidden_size)
        _size(kind, "num_layers", num_layers)
        require_few(kind, num_layers)
        _size(kind, "proj_size", proj_size, 0)
        if proj_size >= hidden_size:
            raise RangeError(
                f"{kind}: expected proj_size to be smaller than hidden_size, {hidden_size}, got "
                f"{proj_size}"
            )
        if proj_size and mode != "LSTM":
            raise RangeError(f"{kind}: only an LSTM has a projection; leave proj_size out")
        number = isinstance(dropout, Real) and not isinstance(dropout, bool)
        if not number or not 0 <= dropout <= 1:
            raise RangeError(f"{kind}: expected as dropout a probability, got {dropout!r}")
        if dropout and num_layers == 1:
            warnings.warn(
                f"{kind}: dropout is between layers, and there is one: dropout={dropout} does "
                "nothing with num_layers=1",
                stacklevel=3,
            )
        self.mode = mode
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.num_layers = num_layers
        self.bias = flag(kind, "bias", bias)
        self.batch_first = flag(kind, "batch_first", batch_first)
        self.dropout = float(dropout)
        self.bidirectional = option(kind, "bidirectional", bidirectional)
        self.proj_size = proj_size
        # By layer, then direction.
        self._all_weights: list[list[str]] = []
        rows, out = GATES[mode] * hidden_size, proj_size or hidden_size
        directions = ("", "_reverse") if self.bidirectional else ("",)
        for layer in range(num_layers):
            features = out * len(directions) if layer else input_size
            shapes: dict[str, Shape] = {"weight_ih": (rows, features), "weight_hh": (rows, out)}
            if self.bias:
                shapes |= {"bias_ih": (rows,), "bias_hh": (rows,)}
            if proj_size:
                shapes["weight_hr"] = (proj_size, hidden_size)
            for direction in directions:
                names = {name: f"{name}_l{layer}{direction}" for name in shapes}
                for name, shape in shapes.items():
                    setattr(self, names[name], unset(*shape, device=device, dtype=dtype))
                self._all_weights.append([*names.values()])
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draws all parameters anew."""
        _reset(self, self.hidden_size)

    def flatten_parameters(self) -> None:
        """Does nothing: on other devices PyTorch moves the parameters next to each other."""

    @property
    def all_weights(self) -> list[list[Tensor]]:
        """The parameters of each layer and direction."""
        return [[getattr(self, name) for name in names] for names in self._all_weights]

    def forward(self, input: Any, hx: Any = None) -> Any:
        """The outputs of the last layer, and the states after the last step.

        Arguments:
            input: (T, N, input_size), with batch_first (N, T, input_size), or without a batch
                (T, input_size); or a PackedSequence.
            hx: the states before the first step, (num_layers * directions, N, hidden_size), without
                a batch (num_layers * directions, hidden_size), or zeros if None; of an LSTM the
                pair (h, c).

        The outputs are h after each step, (T, N, directions * hidden_size) or as the input is. Of
        an LSTM the states are the pair (h, c), also of fewer features with `proj_size`.

        Raises ShapeError for shapes that do not fit, DtypeError for tensors of another dtype than
        the parameters'.
        """
        kind, sizes, order = type(self).__name__, None, None
        x = input.data if isinstance(input, PackedSequence) else input
        if not isinstance(x, Tensor):
            raise TypeError(
                f"{kind}: expected a Tensor or PackedSequence, got {kind_of(x, Tensor)}"
            )
        if isinstance(input, PackedSequence):
            sizes, order = _sizes(kind, input), input.unsorted_indices
            fits, batched = x.ndim == 2, True
        else:
            fits, batched = x.ndim in (2, 3), x.ndim == 3
        empty = fits and not x.shape[int(self.batch_first and batched and sizes is None)]
        if not fits or x.shape[-1] != self.input_size or empty:
            raise ShapeError(
                f"{kind}: expected an input of shape ({'N, T' if self.batch_first else 'T, N'}, "
                f"{self.input_size}) or (T, {self.input_size}) with at least one step, got "
                f"{x.shape}"
            )
        _check_dtypes(kind, self.weight_ih_l0, x)
        if sizes is None:
            x = x.unsqueeze(1) if not batched else x.transpose(0, 1) if self.batch_first else x
        states = _begin(self, hx, x.shape[1] if sizes is None else sizes[0], batched)
        if order is not None:
            states = [state[:, input.sorted_indices] for state in states]
        out: Any
        out, finals = _run(self, x, states, sizes)
        if order is not None:
            finals = [state[:, order] for state in finals]
        if sizes is not None:
            out = PackedSequence(out, *input[1:])
        elif not batched:
            out, finals = out.squeeze(1), [state.squeeze(1) for state in finals]
        elif self.batch_first:
            out = out.transpose(0, 1)
        return out, tuple(finals) if self.mode == "LSTM" else finals[0]

    def extra_repr(self) -> str:
        """The sizes, and the options that are not left alone."""
        usual = {
            "proj_size": 0,
            "num_layers": 1,
            "bias": True,
            "batch_first": False,
            "dropout": 0,
            "bidirectional": False,
        }
        options = [
            f", {name}={getattr(self, name)}"
            for name, value in usual.items()
            if getattr(self, name) != value
        ]
        return f"{self.input_size}, {self.hidden_size}{''.join(options)}"


def _sizes(kind: str, packed: PackedSequence) -> Sizes:
    """How many rows each step has."""
    sizes = tuple(packed.batch_sizes.tolist())
    if sum(sizes) != len(packed.data) or not sizes or (*sizes, 1) != (*sorted((*sizes, 1))[::-1],):
        raise ShapeError(
            f"{kind}: expected batch_sizes of at least 1 that do not grow and whose sum is "
            f"{len(packed.data)}, the rows of the data, got {sizes}; pack_sequence makes such"
        )
    return sizes


def _begin(module: RNNBase, hx: Any, batch: int, batched: bool) -> list[Tensor]:
    """The states before the first step, each (layers * directions, N, features)."""
    kind, weight, count = type(module).__name__, module.weight_ih_l0, len(module._all_weights)
    widths = [module.proj_size or module.hidden_size]
    if module.mode == "LSTM":
        widths.append(module.hidden_size)
    if hx is None:
        return [wrap(np.zeros((count, batch, width), weight.dtype)) for width in widths]
    given = list(hx) if module.mode == "LSTM" else [hx]
    shapes = [(count, batch, width) if batched else (count, width) for width in widths]
    if [getattr(state, "shape", None) for state in given] != shapes:
        raise ShapeError(
            f"{kind}: expected hx of shape {' and '.join(map(str, shapes))} for this input, got "
            f"{' and '.join(str(getattr(state, 'shape', state)) for state in given)}"
        )
    _check_dtypes(kind, weight, *given)
    return given if batched else [state.unsqueeze(1) for state in given]


def _run(
    module: RNNBase, x: Tensor, states: list[Tensor], sizes: Sizes | None
) -> tuple[Tensor, list[Tensor]]:
    """The outputs of the last layer, and the states after the last step."""
    directions = 2 if module.bidirectional else 1
    finals: list[list[Tensor]] = [[] for _ in states]
    places = None if directions == 1 or sizes is None else wrap(turned(sizes))
    for layer in range(module.num_layers):
        if layer and module.dropout and module.training:
            x = F.dropout(x, module.dropout, True)
        outputs = []
        for direction in range(directions):
            place = layer * directions + direction
            part = _turned(x, places) if direction else x
            first = [state[place] for state in states]
            out, *cells = _layer(module, place, part, first, sizes)
            for kept, state in zip(finals, (_last(out, sizes), *cells), strict=True):
                kept.append(state)
            outputs.append(_turned(out, places) if direction else out)
        x = outputs[0] if directions == 1 else cat(outputs, -1)
    return x, [kept[0] if len(kept) == 1 else cat(kept) for kept in finals]


def _layer(
    module: RNNBase, place: int, x: Tensor, first: list[Tensor], sizes: Sizes | None
) -> tuple[Tensor, ...]:
    """The outputs of one layer in one direction; of an LSTM then c after the last step, with a
    first axis of size 1."""
    weights: list[Any] = [getattr(module, name) for name in module._all_weights[place]]
    if not module.bias:
        weights[2:2] = [None, None]
    if module.mode == "GRU":
        return (recurrences.GRU.apply(x, *first, *weights, sizes),)
    if module.mode != "LSTM":
        return (recurrences.RNN.apply(x, *first, *weights, sizes, module.mode == "RNN_RELU"),)
    if not module.proj_size:
        whole = recurrences.LSTM.apply(x, *first, *weights, None, sizes)
        if sizes is None:
            return whole[:-1], whole[-1:]
        end = len(whole) - sizes[0]
        return whole[:end], whole[end:].unsqueeze(0)
    whole = recurrences.LSTM.apply(x, *first, *weights, sizes)
    end = len(whole) - first[1].numel()
    out = whole[:end].reshape(*x.shape[:-1], module.proj_size)
    return out, whole[end:].reshape(1, *first[1].shape)


def _last(out: Tensor, sizes: Sizes | None) -> Tensor:
    """h after each sequence's last step, with a first axis of size 1; in memory of its own, as a
    program may change its states and keep the outputs."""
    if sizes is None:
        return Found.apply(out, full(1, len(out) - 1, _INT64))
    return out[wrap(last_places(sizes))].unsqueeze(0)


def _turned(x: Tensor, places: Tensor | None) -> Tensor:
    """The steps of each sequence in reverse order."""
    return x.flip(0) if places is None else x[places]


class RNN(RNNBase):
    """h = tanh(W_ih x + b_ih + W_hh h + b_hh) for each step, or relu with nonlinearity="relu"
    (Elman, 1990). Arguments, parameters and calls are those of `RNNBase`.

    >>> out, h = RNN(3, 4, num_layers=2)(Tensor.ones(5, 2, 3))
    >>> out.shape, h.shape
    ((5, 2, 4), (2, 2, 4))
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        nonlinearity: str = "tanh",
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        device: DeviceLike | None = None,
        dtype: DTypeLike | None = None,
    ) -> None:
        if nonlinearity not in ("tanh", "relu"):
            raise RangeError(
                f"RNN: expected as nonlinearity 'tanh' or 'relu', got {nonlinearity!r}"
            )
        super().__init__(
            f"RNN_{nonlinearity.upper()}",
            input_size,
            hidden_size,
            num_layers,
            bias,
            batch_first,
            dropout,
            bidirectional,
            device=device,
            dtype=dtype,
        )
        self.nonlinearity = nonlinearity


class LSTM(RNNBase):
    """For each step i, f, o = sigmoid and g = tanh of W_ih x + b_ih + W_hh h + b_hh, whose rows are
    in the order i, f, g, o; c = f c + i g; h = o tanh(c), or with `proj_size` W_hr times that
    (Hochreiter and Schmidhuber, 1997). Arguments, parameters and calls are those of `RNNBase`.

    >>> out, (h, c) = LSTM(3, 4, batch_first=True, bidirectional=True)(Tensor.ones(2, 5, 3))
    >>> out.shape, h.shape, c.shape
    ((2, 5, 8), (2, 2, 4), (2, 2, 4))
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        device: DeviceLike | None = None,
        dtype: DTypeLike | None = None,
    ) -> None:
        super().__init__(
            "LSTM",
            input_size,
            hidden_size,
            num_layers,
            bias,
            batch_first,
            dropout,
            bidirectional,
            proj_size,
            device,
            dtype,
        )


class GRU(RNNBase):
    """For each step r, z = sigmoid(W_ih x + b_ih + W_hh h + b_hh),
    n = tanh(W_ih x + b_ih + r (W_hh h + b_hh)) and h = (1 - z) n + z h, with rows of the weights in
    the order r, z, n (Cho et al., 2014). Arguments, parameters and calls are those of `RNNBase`.

    >>> out, h = GRU(3, 4)(Tensor.ones(5, 3))
    >>> out.shape, h.shape
    ((5, 4), (1, 4))
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        device: DeviceLike | None = None,
        dtype: DTypeLike | None = None,
    ) -> None:
        super().__init__(
            "GRU",
            input_size,
            hidden_size,
            num_layers,
            bias,
            batch_first,
            dropout,
            bidirectional,
            device=device,
            dtype=dtype,
        )


class RNNCellBase(Module):
    """What the cells have in common: `weight_ih` (num_chunks * hidden_size, input_size),
    `weight_hh` (num_chunks * hidden_size, hidden_size), and `bias_ih` and `bias_hh` or None; all
    drawn as those of `RNNBase`."""

    bias_ih: Tensor | None
    bias_hh: Tensor | None

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool,
        num_chunks: int,
        device: DeviceLike | None = None,
        dtype: DTypeLike | None = None,
    ) -> None:
        super().__init__()
        kind = type(self).__name__
        _size(kind, "input_size", input_size, 0)
        _size(kind, "hidden_size", hidden_size)
        self.input_size = input_size
        self.hidden_size = hidden_size
        if not isinstance(bias, (bool, int, np.bool_)):
            raise RangeError(f"{kind}: expected True or False as bias, got {bias!r}")
        self.bias = bool(bias)
        rows = num_chunks * hidden_size
        self.weight_ih = unset(rows, input_size, device=device, dtype=dtype)
        self.weight_hh = unset(rows, hidden_size, device=device, dtype=dtype)
        for name in ("bias_ih", "bias_hh"):
            shift = unset(rows, device=device, dtype=dtype) if self.bias else None
            self.register_parameter(name, shift)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draws all parameters anew."""
        _reset(self, self.hidden_size)

    def extra_repr(self) -> str:
        """The sizes, and the options that are not left alone."""
        shown = "" if self.bias else f", bias={self.bias}"
        nonlinearity = getattr(self, "nonlinearity", "tanh")
        if nonlinearity != "tanh":
            shown += f", nonlinearity={nonlinearity}"
        return f"{self.input_size}, {self.hidden_size}{shown}"


def _one_step(cell: RNNCellBase, input: Tensor, *states: Any) -> list[Any]:
    """The input and the states as one step of a batch, then weights and biases."""
    kind, width = type(cell).__name__, cell.hidden_size
    if not isinstance(input, Tensor):
        raise TypeError(f"{kind}: expected a Tensor, got {kind_of(input, Tensor)}")
    lead = input.shape[:-1]
    if input.ndim not in (1, 2) or input.shape[-1] != cell.input_size:
        raise ShapeError(
            f"{kind}: expected an input of shape (N, {cell.input_size}) or ({cell.input_size},), "
            f"got {input.shape}"
        )
    first = [
        wrap(np.zeros((*lead, width), cell.weight_ih.dtype)) if state is None else state
        for state in states
    ]
    for state in first:
        if getattr(state, "shape", None) != (*lead, width):
            raise ShapeError(
                f"{kind}: expected hx of shape {(*lead, width)} for this input, got "
                f"{getattr(state, 'shape', state)}"
            )
    _check_dtypes(kind, cell.weight_ih, input, *first)
    if not lead:
        input, *first = (tensor.unsqueeze(0) for tensor in (input, *first))
    weights = cell.weight_ih, cell.weight_hh, cell.bias_ih, cell.bias_hh
    return [input.unsqueeze(0), *first, *weights]


class RNNCell(RNNCellBase):
    """One step of an `RNN`: input (N, input_size) and state (N, hidden_size), or without N, to the
    next state.

    >>> RNNCell(3, 4)(Tensor.ones(2, 3)).shape
    (2, 4)
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        nonlinearity: str = "tanh",
        device: DeviceLike | None = None,
        dtype: DTypeLike | None = None,
    ) -> None:
        super().__init__(input_size, hidden_size, bias, 1, device, dtype)
        self.nonlinearity = nonlinearity

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:
        """The next state; `hx` is zeros if None. Raises ShapeError for shapes that do not fit."""
        if self.nonlinearity not in ("tanh", "relu"):
            raise RangeError(
                f"RNNCell: expected as nonlinearity 'tanh' or 'relu', got {self.nonlinearity!r}"
            )
        operands = _one_step(self, input, hx)
        out = recurrences.RNN.apply(*operands, None, self.nonlinearity == "relu")
        return out.reshape(*input.shape[:-1], self.hidden_size)


class LSTMCell(RNNCellBase):
    """One step of an `LSTM`: input (N, input_size) and states (h, c), both (N, hidden_size), or
    without N, to the next states.

    >>> h, c = LSTMCell(3, 4)(Tensor.ones(2, 3))
    >>> h.shape, c.shape
    ((2, 4), (2, 4))
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        device: DeviceLike | None = None,
        dtype: DTypeLike | None = None,
    ) -> None:
        super().__init__(input_size, hidden_size, bias, 4, device, dtype)

    def forward(
        self, input: Tensor, hx: tuple[Tensor, Tensor] | None = None
    ) -> tuple[Tensor, Tensor]:
        """The next h and c; `hx` is zeros if None. Raises ShapeError for shapes that do not
        fit."""
        operands = _one_step(self, input, *((None, None) if hx is None else hx))
        h, c = recurrences.LSTM.apply(*operands, None, None)
        return (h, c) if input.ndim == 2 else (h.squeeze(0), c.squeeze(0))


class GRUCell(RNNCellBase):
    """One step of a `GRU`: input (N, input_size) and state (N, hidden_size), or without N, to the
    next state.

    >>> GRUCell(3, 4)(Tensor.ones(3)).shape
    (4,)
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        device: DeviceLike | None = None,
        dtype: DTypeLike | None = None,
    ) -> None:
        super().__init__(input_size, hidden_size, bias, 3, device, dtype)

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:
        """The next state; `hx` is zeros if None. Raises ShapeError for shapes that do not fit."""
        out = recurrences.GRU.apply(*_one_step(self, input, hx), None)
        return out.reshape(*input.shape[:-1], self.hidden_size)
