"""A program as users write it who check types: mypy in strict mode must see them all."""

from typing import assert_type

import numpy as np

import mytorch
from mytorch import Tensor


def main() -> None:
    """The program."""
    x = Tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    index = Tensor.zeros(1, 3, dtype=np.int64)
    assert_type(mytorch.tensor([1.0], requires_grad=True), Tensor)

    # PyTorch's names, NumPy's, and both.
    assert_type(x.sum(), Tensor)
    assert_type(x.sum(1, True), Tensor)
    assert_type(x.sum(dim=(0, 1), keepdim=True, dtype="float32"), Tensor)
    assert_type(x.sum(axis=1, keepdims=True), Tensor)
    assert_type(x.mean(0, keepdims=True).var(axis=1, correction=0), Tensor)
    assert_type(x.softmax(-1).log_softmax(axis=0, dtype=np.float32), Tensor)
    assert_type(x.logsumexp((0, 1), True), Tensor)
    assert_type(x.logsumexp(axis=1, keepdims=True), Tensor)
    assert_type(x.gather(0, index), Tensor)
    assert_type(x.gather(axis=0, index=index), Tensor)
    assert_type(x.all(axis=0).any(), Tensor)
    assert_type(x.topk(2, axis=1).values, Tensor)
    assert_type(x.sort(descending=True).indices, Tensor)
    assert_type(x.max(), Tensor)
    assert_type(x.max(1).indices, Tensor)
    assert_type(x.min(axis=0, keepdims=True).values, Tensor)
    assert_type(x.min(x), Tensor)
    assert_type(mytorch.max(x, other=x), Tensor)

    # Sizes one by one, or together.
    assert_type(x.reshape(3, 2).view((6,)), Tensor)
    assert_type(x.permute(1, 0), Tensor)
    assert_type(x.permute(dims=(1, 0)), Tensor)
    assert_type(x.new_zeros(2, 3, dtype="int32"), Tensor)
    assert_type(x.new_ones(size=(2, 3)), Tensor)
    assert_type(x.new_full((2,), 1.0, requires_grad=True), Tensor)
    assert_type(x.split([1, 1]), tuple[Tensor, ...])
    assert_type(x.unbind(axis=1), tuple[Tensor, ...])

    # Operands of all kinds.
    assert_type(x.add(2).sub(np.ones(3), alpha=2).mul(x).div(2.0, rounding_mode="floor"), Tensor)
    assert_type(x.where(x > 2, 0.0).masked_fill(np.ones(3, bool), 1), Tensor)
    assert_type(x.clamp(min=0).clip(0, x), Tensor)
    assert_type(x.matmul(x.T).addmm(x, x.mT, beta=2), Tensor)
    assert_type(x.allclose(x), bool)
    assert_type(x.is_floating_point(), bool)

    # In place.
    assert_type(x.add_(1, alpha=2).mul_(x).clamp_(0, 9).relu_(), Tensor)
    assert_type(x.cumsum_(axis=0).eq_(x).zero_().fill_(2).copy_(x), Tensor)

    # Conversions have the names of types, which hide no annotation.
    assert_type(x.float().double().int().bool(), Tensor)
    assert_type(x.to("cpu", mytorch.float32).type_as(x).cpu(), Tensor)
    assert_type(x.round(decimals=2).norm(p=1.0, keepdim=True), Tensor)


if __name__ == "__main__":
    main()
