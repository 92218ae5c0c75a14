from mytorch.tensor import Tensor


class Module:
    def __init__(self):
        self._submodules = {}
        self._parameters = {}
        self.is_train = True

    def __setattr__(self, name, value):
        if isinstance(value, Tensor) and value.is_parameter:
            self._parameters[name] = value
        elif isinstance(value, Module):
            self._submodules[name] = value
        object.__setattr__(self, name, value)

    def add_module(self, name, value):
        self._submodules[name] = value

    def train(self):
        self.is_train = True
        for module in self._submodules.values():
            module.train()

    def eval(self):
        self.is_train = False
        for module in self._submodules.values():
            module.eval()

    def parameters(self):
        yield from self._parameters.values()
        for module in self._submodules.values():
            yield from module.parameters()

    def __call__(self, *args):
        return self.forward(*args)
