import numpy as np

import mytorch.autograd_engine as autograd_engine
import mytorch.nn.functional as F


class Tensor:
    def __init__(self, data, requires_grad=False, is_leaf=True, is_parameter=False):
        self.data = np.array(data)
        self.requires_grad = requires_grad
        self.is_leaf = is_leaf
        self.grad_fn = None
        self.grad = None
        self.is_parameter = is_parameter

    @property
    def shape(self):
        return self.data.shape

    @staticmethod
    def zeros(*shape):
        return Tensor(np.zeros(shape))

    @staticmethod
    def ones(*shape):
        return Tensor(np.ones(shape))

    def backward(self):
        autograd_engine.backward(self.grad_fn, Tensor.ones(*self.shape))

    def reshape(self, *shape):
        return F.Reshape.apply(self, shape)

    def mean(self):
        return F.Mean.apply(self)

    def __add__(self, other):
        return F.Add.apply(self, other)

    def __sub__(self, other):
        return F.Sub.apply(self, other)

    def __mul__(self, other):
        return F.Mul.apply(self, other)

    def __truediv__(self, other):
        return F.Div.apply(self, other)
