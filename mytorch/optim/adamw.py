"""AdamW: Adam with weight decay kept apart."""

from __future__ import annotations

from mytorch.optim.adam import Adam
from mytorch.optim.options import at_least_0, option

__all__ = ["AdamW"]


class AdamW(Adam):
    """Adam whose weight decay is kept apart from the moments. With m, v and t as there:

        W = W - lr * weight_decay * W - lr * m / (1 - beta1**t) / (sqrt(v / (1 - beta2**t)) + eps)

    Source: Loshchilov and Hutter, "Decoupled Weight Decay Regularization", 2019.

    >>> from mytorch import Tensor
    >>> w = Tensor([1.0], is_parameter=True)
    >>> w.grad = Tensor([0.0])
    >>> AdamW([w], lr=0.1, weight_decay=0.5).step()
    >>> w.data
    array([0.95])
    """

    weight_decay: float = option(at_least_0, default=1e-2)
    decoupled_weight_decay: bool = option(default=True, init=False)
