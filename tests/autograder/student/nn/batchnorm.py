import numpy as np

from mytorch.nn.functional import Sqrt
from mytorch.nn.module import Module
from mytorch.tensor import Tensor


class BatchNorm1d(Module):
    def __init__(self, num_features, eps=1e-5, momentum=0.1):
        super().__init__()
        self.eps = Tensor(eps)
        self.momentum = momentum
        self.gamma = Tensor(np.ones(num_features), requires_grad=True, is_parameter=True)
        self.beta = Tensor(np.zeros(num_features), requires_grad=True, is_parameter=True)
        self.running_mean = Tensor(np.zeros(num_features))
        self.running_var = Tensor(np.ones(num_features))

    def forward(self, x):
        if self.is_train:
            mean = x.mean()
            var = ((x - mean) * (x - mean)).mean()
            self.update(self.running_mean, mean.data)
            self.update(self.running_var, x.data.var(axis=0, ddof=1))
        else:
            mean, var = self.running_mean, self.running_var
        return self.gamma * ((x - mean) / Sqrt.apply(var + self.eps)) + self.beta

    def update(self, running, new):
        running.data = (1 - self.momentum) * running.data + self.momentum * new
