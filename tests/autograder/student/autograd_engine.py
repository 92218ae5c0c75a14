import mytorch.tensor as tensor


def backward(grad_fn, grad_of_outputs):
    if grad_fn is None:
        return
    grads = grad_fn.apply(grad_of_outputs)
    if not isinstance(grads, tuple):
        grads = (grads,)
    for parent, grad in zip(grad_fn.next_functions, grads, strict=False):
        backward(parent, grad)


class Function:
    @staticmethod
    def forward(ctx, *args):
        raise NotImplementedError

    @staticmethod
    def backward(ctx, *grad_outputs):
        raise NotImplementedError

    @classmethod
    def apply(cls, *args):
        node = BackwardFunction(cls)
        output = cls.forward(node.ctx, *args)
        for arg in args:
            if not isinstance(arg, tensor.Tensor) or not arg.requires_grad:
                node.next_functions.append(None)
            elif arg.is_leaf:
                node.next_functions.append(AccumulateGrad(arg))
            else:
                node.next_functions.append(arg.grad_fn)
        if output.requires_grad:
            output.grad_fn = node
        return output


class AccumulateGrad:
    def __init__(self, variable):
        self.variable = variable
        self.next_functions = []
        self.function_name = "AccumulateGrad"

    def apply(self, grad):
        if self.variable.grad is None:
            self.variable.grad = tensor.Tensor(grad.data)
        else:
            self.variable.grad.data = self.variable.grad.data + grad.data
        return ()


class ContextManager:
    def __init__(self):
        self.saved_tensors = []

    def save_for_backward(self, *tensors):
        self.saved_tensors.extend(tensors)


class BackwardFunction:
    def __init__(self, cls):
        self.ctx = ContextManager()
        self.forward_cls = cls
        self.next_functions = []
        self.function_name = cls.__name__

    def apply(self, *grads):
        return self.forward_cls.backward(self.ctx, *grads)
