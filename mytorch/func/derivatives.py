"""Functions that compute the derivatives of others: gradients, Jacobians, Hessians.

What is derived by may be a Tensor, or tuples, lists and dicts of Tensors, as the parameters of a
model by name; a derivative has the same form. Inside of one another they give derivatives of higher
order. A result has a graph if it depends on what requires a gradient already, and none inside
`no_grad`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, TypeAlias, cast

from mytorch._checks import kind_of, option
from mytorch.autograd.functional import jacobian
from mytorch.engine import partials
from mytorch.engine.graph import AccumulateGrad
from mytorch.errors import DtypeError, RangeError, ShapeError
from mytorch.func.trees import leaves, like, mapped, parts
from mytorch.grad_mode import enable_grad, is_recording
from mytorch.ops import zeros_like
from mytorch.tensor import Tensor

__all__ = ["grad", "grad_and_value", "hessian", "jacfwd", "jacrev", "jvp", "vjp"]

ArgNums: TypeAlias = int | tuple[int, ...]


def grad(
    func: Callable[..., Any], argnums: ArgNums = 0, has_aux: bool = False
) -> Callable[..., Any]:
    """A function of the arguments of `func`, whose result is a Tensor of shape (): the gradient by
    the argument `argnums`, for a tuple a tuple of them; 0 where nothing depends on one.

    With `has_aux` `func` returns (value, aux) and the function (gradient, aux). Raises ShapeError
    for a value of another shape, DtypeError for an argument that is not floating, RangeError for
    one that is not there.

    >>> def cube(x):
    ...     return x**3
    >>> grad(cube)(Tensor(2.0)), grad(grad(cube))(Tensor(2.0))
    (tensor(12.), tensor(12.))
    >>> def loss(parameters, x):
    ...     return (parameters["w"] * x + parameters["b"]).sum()
    >>> grad(loss)({"w": Tensor(1.0), "b": Tensor(0.0)}, Tensor([2.0, 3.0]))
    {'w': tensor(5.), 'b': tensor(2.)}
    """
    both = grad_and_value(func, argnums, has_aux)

    @wraps(func)
    def gradient(*args: Any, **kwargs: Any) -> Any:
        slopes, found = both(*args, **kwargs)
        return (slopes, found[1]) if has_aux else slopes

    return gradient


def grad_and_value(
    func: Callable[..., Any], argnums: ArgNums = 0, has_aux: bool = False
) -> Callable[..., tuple[Any, Any]]:
    """As `grad`; the function returns (gradient, value), with `has_aux` (gradient, (value, aux)).

    >>> grad_and_value(lambda x: (x * x).sum())(Tensor([1.0, 2.0]))
    (tensor([2., 4.]), tensor(5.))
    """
    option("grad", "has_aux", has_aux)

    @wraps(func)
    def derived(*args: Any, **kwargs: Any) -> tuple[Any, Any]:
        chosen, tensors = _chosen("grad", args, argnums)
        kept = is_recording()
        with enable_grad():
            points = _points(tensors, kept)
            found = func(*_with(args, argnums, chosen, points), **kwargs)
            value, aux = _parted("grad", found, has_aux)
            if not isinstance(value, Tensor) or value.shape:
                got = value.shape if isinstance(value, Tensor) else kind_of(value, Tensor)
                raise ShapeError(
                    f"grad: expected a function that returns a Tensor of shape (), got {got}; "
                    "jacrev is for others"
                )
            kept = kept and any(_leads_on(x, points) for x in parts((value, aux)))
            slopes: Sequence[Any] = [zeros_like(point) for point in points]
            if value.requires_grad:
                slopes = partials.grad(value, points, None, kept, kept, True, True, True)
        result = (value, aux) if has_aux else value
        both: tuple[Any, Any] = _settled((like(chosen, slopes), result), kept, points)
        return both

    return derived


def jacrev(
    func: Callable[..., Any],
    argnums: ArgNums = 0,
    *,
    has_aux: bool = False,
    chunk_size: int | None = None,
) -> Callable[..., Any]:
    """A function of the arguments of `func`: the derivatives of its result by the argument
    `argnums`, of the result's shape followed by the argument's. For several results, or arguments
    (in a tuple, list or dict), that of each result by each argument.

    With `has_aux` `func` returns (result, aux) and the function (derivatives, aux). The graph is
    walked back once for each element of the results, whatever the `chunk_size`. Errors are those of
    `grad`.

    >>> jacrev(lambda x: x * x.sum())(Tensor([1.0, 2.0]))
    tensor([[4., 1.],
            [2., 5.]])
    """
    option("jacrev", "has_aux", has_aux)

    @wraps(func)
    def derivatives(*args: Any, **kwargs: Any) -> Any:
        chosen, tensors = _chosen("jacrev", args, argnums)
        kept = is_recording()
        seen: list[Any] = []

        def flat(*points: Tensor) -> tuple[Tensor, ...]:
            found = func(*_with(args, argnums, chosen, points), **kwargs)
            result, aux = _parted("jacrev", found, has_aux)
            seen[:] = points, result, aux
            return tuple(leaves("jacrev: expected a function that returns", result))

        rows = jacobian(flat, tuple(tensors), kept)
        points, result, aux = seen

        found = like(result, [like(chosen, row) for row in rows])
        return _settled((found, aux) if has_aux else found, kept, points)

    return derivatives


def hessian(func: Callable[..., Any], argnums: ArgNums = 0) -> Callable[..., Any]:
    """`jacrev` of `jacrev`: the second derivatives.

    >>> hessian(lambda x: x[0] * x[1] ** 2)(Tensor([2.0, 3.0]))
    tensor([[0., 6.],
            [6., 4.]])
    """
    return jacrev(jacrev(func, argnums), argnums)


def jacfwd(
    func: Callable[..., Any],
    argnums: ArgNums = 0,
    has_aux: bool = False,
    *,
    chunk_size: int | None = None,
    randomness: str = "error",
) -> Callable[..., Any]:
    """`jacrev`, which gives the same derivatives: PyTorch's goes forward through the function, once
    for each number of the argument."""
    return jacrev(func, argnums, has_aux=has_aux, chunk_size=chunk_size)


def vjp(func: Callable[..., Any], *primals: Any, has_aux: bool = False) -> tuple[Any, ...]:
    """The result of `func` at `primals`, and a function of what has the result's form, v: v^T times
    the Jacobian, in a tuple with an entry for each primal. With `has_aux` `func` returns (result,
    aux), and aux is the third of what is returned. Errors are those of `grad`; ShapeError for a v
    of another form.

    >>> result, back = vjp(lambda x: x * x, Tensor([1.0, 2.0]))
    >>> result, back(Tensor([1.0, 10.0]))
    (tensor([1., 4.]), (tensor([ 2., 40.]),))
    """
    option("vjp", "has_aux", has_aux)
    chosen, tensors = _chosen("vjp", primals, tuple(range(len(primals))))
    kept = is_recording()
    with enable_grad():
        points = _points(tensors, kept)
        result, aux = _parted("vjp", func(*like(chosen, points)), has_aux)
    outputs = leaves("vjp: expected a function that returns", result)
    kept = kept and any(_leads_on(x, points) for x in parts((result, aux)))

    def back(cotangents: Any) -> Any:
        starts = _checked("vjp", cotangents, outputs, "the result")
        recorded = is_recording() and (kept or any(start.requires_grad for start in starts))
        slopes = _slopes(outputs, points, starts, recorded)
        slopes = slopes if recorded else [slope.detach() for slope in slopes]
        return like(chosen, slopes)

    found = (_settled(result, kept, points), back)
    return (*found, _settled(aux, kept, points)) if has_aux else found


def jvp(
    func: Callable[..., Any],
    primals: tuple[Any, ...],
    tangents: tuple[Any, ...],
    *,
    strict: bool = False,
    has_aux: bool = False,
) -> tuple[Any, ...]:
    """The result of `func` at `primals`, and its Jacobian times `tangents`: how fast the result
    changes where the primals move by these. With `has_aux` as of `vjp`, whose errors it raises. The
    graph is walked back twice.

    >>> jvp(lambda x: x * x, (Tensor([1.0, 2.0]),), (Tensor([1.0, 10.0]),))
    (tensor([1., 4.]), tensor([ 2., 40.]))
    """
    option("jvp", "has_aux", has_aux)
    option("jvp", "strict", strict)
    if not isinstance(primals, tuple) or not isinstance(tangents, tuple):
        raise TypeError("jvp: expected primals and tangents as tuples, an entry for each argument")
    chosen, tensors = _chosen("jvp", primals, tuple(range(len(primals))))
    ways = _checked("jvp", tangents, tensors, "the primals")
    kept = is_recording()
    with enable_grad():
        points = _points(tensors, kept)
        result, aux = _parted("jvp", func(*like(chosen, points)), has_aux)
        outputs = leaves("jvp: expected a function that returns", result)
        # The slopes are linear in what backward starts from, and their derivative is the Jacobian.
        starts = [zeros_like(output).requires_grad_() for output in outputs]
        slopes = _slopes(outputs, points, starts, True)
        speeds = _slopes(slopes, starts, ways, kept)
    found = (result, like(result, speeds), aux) if has_aux else (result, like(result, speeds))
    settled: tuple[Any, ...] = _settled(found, kept, points)
    return settled


def _points(tensors: Sequence[Tensor], kept: bool) -> tuple[Tensor, ...]:
    """What is derived by."""
    return tuple(
        # A view, by which the derivatives lead on to the argument.
        x.view_as(x) if kept and x.requires_grad else x.detach().requires_grad_()
        for x in tensors
    )


def _checked(name: str, vectors: Any, like: Sequence[Tensor], of: str) -> list[Tensor]:
    """These vectors, which have the form of others."""
    found = leaves(f"{name}: expected the form of {of}:", vectors)
    shapes, wanted = [x.shape for x in found], [x.shape for x in like]
    if shapes != wanted:
        raise ShapeError(f"{name}: expected the shapes of {of}, {wanted}, got {shapes}")
    return found


def _slopes(
    outputs: Sequence[Tensor], points: Sequence[Tensor], starts: Sequence[Tensor], recorded: bool
) -> list[Tensor]:
    """The gradients of the outputs by the points, 0 where nothing depends on one."""
    ends = [(x, start) for x, start in zip(outputs, starts, strict=True) if x.requires_grad]
    if not ends:
        return [zeros_like(point) for point in points]
    results, given = zip(*ends, strict=True)
    found = partials.grad(results, points, given, True, recorded, True, True, True)
    return cast("list[Tensor]", [*found])


def _chosen(name: str, args: tuple[Any, ...], argnums: ArgNums) -> tuple[Any, list[Tensor]]:
    """The arguments that are derived by, and their tensors."""
    numbers = argnums if isinstance(argnums, tuple) else (argnums,)
    for number in numbers:
        if not isinstance(number, int) or not -len(args) <= number < len(args):
            raise RangeError(
                f"{name}: expected argnums of the {len(args)} positional arguments, got {argnums!r}"
            )
    chosen = tuple(args[number] for number in numbers)
    tensors = leaves(f"{name}: expected to derive by", chosen)
    for tensor in tensors:
        if tensor.dtype.kind != "f":
            found = tensor.dtype
            raise DtypeError(f"{name}: expected floating arguments to derive by, got {found}")
    return (chosen if isinstance(argnums, tuple) else chosen[0]), tensors


def _with(
    args: tuple[Any, ...], argnums: ArgNums, chosen: Any, points: Sequence[Tensor]
) -> list[Any]:
    """The arguments, these tensors in those that were chosen."""
    given, every = like(chosen, points), list(args)
    if not isinstance(argnums, tuple):
        given, argnums = (given,), (argnums,)
    for number, each in zip(argnums, given, strict=True):
        every[number] = each
    return every


def _parted(name: str, found: Any, has_aux: bool) -> tuple[Any, Any]:
    if not has_aux:
        return found, None
    if not isinstance(found, tuple) or len(found) != 2:
        raise RuntimeError(f"{name}: with has_aux the function returns (result, aux)")
    return found


def _settled(tree: Any, kept: bool, points: Sequence[Tensor]) -> Any:
    """What is found, its tensors without a graph that leads to the points alone."""

    def settled(value: Any) -> Any:
        if kept and _leads_on(value, points):
            return value
        return value.detach() if isinstance(value, Tensor) else value

    return mapped(settled, tree)


def _leads_on(result: Any, points: Sequence[Tensor]) -> bool:
    """Whether the graph of a result leads to a leaf that is none of the points."""
    if not isinstance(result, Tensor):
        return False
    ends = {id(point) for point in points}
    if not result.requires_grad or result.grad_fn is None:
        return result.requires_grad and id(result) not in ends
    ahead, seen = [result.grad_fn], {result.grad_fn}
    while ahead:
        for node in ahead.pop().next_functions:
            if isinstance(node, AccumulateGrad):
                if id(node.variable) not in ends:
                    return True
            elif node is not None and node not in seen:
                seen.add(node)
                ahead.append(node)
    return False
