"""The benchmark: MyTorch beside its peers on the same work. `make bench` runs it.

The library knows nothing of it.
"""
