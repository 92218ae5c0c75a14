import numpy as np

from mytorch.nn.functional import MatMul, Transpose
from mytorch.nn.module import Module
from mytorch.tensor import Tensor


class Linear(Module):
    def __init__(self, in_features, out_features):
        super().__init__()
        weight = np.random.randn(out_features, in_features) / np.sqrt(in_features)
        self.weight = Tensor(weight, requires_grad=True, is_parameter=True)
        self.bias = Tensor(np.zeros(out_features), requires_grad=True, is_parameter=True)

    def forward(self, x):
        return MatMul.apply(x, Transpose.apply(self.weight)) + self.bias
