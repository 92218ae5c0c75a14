"""Array kernels: what operations, layers and optimizers compute with. They know no Tensor.

A faster backend replaces what it can here, and nothing above notices.
"""
