from mytorch.nn.module import Module


class Sequential(Module):
    def __init__(self, *layers):
        super().__init__()
        self.layers = layers
        for idx, layer in enumerate(layers):
            self.add_module(str(idx), layer)

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return x
