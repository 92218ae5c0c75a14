"""BatchNorm1d: batch normalisation of features (write-up 2.4, Appendix C)."""

import numpy as np

from mytorch.nn.functional import batch_norm
from mytorch.nn.module import Module
from mytorch.tensor import Tensor

__all__ = ["BatchNorm1d"]


class BatchNorm1d(Module):
    """Normalises each of `num_features` channels over the batch, then scales and shifts it.

    In training by the batch's mean and biased variance, while the running statistics follow:
    running = (1 - momentum) * running + momentum * batch, the variance unbiased (equations 3 to
    9 with alpha = 1 - momentum); in evaluation mode by the running statistics.

    Attributes: `gamma` and `beta` (parameters, by PyTorch's names `weight` and `bias`, which
    `state_dict` uses), `running_mean`, `running_var` and `num_batches_tracked` (buffers).

    Source: Ioffe and Szegedy, "Batch Normalization", 2015.

    >>> layer = BatchNorm1d(1)
    >>> y = layer(Tensor([[1.0], [3.0]]))
    >>> layer.running_mean, layer.running_var
    (tensor([0.2]), tensor([1.1]))
    """

    weight: Tensor
    bias: Tensor
    running_mean: Tensor
    running_var: Tensor
    num_batches_tracked: Tensor

    def __init__(self, num_features: int, eps: float = 1e-5, momentum: float = 0.1) -> None:
        super().__init__()
        self.num_features = num_features
        self.eps = eps
        self.momentum = momentum
        self.weight = Tensor(Tensor.ones(num_features), is_parameter=True)
        self.bias = Tensor(Tensor.zeros(num_features), is_parameter=True)
        self.register_buffer("running_mean", Tensor.zeros(num_features))
        self.register_buffer("running_var", Tensor.ones(num_features))
        self.register_buffer("num_batches_tracked", Tensor(np.array(0)))

    @property
    def gamma(self) -> Tensor:
        """The scale (num_features,), the write-up's name for `weight`."""
        return self.weight

    @gamma.setter
    def gamma(self, value: Tensor) -> None:
        self.weight = value

    @property
    def beta(self) -> Tensor:
        """The shift (num_features,), the write-up's name for `bias`."""
        return self.bias

    @beta.setter
    def beta(self, value: Tensor) -> None:
        self.bias = value

    def forward(self, x: Tensor) -> Tensor:
        """x (N, C) or (N, C, L), normalised. Raises ShapeError for other shapes."""
        output = batch_norm(
            x,
            self.running_mean,
            self.running_var,
            self.weight,
            self.bias,
            self.is_train,
            self.momentum,
            self.eps,
        )
        if self.is_train:
            self.num_batches_tracked.data += 1
        return output

    def extra_repr(self) -> str:
        """The arguments."""
        return f"{self.num_features}, eps={self.eps}, momentum={self.momentum}"
