"""Einstein's sums of products."""

from __future__ import annotations

import re
from functools import lru_cache
from math import prod
from typing import Any

from mytorch._checks import kind_of
from mytorch._shapes import Shape
from mytorch.engine.context import sparing
from mytorch.errors import ShapeError
from mytorch.ops._arguments import explained
from mytorch.ops._operands import data_of
from mytorch.ops.diagonals import diagonal
from mytorch.tensor import Tensor

__all__ = ["einsum"]


@explained
def einsum(equation: str, *operands: Any) -> Tensor:
    """Sums of products after Einstein's convention: each letter names an axis; axes of one letter
    have one size (or 1); what is not named behind `->` is summed over.

    Arguments:
        equation: as "ij,jk->ik". Without an arrow the result has the letters that occur once, in
            alphabetical order. `...` stands for any further axes, which are broadcast. A letter
            twice in one operand takes its diagonal.
        operands: Tensors, one for each part of the equation, also as one list.

    The operands are multiplied from left to right. PyTorch's form with lists of numbers in place
    of letters is not supported.

    Raises ShapeError for an equation that is wrong, or does not fit the operands.

    >>> a, b = Tensor([[1.0, 2.0]]), Tensor([[3.0, 4.0]])
    >>> einsum("ij,kj->ik", a, b)
    tensor([[11.]])
    """
    if not isinstance(equation, str):
        raise TypeError(
            f"einsum: expected an equation as 'ij,jk->ik' first, got {kind_of(equation)}"
        )
    tensors = (
        list(operands[0])
        if len(operands) == 1 and not isinstance(operands[0], Tensor)
        else operands
    )
    terms, output = _parse(equation, tuple([data_of("einsum", tensor).shape for tensor in tensors]))
    result, letters = _distinct(tensors[0], terms[0])
    for position, (tensor, term) in enumerate(zip(tensors[1:], terms[1:], strict=True), 1):
        later = set(output).union(*terms[position + 1 :])
        result, letters = _contract(result, letters, *_distinct(tensor, term), later)
    result, letters = _sum_out(result, letters, set(output))
    if letters == output and len(tensors) > 1:
        return result
    return result.permute([letters.index(letter) for letter in output])


@lru_cache
def _parse(equation: str, shapes: tuple[Shape, ...]) -> tuple[tuple[str, ...], str]:
    """The letters of each operand and of the result, with letters in place of `...`."""

    def refuse(reason: str) -> ShapeError:
        return ShapeError(f"einsum: {reason}, in {equation!r} for operands of shapes {[*shapes]}")

    left, arrow, right = equation.replace(" ", "").partition("->")
    terms = left.split(",")
    if len(terms) != len(shapes):
        raise refuse(f"expected {len(terms)} operands, got {len(shapes)}")
    for term in (*terms, right):
        if not re.fullmatch(r"[a-zA-Z]*(\.\.\.)?[a-zA-Z]*", term):
            raise refuse(f"expected letters and at most one '...' for an operand, got {term!r}")
    extra = [
        len(shape) - len(term.replace("...", "")) for term, shape in zip(terms, shapes, strict=True)
    ]
    most = max((n for n, term in zip(extra, terms, strict=True) if "." in term), default=0)
    # Greek letters from alpha on, which no equation has.
    dots = "".join(map(chr, range(0x3B1, 0x3B1 + most)))
    for position, (term, n) in enumerate(zip(terms, extra, strict=True)):
        if n < 0 or (n and "." not in term):
            raise refuse(
                f"operand {position} has {len(shapes[position])} axes, not those of {term!r}"
            )
        terms[position] = term.replace("...", dots[len(dots) - n :])
    letters = "".join(terms)
    if arrow:
        output = right.replace("...", dots)
    else:
        output = dots + "".join(
            sorted(c for c in set(letters) - set(dots) if letters.count(c) == 1)
        )
    if len(set(output)) < len(output) or not set(output) <= set(letters):
        raise refuse("each letter of the result must occur there once, and in an operand")
    sizes: dict[str, int] = {}
    for term, shape in zip(terms, shapes, strict=True):
        for letter, size in zip(term, shape, strict=True):
            if sizes.setdefault(letter, size) == 1:
                sizes[letter] = size
            if size not in (1, sizes[letter]):
                raise refuse(f"{letter!r} stands for sizes {sizes[letter]} and {size}")
        if any(
            len({shape[i] for i, other in enumerate(term) if other == letter}) > 1
            for letter in term
        ):
            raise refuse(f"the axes of one letter in {term!r} must have one size")
    return tuple(terms), output


def _distinct(a: Tensor, letters: str) -> tuple[Tensor, str]:
    """Letters that occur twice taken together, by diagonals."""
    for letter in sorted(set(letters)):
        while letters.count(letter) > 1:
            first = letters.index(letter)
            second = letters.index(letter, first + 1)
            a = diagonal(a, 0, first, second)
            letters = letters[:first] + letters[first + 1 : second] + letters[second + 1 :] + letter
    return a, letters


def _sum_out(a: Tensor, letters: str, kept: set[str]) -> tuple[Tensor, str]:
    """The sum over the letters that are not kept."""
    axes = tuple(axis for axis, letter in enumerate(letters) if letter not in kept)
    return (a.sum(axes), "".join(c for c in letters if c in kept)) if axes else (a, letters)


def _contract(a: Tensor, in_a: str, b: Tensor, in_b: str, later: set[str]) -> tuple[Tensor, str]:
    """The product of two operands, summed over the letters that do not occur later."""
    a, in_a = _sum_out(a, in_a, later | set(in_b))
    b, in_b = _sum_out(b, in_b, later | set(in_a))
    both = [letter for letter in in_a if letter in in_b]
    batch = [letter for letter in both if letter in later]
    summed = [letter for letter in both if letter not in later]
    only_a = [letter for letter in in_a if letter not in both]
    only_b = [letter for letter in in_b if letter not in both]
    x = _ordered(a, in_a, "".join((*batch, *only_a, *summed)))
    y = _ordered(b, in_b, "".join((*batch, *summed, *only_b)))
    m, n, k = len(batch), len(only_a), len(summed)
    rows, columns = x.shape[m : m + n], y.shape[m + k :]
    letters = "".join((*batch, *only_a, *only_b))
    if not (summed or (only_a and only_b and x.dtype.kind == "f")):
        return x.reshape(*x.shape, *(1,) * len(columns)) * y.reshape(
            *y.shape[:m], *(1,) * n, *columns
        ), letters
    pairs = zip(x.shape[m + n :], y.shape[m : m + k], strict=True)
    inner = tuple(two if one == 1 else one for one, two in pairs)
    x = _shaped(x, (*x.shape[: m + n], *inner), (*x.shape[:m], prod(rows), prod(inner)))
    y = _shaped(y, (*y.shape[:m], *inner, *columns), (*y.shape[:m], prod(inner), prod(columns)))
    out = sparing(x @ y, x, y)
    return _shaped(out, out.shape, (*out.shape[:m], *rows, *columns)), letters


def _ordered(a: Tensor, letters: str, wanted: str) -> Tensor:
    """With the axes of these letters in another order."""
    return a if letters == wanted else a.permute([letters.index(letter) for letter in wanted])


def _shaped(a: Tensor, whole: Shape, shape: Shape) -> Tensor:
    """Repeated to the shape `whole`, in another one."""
    a = a if a.shape == whole else a.expand(*whole)
    return a if whole == shape else a.reshape(*shape)
