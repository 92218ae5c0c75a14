"""Reductions of short rows against NumPy's own."""

import numpy as np
import pytest

from mytorch._kernels.reductions import reduced


@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize(
    "shape", [(100, 1), (100, 7), (5, 30, 32), (100, 33), (2, 3), (70,), (0, 3)]
)
def test_short_rows(shape: tuple[int, ...], keepdims: bool) -> None:
    data = np.random.default_rng(0).standard_normal(shape)
    data.reshape(-1)[::13] = np.nan
    for array in (data, np.asfortranarray(data), data.swapaxes(0, -1)):
        axes = (array.ndim - 1,)
        if array.shape[-1]:
            for ufunc in (np.maximum, np.minimum):
                expected = ufunc.reduce(array, axes, keepdims=keepdims)
                np.testing.assert_array_equal(reduced(ufunc, array, axes, keepdims), expected)
        for ufunc in (np.logical_and, np.logical_or):
            truth = reduced(ufunc, array > 1, axes, keepdims, bool)
            np.testing.assert_array_equal(truth, ufunc.reduce(array > 1, axes, keepdims=keepdims))
            assert truth.dtype == bool


def test_rows_are_not_taken_one_by_one() -> None:
    class Watched(np.ndarray):
        def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):  # type: ignore[no-untyped-def]
            axes.append(inputs[1] if len(inputs) > 1 else kwargs["axis"])
            plain = [np.asarray(value) for value in inputs[:1]]
            return getattr(ufunc, method)(*plain, *inputs[1:], **kwargs)

    axes: list[object] = []
    for rows, columns in ((1000, 10), (10, 1000)):
        reduced(np.maximum, np.zeros((rows, columns)).view(Watched), (1,))
    assert axes == [0, (1,)]
