"""Decompositions and systems where the table does not look: stacks in which a matrix is singular,
matrices larger than a block, names that PyTorch warns of, derivatives of the third order."""

import numpy as np
import pytest

import mytorch
from mytorch import Tensor, linalg

RNG = np.random.default_rng(0)


def test_names_that_pytorch_warns_of() -> None:
    a, b = Tensor(RNG.normal(size=(3, 3))), Tensor(RNG.normal(size=(3, 2)))
    positive = a @ a.mT + 1 * mytorch.eye(3)
    factors = linalg.lu_factor_ex(a)
    for ours, expected in (
        (positive.cholesky(upper=True), linalg.cholesky(positive, upper=True)),
        (mytorch.qr(b, some=False).Q, linalg.qr(b, "complete").Q),
        (b.qr().R, linalg.qr(b).R),
        (a.lu(get_infos=True)[2], factors.info),
        (mytorch.lu(a)[1], factors.pivots),
        (b.lu_solve(factors.LU, factors.pivots), linalg.solve(a, b)),
    ):
        np.testing.assert_allclose(ours.data, expected.data, 1e-12, 1e-14)


def test_the_error_is_numpys_and_pytorchs_and_names_the_matrix() -> None:
    stack = Tensor(np.stack([np.eye(2), np.zeros((2, 2))])[None])
    for kind in (linalg.LinAlgError, np.linalg.LinAlgError, RuntimeError, ValueError):
        with pytest.raises(kind, match=r"linalg\.inv: matrix \[0, 1\] of the stack is singular"):
            linalg.inv(stack)
    with pytest.raises(linalg.LinAlgError, match=r"the matrix .* minor of order 2 is not positive"):
        linalg.cholesky(Tensor([[1.0, 2.0], [2.0, 1.0]]))
    with pytest.raises(linalg.LinAlgError, match="is there a NaN or infinity"):
        linalg.svdvals(Tensor([[np.nan]]) + mytorch.zeros(2, 2))


def test_a_singular_matrix_leaves_the_others_of_its_stack_alone() -> None:
    stack = np.stack([np.eye(3), np.diag([1.0, 0, 1]), 2 * np.eye(3)])
    inverse, info = linalg.inv_ex(Tensor(stack))
    assert info.tolist() == [0, 2, 0]
    assert np.isnan(inverse.data[1]).all()
    np.testing.assert_array_equal(inverse.data[2], np.eye(3) / 2)
    result, info = linalg.solve_ex(Tensor(stack[:, None]), mytorch.ones(2, 3, 1))
    assert info.tolist() == [[0], [2], [0]]
    assert np.isnan(result.data).any((-2, -1)).tolist() == [[False] * 2, [True] * 2, [False] * 2]
    lower, info = linalg.cholesky_ex(Tensor(stack * [[[1]], [[1]], [[-1]]]))
    assert info.tolist() == [0, 2, 1]
    np.testing.assert_array_equal(lower.data[0], np.eye(3))


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("shape", [(70, 70), (2, 70, 40), (40, 70), (2, 0, 3), (0, 2, 2)])
def test_blocks(shape: tuple[int, ...], dtype: type) -> None:
    a = RNG.normal(size=shape).astype(dtype)
    tolerance = 100 * np.finfo(dtype).eps
    p, lower, upper = linalg.lu(Tensor(a))
    np.testing.assert_allclose((p @ lower @ upper).data, a, atol=20 * tolerance)
    assert np.abs(lower.data).max(initial=0) <= 1
    size = min(shape[-2:])
    square, b = (a[..., :size, :size] + 9 * np.eye(size, dtype=dtype)), a[..., :size, :]
    for upper_one in (True, False):
        x = linalg.solve_triangular(Tensor(square), Tensor(b), upper=upper_one)
        triangle = (np.triu if upper_one else np.tril)(square)
        np.testing.assert_allclose(triangle @ x.data, b, atol=tolerance)


def test_the_determinant_has_a_gradient_where_it_is_0() -> None:
    for rank in range(3):
        factor = RNG.normal(size=(3, rank))
        a = Tensor(factor @ factor.T, requires_grad=True)
        assert mytorch.gradcheck(linalg.det, (a,))
        assert mytorch.gradgradcheck(linalg.det, (a,), atol=1e-4)


@pytest.mark.parametrize("size", [1, 2, 3, 4])
def test_the_second_derivative_of_a_determinant_is_exact_where_it_is_0(size: int) -> None:
    for rank in range(size + 1):
        whole = RNG.integers(-3, 4, (2, size, rank)) @ RNG.integers(-3, 4, (2, rank, size))
        a = Tensor(whole.astype(float), requires_grad=True)
        seed = RNG.normal(size=(2, size, size))
        (slope,) = mytorch.grad(linalg.det(a), a, create_graph=True)
        (second,) = mytorch.grad(slope, a, Tensor(seed))
        # Along one element the slope of a determinant is linear in each other element.
        expected = np.zeros_like(seed)
        for i, j in np.ndindex(size, size):
            step = np.zeros((size, size))
            step[i, j] = 1.0
            ends = [
                mytorch.grad(linalg.det(b), b)[0].data
                for b in (Tensor(a.data + sign * step, requires_grad=True) for sign in (1, -1))
            ]
            expected[:, i, j] = ((ends[0] - ends[1]) / 2 * seed).sum((-2, -1))
        np.testing.assert_allclose(second.data, expected, rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize(
    "function",
    [
        lambda x: linalg.eigh(x + x.mT)[1].abs(),
        lambda x: linalg.svd(x)[0].abs(),
        lambda x: linalg.qr(x)[1],
        lambda x: linalg.lu(x)[2],
        lambda x: linalg.cholesky(x @ x.mT),
        linalg.det,
        linalg.pinv,
    ],
)
def test_the_third_derivative(function) -> None:
    def slope(x):
        (grad,) = mytorch.grad((function(x) ** 2).sum(), x, create_graph=True)
        return grad

    x = Tensor([[2.0, 0.5], [0.3, 1.0]], requires_grad=True)
    assert mytorch.gradgradcheck(slope, (x,), atol=1e-4, rtol=1e-4)


def test_the_parts_of_a_decomposition_can_be_changed() -> None:
    a = Tensor(RNG.normal(size=(3, 3)), requires_grad=True)
    u, s, vh = linalg.svd(a)
    expected = (u @ vh).data.copy()
    u.zero_(), vh.zero_()
    s.sum().backward()
    np.testing.assert_allclose(a.grad.data, expected, atol=1e-14)


@pytest.mark.parametrize("name", ["svd", "pinv"])
def test_an_infinity_comes_to_an_end(name: str) -> None:
    """LAPACK's gesdd looped over this matrix without end."""
    a = Tensor([[np.inf, 0.5, 0.5], [0.5, 1.5, 0.5], [0.5, 0.5, 2.5]]).float()
    with pytest.raises(mytorch.errors.LinAlgError, match="NaN or infinity in a matrix"):
        getattr(mytorch.linalg, name)(a)


@pytest.mark.parametrize("neighbour", [1e6, 1e30, np.nan, np.inf])
def test_an_exponential_is_the_same_beside_another_matrix(neighbour: float) -> None:
    matrices = np.array([[[3.0, -2.0], [1.0, 4.0]], [[-neighbour, 0.0], [0.0, -neighbour]]])
    together, alone = Tensor(matrices, requires_grad=True), Tensor(matrices[0], requires_grad=True)
    found, expected = mytorch.matrix_exp(together)[0], mytorch.matrix_exp(alone)
    np.testing.assert_array_equal(found.data, expected.data)
    slopes = [
        mytorch.grad(out.sum(), x)[0].data for out, x in ((found, together), (expected, alone))
    ]
    np.testing.assert_allclose(slopes[0][0], slopes[1], rtol=1e-14)


def substituted(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """x with a x = b, of an upper triangle, row by row."""
    x = b.copy()
    for row in range(len(a))[::-1]:
        for known in range(row + 1, len(a)):
            x[row] -= a[row, known] * x[known]
        x[row] /= a[row, row]
    return x


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("size", [3, 20, 70])
def test_what_is_not_finite_in_a_triangle_reaches_only_what_follows(
    size: int, turned: bool
) -> None:
    for value in (np.inf, np.nan, 0.0):
        for row, column in ((0, 0), (1, 1), (0, 2), (1, 2)):
            a, b = (
                np.triu(RNG.normal(size=(size, size))) + 3 * np.eye(size),
                RNG.normal(size=(size, 2)),
            )
            if column == 2:
                b[row, 1] = value
            else:
                a[row, column] = value
            with np.errstate(all="ignore"):
                expected = substituted(a, b)
            if turned:  # a lower triangle
                a, b, expected = a[::-1, ::-1], b[::-1], expected[::-1]
            found = linalg.solve_triangular(Tensor(a), Tensor(b), upper=not turned)
            np.testing.assert_allclose(found.data, expected, 1e-9, 1e-12)


@pytest.mark.parametrize("upper", [False, True])
@pytest.mark.parametrize("systems", [2, 100])
def test_many_systems_are_solved_at_once_few_by_lapack(
    systems: int, upper: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    solve, taken = np.linalg.solve, []
    monkeypatch.setattr(np.linalg, "solve", lambda *given: taken.append(1) or solve(*given))
    a = (np.triu if upper else np.tril)(RNG.normal(size=(systems, 7, 7))) + 9 * np.eye(7)
    x = RNG.normal(size=(systems, 7, 3))
    found = linalg.solve_triangular(Tensor(a), Tensor(a @ x), upper=upper)
    np.testing.assert_allclose(found.data, x, 1e-12)
    assert bool(taken) == (systems == 2)
