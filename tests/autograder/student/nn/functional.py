import numpy as np

import mytorch.tensor as tensor
from mytorch.autograd_engine import Function


def result(data, *parents):
    requires_grad = any(p.requires_grad for p in parents)
    return tensor.Tensor(data, requires_grad=requires_grad, is_leaf=not requires_grad)


def unbroadcast(grad, shape):
    while grad.ndim > len(shape):
        grad = grad.sum(axis=0)
    for axis, size in enumerate(shape):
        if size == 1:
            grad = grad.sum(axis=axis, keepdims=True)
    return tensor.Tensor(grad)


class Add(Function):
    @staticmethod
    def forward(ctx, a, b):
        ctx.save_for_backward(a, b)
        return result(a.data + b.data, a, b)

    @staticmethod
    def backward(ctx, grad_output):
        a, b = ctx.saved_tensors
        return unbroadcast(grad_output.data, a.shape), unbroadcast(grad_output.data, b.shape)


class Sub(Function):
    @staticmethod
    def forward(ctx, a, b):
        ctx.save_for_backward(a, b)
        return result(a.data - b.data, a, b)

    @staticmethod
    def backward(ctx, grad_output):
        a, b = ctx.saved_tensors
        return unbroadcast(grad_output.data, a.shape), unbroadcast(-grad_output.data, b.shape)


class Mul(Function):
    @staticmethod
    def forward(ctx, a, b):
        ctx.save_for_backward(a, b)
        return result(a.data * b.data, a, b)

    @staticmethod
    def backward(ctx, grad_output):
        a, b = ctx.saved_tensors
        grad_a = unbroadcast(grad_output.data * b.data, a.shape)
        grad_b = unbroadcast(grad_output.data * a.data, b.shape)
        return grad_a, grad_b


class Div(Function):
    @staticmethod
    def forward(ctx, a, b):
        ctx.save_for_backward(a, b)
        return result(a.data / b.data, a, b)

    @staticmethod
    def backward(ctx, grad_output):
        a, b = ctx.saved_tensors
        grad_a = unbroadcast(grad_output.data / b.data, a.shape)
        grad_b = unbroadcast(-grad_output.data * a.data / b.data**2, b.shape)
        return grad_a, grad_b


class Transpose(Function):
    @staticmethod
    def forward(ctx, a):
        return result(a.data.T, a)

    @staticmethod
    def backward(ctx, grad_output):
        return tensor.Tensor(grad_output.data.T)


class Reshape(Function):
    @staticmethod
    def forward(ctx, a, shape):
        ctx.shape = a.shape
        return result(a.data.reshape(shape), a)

    @staticmethod
    def backward(ctx, grad_output):
        return tensor.Tensor(grad_output.data.reshape(ctx.shape)), None


class Log(Function):
    @staticmethod
    def forward(ctx, a):
        ctx.save_for_backward(a)
        return result(np.log(a.data), a)

    @staticmethod
    def backward(ctx, grad_output):
        (a,) = ctx.saved_tensors
        return tensor.Tensor(grad_output.data / a.data)


class MatMul(Function):
    @staticmethod
    def forward(ctx, a, b):
        ctx.save_for_backward(a, b)
        return result(a.data @ b.data, a, b)

    @staticmethod
    def backward(ctx, grad_output):
        a, b = ctx.saved_tensors
        return tensor.Tensor(grad_output.data @ b.data.T), tensor.Tensor(
            a.data.T @ grad_output.data
        )


class Mean(Function):
    """Over the rows of a batch."""

    @staticmethod
    def forward(ctx, a):
        ctx.shape = a.shape
        return result(a.data.mean(axis=0), a)

    @staticmethod
    def backward(ctx, grad_output):
        return tensor.Tensor(np.ones(ctx.shape) * grad_output.data / ctx.shape[0])


class Sqrt(Function):
    @staticmethod
    def forward(ctx, a):
        ctx.root = np.sqrt(a.data)
        return result(ctx.root, a)

    @staticmethod
    def backward(ctx, grad_output):
        return tensor.Tensor(grad_output.data / (2 * ctx.root))


class ReLU(Function):
    @staticmethod
    def forward(ctx, a):
        ctx.save_for_backward(a)
        return result(np.maximum(a.data, 0), a)

    @staticmethod
    def backward(ctx, grad_output):
        (a,) = ctx.saved_tensors
        return tensor.Tensor(grad_output.data * (a.data > 0))


class CrossEntropy(Function):
    @staticmethod
    def forward(ctx, logits, labels):
        x = logits.data - logits.data.max(axis=1, keepdims=True)
        log_softmax = x - np.log(np.exp(x).sum(axis=1, keepdims=True))
        ctx.probabilities = np.exp(log_softmax)
        ctx.labels = labels.data
        ctx.rows = np.arange(len(labels.data))
        return result(-log_softmax[ctx.rows, ctx.labels].mean(), logits)

    @staticmethod
    def backward(ctx, grad_output):
        gradient = ctx.probabilities.copy()
        gradient[ctx.rows, ctx.labels] -= 1
        return tensor.Tensor(grad_output.data * gradient / len(ctx.rows)), None


def cross_entropy(predicted, target):
    return CrossEntropy.apply(predicted, target)
