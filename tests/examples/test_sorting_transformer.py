"""examples/sorting_transformer.py at a small size."""

import mytorch
from examples.sorting_transformer import batch, sort, train


def test_it_learns_to_sort() -> None:
    mytorch.manual_seed(0)
    model = train(length=3, steps=120, count=32)
    digits, ordered = batch(100, 3)
    found = sort(model, digits[:, :3])
    # By chance one of a thousand.
    assert (found == ordered).all(1).sum().item() > 60
