"""Jacobians and Hessians of functions of Tensors, and their products with vectors.

A function takes one Tensor for each of `inputs` (a Tensor, or a tuple of them) and returns a Tensor
or a tuple of them; results have these forms again. They have a graph, which leads to the inputs, if
`create_graph`. An input that decides nothing has the derivative 0, or is an error if `strict`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from mytorch._checks import kind_of, option
from mytorch.engine.endpoints import as_tuple
from mytorch.engine.partials import grad
from mytorch.errors import DtypeError, RangeError, ShapeError
from mytorch.grad_mode import enable_grad
from mytorch.ops import ones_like, stack, zeros_like
from mytorch.tensor import Tensor

__all__ = ["hessian", "hvp", "jacobian", "jvp", "vhp", "vjp"]

Tensors: TypeAlias = Tensor | tuple[Tensor, ...]

_STRATEGIES = ("reverse-mode", "forward-mode")


def jacobian(
    func: Callable[..., Any],
    inputs: Tensors,
    create_graph: bool = False,
    strict: bool = False,
    vectorize: bool = False,
    strategy: str = "reverse-mode",
) -> Any:
    """d output / d input, of the output's shape followed by the input's. For several inputs a
    tuple of these, for several outputs a tuple of that.

    `vectorize` and `strategy` are PyTorch's ways to the same numbers; here the graph is walked back
    once for each element of the outputs. Raises RuntimeError for results that are no Tensors, and
    if `strict`; DtypeError for inputs that are not floating.

    >>> jacobian(lambda x: x * x.sum(), Tensor([1.0, 2.0]))
    tensor([[4., 1.],
            [2., 5.]])
    """
    option("jacobian", "vectorize", vectorize)
    if strategy not in _STRATEGIES:
        raise RangeError(f"jacobian: expected a strategy of {_STRATEGIES}, got {strategy!r}")
    points, found = _run("jacobian", func, inputs, create_graph)
    rows = []
    for output in as_tuple(found):
        starts = zeros_like(output).reshape(-1)
        slopes = []
        for place in range(output.numel()):
            start = starts.clone()
            start[place] = 1
            each = _slopes(
                "jacobian", [output], points, [start.view_as(output)], create_graph, strict
            )
            slopes.append(each)
        shapes = [(*output.shape, *point.shape) for point in points]
        parts = zip(*slopes, strict=True) if slopes else [[]] * len(points)
        blocks = [
            stack(list(part)).reshape(shape) if part else points[0].new_zeros(shape)
            for part, shape in zip(parts, shapes, strict=True)
        ]
        rows.append(_formed(blocks, inputs))
    return _formed(rows, found)


def hessian(
    func: Callable[..., Any],
    inputs: Tensors,
    create_graph: bool = False,
    strict: bool = False,
    vectorize: bool = False,
    outer_jacobian_strategy: str = "reverse-mode",
) -> Any:
    """The second derivatives of a function whose result has one element, of the shape of one input
    followed by that of another; for several inputs a tuple of tuples. Options and errors are those
    of `jacobian`.

    >>> hessian(lambda x: x[0] * x[1] ** 2, Tensor([2.0, 3.0]))
    tensor([[0., 6.],
            [6., 4.]])
    """

    def slopes(*points: Tensor) -> tuple[Tensor, ...]:
        return _slopes("hessian", [_single("hessian", func(*points))], points, None, True, strict)

    points = as_tuple(inputs)
    rows = jacobian(slopes, points, create_graph, strict, vectorize, outer_jacobian_strategy)
    return rows[0][0] if isinstance(inputs, Tensor) else rows


def vjp(
    func: Callable[..., Any],
    inputs: Tensors,
    v: Tensors | None = None,
    create_graph: bool = False,
    strict: bool = False,
) -> tuple[Any, Any]:
    """The function's result, and v^T times its Jacobian: what `backward` computes. `v` has the
    result's form; None is 1, for a result of one element.

    Raises ShapeError for a `v` of another form, RuntimeError if `strict`.

    >>> vjp(lambda x: x * x, Tensor([1.0, 2.0]), Tensor([1.0, 10.0]))[1]
    tensor([ 2., 40.])
    """
    points, found = _run("vjp", func, inputs, create_graph)
    outputs = as_tuple(found)
    starts = _vectors("vjp", v, outputs, "the results")
    slopes = _slopes("vjp", outputs, points, starts, create_graph, strict)
    return _kept(found, create_graph), _formed(slopes, inputs)


def jvp(
    func: Callable[..., Any],
    inputs: Tensors,
    v: Tensors | None = None,
    create_graph: bool = False,
    strict: bool = False,
) -> tuple[Any, Any]:
    """The function's result, and its Jacobian times v: how fast the result changes where the inputs
    move by `v`, which has their form; None is 1, for an input of one element.

    The graph is walked back twice. Raises ShapeError for a `v` of another form, RuntimeError if
    `strict`.

    >>> jvp(lambda x: x * x, Tensor([1.0, 2.0]), Tensor([1.0, 10.0]))[1]
    tensor([ 2., 40.])
    """
    points, found = _run("jvp", func, inputs, create_graph)
    outputs = as_tuple(found)
    ways = _vectors("jvp", v, points, "the inputs")
    with enable_grad():
        # The slopes are linear in what backward starts from, and their derivative is the Jacobian.
        starts = [zeros_like(output).requires_grad_() for output in outputs]
        slopes = _slopes("jvp", outputs, points, starts, True, strict)
        speeds = _slopes("jvp", slopes, starts, ways, create_graph, strict)
    return _kept(found, create_graph), _formed(speeds, found)


def vhp(
    func: Callable[..., Any],
    inputs: Tensors,
    v: Tensors | None = None,
    create_graph: bool = False,
    strict: bool = False,
) -> tuple[Any, Any]:
    """The function's result, which has one element, and v^T times its Hessian, without the Hessian.
    `v` has the form of the inputs; None is 1, for an input of one element.

    Raises ShapeError for a `v` of another form, RuntimeError for a result of more elements, and if
    `strict`.

    >>> vhp(lambda x: (x**3).sum(), Tensor([1.0, 2.0]), Tensor([1.0, 10.0]))[1]
    tensor([  6., 120.])
    """
    return _hessian_product("vhp", func, inputs, v, create_graph, strict)


def hvp(
    func: Callable[..., Any],
    inputs: Tensors,
    v: Tensors | None = None,
    create_graph: bool = False,
    strict: bool = False,
) -> tuple[Any, Any]:
    """`vhp`: a Hessian is symmetric, so its product with v is v^T times it. (PyTorch walks back
    once more for it.)

    >>> hvp(lambda x: (x**3).sum(), Tensor([1.0, 2.0]), Tensor([1.0, 10.0]))[1]
    tensor([  6., 120.])
    """
    return _hessian_product("hvp", func, inputs, v, create_graph, strict)


def _hessian_product(
    name: str,
    func: Callable[..., Any],
    inputs: Tensors,
    v: Tensors | None,
    create_graph: bool,
    strict: bool,
) -> tuple[Any, Any]:
    points, found = _run(name, func, inputs, create_graph)
    output = _single(name, found)
    ways = _vectors(name, v, points, "the inputs")
    with enable_grad():
        slopes = _slopes(name, [output], points, None, True, strict)
        products = _slopes(name, slopes, points, ways, create_graph, strict)
    return _kept(found, create_graph), _formed(products, inputs)


def _run(
    name: str, func: Callable[..., Any], inputs: Tensors, create_graph: bool
) -> tuple[tuple[Tensor, ...], Any]:
    """The inputs as ends of the graph, and the function's result for them."""
    option(name, "create_graph", create_graph)
    for tensor in as_tuple(inputs):
        if not isinstance(tensor, Tensor):
            raise TypeError(f"{name}: expected Tensors as inputs, got {kind_of(tensor, Tensor)}")
        if tensor.dtype.kind != "f":
            raise DtypeError(f"{name}: expected floating inputs, got {tensor.dtype}")
    with enable_grad():
        points = tuple(
            # A view, by which the derivatives lead on to the input.
            x.view_as(x) if create_graph and x.requires_grad else x.detach().requires_grad_()
            for x in as_tuple(inputs)
        )
        found = func(*points)
    for output in found if isinstance(found, (tuple, list)) else [found]:
        if not isinstance(output, Tensor):
            raise TypeError(
                f"{name}: expected a function that returns Tensors, got "
                f"{kind_of(output, Tensor)} from it"
            )
    return points, found


def _single(name: str, output: Any) -> Tensor:
    if not isinstance(output, Tensor) or output.numel() != 1:
        shape = f"shape {output.shape}" if isinstance(output, Tensor) else kind_of(output, Tensor)
        raise ShapeError(f"{name}: expected a function that returns one number, got {shape}")
    return output


def _vectors(
    name: str, v: Tensors | None, beside: Sequence[Tensor], what: str
) -> tuple[Tensor, ...]:
    """`v` as Tensors of the shapes of others."""
    shapes = [tensor.shape for tensor in beside]
    if v is None:
        if len(beside) != 1 or beside[0].numel() != 1:
            raise ShapeError(f"{name}: v may be left out beside one number; {what} have {shapes}")
        return (ones_like(beside[0]).detach(),)
    vectors = as_tuple(v)
    if [tensor.shape for tensor in vectors] != shapes:
        got = [tensor.shape for tensor in vectors]
        raise ShapeError(f"{name}: expected v of the shapes of {what}, {shapes}, got {got}")
    return vectors


def _slopes(
    name: str,
    outputs: Sequence[Tensor],
    points: Sequence[Tensor],
    starts: Sequence[Tensor] | None,
    create_graph: bool,
    strict: bool,
) -> tuple[Tensor, ...]:
    """The gradients of the points, 0 where nothing depends on one."""
    ends = [place for place, output in enumerate(outputs) if output.requires_grad]
    given = None if starts is None else [starts[place] for place in ends]
    found: Sequence[Tensor | None] = [None] * len(points)
    if ends:
        of = [outputs[place] for place in ends]
        found = grad(of, points, given, True, create_graph, allow_unused=True)
    if option(name, "strict", strict) and (
        len(ends) < len(outputs) or any(slope is None for slope in found)
    ):
        raise RuntimeError(
            f"{name}: strict=True, and a result of the function, or its derivative, does not "
            "depend on every input"
        )
    return tuple(
        zeros_like(point).detach() if slope is None else slope
        for slope, point in zip(found, points, strict=True)
    )


def _kept(found: Any, create_graph: bool) -> Any:
    """A result, with its graph if that is wanted."""
    if create_graph:
        return found
    return _formed([output.detach() for output in as_tuple(found)], found)


def _formed(parts: Sequence[Any], like: Any) -> Any:
    """The parts in the form of something: one alone, or a tuple."""
    return parts[0] if isinstance(like, Tensor) else tuple(parts)
