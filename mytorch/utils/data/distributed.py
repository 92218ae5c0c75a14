"""PyTorch's other address of `DistributedSampler`."""

from mytorch.utils.data.sampler import DistributedSampler

__all__ = ["DistributedSampler"]
