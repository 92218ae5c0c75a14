import mytorch.nn.functional as F


class CrossEntropyLoss:
    def __call__(self, predicted, target):
        return F.cross_entropy(predicted, target)
