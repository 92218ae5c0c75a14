"""The export of a model: two runs, their graph, and the file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from importlib import import_module
from inspect import signature
from typing import Any, BinaryIO

import numpy as np

from mytorch._checks import kind_of
from mytorch._dtypes import Array
from mytorch._shapes import is_list, whole
from mytorch.files.atomic import StrPath, write
from mytorch.grad_mode import no_grad
from mytorch.nn._places import describe
from mytorch.nn.module import Module
from mytorch.onnx import convolutions, elementwise, pooling, recurrent, structure
from mytorch.onnx.graph import Graph, Value, refuse
from mytorch.onnx.recording import Recorder
from mytorch.tensor import Tensor

__all__ = ["export"]

OLDEST = 18  # the first opset in which reductions take their axes as an input

Axes = Mapping[str, Mapping[int, str] | Sequence[int]]


def export(
    model: Module,
    args: Any,
    f: StrPath | BinaryIO,
    *,
    input_names: Sequence[str] | None = None,
    output_names: Sequence[str] | None = None,
    dynamic_axes: Axes | None = None,
    opset_version: int = OLDEST,
) -> None:
    """Writes a model, as it is in evaluation, to a file of the open format ONNX.

    The model is run twice, with `args` and with other values and sizes, and the operations of
    these runs are what is written. What a program does by Python alone (a loop, a choice) is
    recorded as it went; if it went another way in the second run, that is an error. Modes,
    parameters and running statistics are afterwards as they were.

    Needs the package `onnx`: `pip install 'mytorch-numpy[onnx]'`.

    Arguments:
        args: a Tensor, or a tuple of arguments; each Tensor in it is an input of the graph.
        f: a path, whose file is replaced as a whole or not at all, or a binary file object.
        input_names: of the inputs; else the names that `forward` gives its arguments.
        output_names: of the outputs; else "output", or "output_0" and so on.
        dynamic_axes: for names of inputs the axes whose sizes are free, with names for these sizes
            or without. Those of the outputs follow. Every other size is fixed.
        opset_version: of ONNX's operators, at least 18.

    Raises OnnxExporterError, a RuntimeError that names the operation and the layer, for what has
    no operator in ONNX or depends on the inputs in a way that was not recorded.

    >>> import mytorch, tempfile, os
    >>> from mytorch import nn
    >>> model = nn.Sequential(nn.Linear(3, 2), nn.ReLU()).to(mytorch.float32)
    >>> x = mytorch.randn(1, 3, dtype=mytorch.float32)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "net.onnx")
    ...     mytorch.onnx.export(model, (x,), path, dynamic_axes={"input": {0: "batch"}})
    """
    package = _package()
    newest = package.defs.onnx_opset_version()
    if not OLDEST <= whole(opset_version, "onnx.export: opset_version") <= newest:
        raise ValueError(
            f"onnx.export: expected an opset_version from {OLDEST} to {newest}, got {opset_version}"
        )
    if not isinstance(model, Module):
        raise TypeError(f"onnx.export: expected a Module, got {kind_of(model, Module)}")
    for option, given in (("input_names", input_names), ("output_names", output_names)):
        if given is not None and not (
            is_list(given) and all(isinstance(name, str) for name in given)
        ):
            raise TypeError(
                f"onnx.export: expected a list of texts as {option}, got {kind_of(given)} "
                f"{given!r:.40}"
            )
    if dynamic_axes is not None and not isinstance(dynamic_axes, Mapping):
        raise TypeError(
            "onnx.export: expected a dict of axes by names as dynamic_axes, got "
            f"{kind_of(dynamic_axes)} {dynamic_axes!r:.40}"
        )
    args = args if isinstance(args, tuple) else (args,)
    names = _input_names(model, args, input_names)
    labels = _labels(dynamic_axes or {})
    tensors = [arg.data for arg in args if isinstance(arg, Tensor)]
    axes = [_free_axes(name, data, labels) for name, data in zip(names, tensors, strict=True)]
    growth = {label: more for more, label in enumerate(_distinct(axes), 1)}
    first = [data.copy() for data in tensors]
    second = [
        _others(data, {axis: growth[label] for axis, label in free.items()})
        for data, free in zip(tensors, axes, strict=True)
    ]

    state = {name: value.data for name, value in _state(model)}
    known = elementwise.CONVERTERS | structure.CONVERTERS
    known |= convolutions.CONVERTERS | pooling.CONVERTERS | recurrent.CONVERTERS
    graph = Graph(known, state)
    for inputs in zip(names, first, second, strict=True):
        graph.input(*inputs)
    one, outputs = _run(model, args, first)
    try:
        two, others = _run(model, args, second)
    except Exception as error:
        shapes = ", ".join(str(data.shape) for data in second)
        error.add_note(
            f"onnx.export: in a second run, with inputs of shape {shapes}: do the axes that "
            "dynamic_axes names have to have these sizes?"
        )
        raise
    if len(one.events) != len(two.events) and all(
        a.name == b.name for a, b in zip(one.events, two.events, strict=False)
    ):
        raise refuse(
            f"the model did {len(one.events)} operations in one run and {len(two.events)} in the "
            "next, with other inputs: what it does depends on their values or sizes"
        )
    for pair in zip(one.events, two.events, strict=False):
        graph.add(*pair)
    results = [graph.output(a.data, b.data) for a, b in zip(outputs, others, strict=True)]
    named = _output_names(len(results), output_names)
    for name in named:
        graph.reserve(name)
    unknown = labels.keys() - {*names, *named}
    if unknown:
        raise ValueError(
            f"onnx.export: dynamic_axes names {sorted(unknown)}; the inputs are {names}, the "
            f"outputs {named}"
        )
    content = _model(
        package, graph, axes, dict(zip(named, results, strict=True)), labels, opset_version
    )
    if hasattr(f, "write"):
        f.write(content)
    else:
        write(f, content)


def _package() -> Any:
    try:
        return import_module("onnx")
    except ImportError as error:
        raise ImportError(
            "onnx.export: this needs the package onnx: pip install 'mytorch-numpy[onnx]'"
        ) from error


def _state(model: Module) -> Iterable[tuple[str, Tensor]]:
    yield from model.named_parameters()
    yield from model.named_buffers()


def _run(
    model: Module, args: tuple[Any, ...], inputs: list[Array]
) -> tuple[Recorder, list[Tensor]]:
    """One run in evaluation, and its outputs. The model is afterwards as it was."""
    arrays = iter(inputs)
    args = tuple(Tensor(next(arrays)) if isinstance(arg, Tensor) else arg for arg in args)
    training = [module for module in model.modules() if module.training]
    before = [(value.data, value.data.copy()) for _, value in _state(model)]
    recorder = Recorder([*inputs, *(value.data for _, value in _state(model))])
    model.eval()
    try:
        with no_grad(), recorder:
            outputs = [recorder.as_now(tensor) for tensor in _tensors(model(*args))]
    finally:
        for module in training:
            module.training = True
        for now, then in before:
            if not np.array_equal(now, then, equal_nan=True):
                now[...] = then
    if recorder.drew is not None:
        error = refuse("the model draws random numbers; a graph always computes the same")
        error.where = describe(recorder.drew)
        raise error
    return recorder, outputs


def _tensors(output: Any) -> Iterable[Tensor]:
    """The tensors of an output, which may be containers of them."""
    if isinstance(output, Tensor):
        yield output
    elif isinstance(output, (tuple, list)):
        for part in output:
            yield from _tensors(part)
    elif isinstance(output, Mapping):
        yield from _tensors(list(output.values()))
    else:
        raise refuse(f"expected Tensors as the model's output, got {kind_of(output, Tensor)}")


def _others(data: Array, growth: Mapping[int, int]) -> Array:
    """Other values of the same kind and signs where all have one, and larger sizes."""
    for axis, more in growth.items():
        if not data.shape[axis]:
            raise ValueError(f"onnx.export: the free axis {axis} of shape {data.shape} is empty")
        data = data.take(np.arange(data.shape[axis] + more) % data.shape[axis], axis)
    moved = np.roll(data.reshape(-1), 1).reshape(data.shape)
    if data.dtype.kind == "b":
        return np.asarray(~moved)
    if data.dtype.kind != "f":
        return np.asarray(np.where(moved == data, np.maximum(moved, 1) - 1, moved), data.dtype)
    sign = -1 if (data < 0).any() else 1
    spread = (np.arange(data.size) % 7 / 112).reshape(data.shape)
    return np.asarray(moved * (sign * 0.875) + spread, data.dtype)


def _input_names(model: Module, args: tuple[Any, ...], names: Sequence[str] | None) -> list[str]:
    places = [i for i, arg in enumerate(args) if isinstance(arg, Tensor)]
    if names is None:
        parameters = [
            parameter.name
            for parameter in signature(model.forward).parameters.values()
            if parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD)
        ]
        return [parameters[i] if i < len(parameters) else f"input_{i}" for i in places]
    if len(names) != len(places):
        raise ValueError(f"onnx.export: {len(names)} input_names for {len(places)} tensors in args")
    return list(names)


def _output_names(count: int, names: Sequence[str] | None) -> list[str]:
    if names is None:
        return ["output"] if count == 1 else [f"output_{i}" for i in range(count)]
    if len(names) != count:
        raise ValueError(f"onnx.export: {len(names)} output_names for {count} outputs")
    return list(names)


def _labels(dynamic_axes: Axes) -> dict[str, dict[int, str]]:
    """For each name the names of its free sizes."""
    return {
        name: dict(axes)
        if isinstance(axes, Mapping)
        else {axis: f"dynamic_axes_{axis}" for axis in axes}
        for name, axes in dynamic_axes.items()
    }


def _free_axes(name: str, data: Array, labels: Mapping[str, Mapping[int, str]]) -> dict[int, str]:
    axes = labels.get(name, {})
    for axis in axes:
        if not -data.ndim <= axis < data.ndim:
            raise ValueError(
                f"onnx.export: dynamic_axes names axis {axis} of {name!r}, whose shape is "
                f"{data.shape}"
            )
    return {axis % data.ndim: label for axis, label in axes.items()}


def _distinct(axes: Iterable[Mapping[int, str]]) -> list[str]:
    return list(dict.fromkeys(label for free in axes for label in free.values()))


def _model(
    package: Any,
    graph: Graph,
    axes: list[dict[int, str]],
    results: Mapping[str, Value],
    labels: Mapping[str, Mapping[int, str]],
    opset: int,
) -> bytes:
    """The bytes of the file."""
    helper = package.helper
    known = {
        size: free[axis]
        for value, free in zip(graph.inputs, axes, strict=True)
        for axis, size in enumerate(value.sizes)
        if axis in free
    }

    def info(name: str, value: Value, own: Mapping[int, str]) -> Any:
        shape = [
            size if isinstance(size, int) else own.get(axis, known.get(size, f"{name}_{axis}"))
            for axis, size in enumerate(value.sizes)
        ]
        return helper.make_tensor_value_info(name, _kind(package, value.dtype), shape)

    nodes = [
        helper.make_node(
            node.operator,
            node.inputs,
            node.outputs,
            node.name,
            **{
                name: _kind(package, value) if name == "to" else value
                for name, value in node.attributes.items()
            },
        )
        for node in graph.live(value.name for value in results.values())
    ]
    nodes += [helper.make_node("Identity", [v.name], [name]) for name, v in results.items()]
    proto = helper.make_model(
        helper.make_graph(
            nodes,
            "model",
            [info(v.name, v, free) for v, free in zip(graph.inputs, axes, strict=True)],
            [info(name, value, labels.get(name, {})) for name, value in results.items()],
            [
                package.numpy_helper.from_array(
                    np.ascontiguousarray(data).reshape(data.shape), name
                )
                for name, data in graph.constants.items()
            ],
        ),
        opset_imports=[helper.make_opsetid("", opset)],
        producer_name="mytorch",
    )
    proto.ir_version = helper.find_min_ir_version_for(proto.opset_import)
    try:
        package.checker.check_model(proto, full_check=True)
    except (package.checker.ValidationError, package.shape_inference.InferenceError) as error:
        raise refuse(f"the graph is not one that ONNX allows: {error}") from error
    content: bytes = proto.SerializeToString()
    return content


def _kind(package: Any, dtype: np.dtype[Any]) -> int:
    try:
        kind: int = package.helper.np_dtype_to_tensor_dtype(dtype)
    except (KeyError, ValueError):
        raise refuse(f"ONNX has no dtype {dtype}; convert the model with model.float()") from None
    return kind
