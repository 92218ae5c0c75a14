"""A place to try operations and autograd: change anything here and run it again.

python3 sandbox.py
"""

import os
import sys

# A random.py beside this file is not to hide Python's own, nor an installed mytorch ours.
while os.path.dirname(__file__) in sys.path:
    sys.path.remove(os.path.dirname(__file__))
from importlib.util import find_spec
from typing import Any

import numpy as np

sys.path.insert(sum("-packages" not in folder for folder in sys.path), os.path.dirname(__file__))
from mytorch.tensor import Tensor


def show(name: str, value: object) -> None:
    """Print one labelled value; the lines of an array stay under each other."""
    print(f"  {name:<14}{str(value).replace(chr(10), chr(10) + ' ' * 16)}")


def print_graph(node: Any, depth: int = 1) -> None:
    """Print the graph above a node, each parent below and to the right of its child."""
    if node is None:
        print("  " * depth + "None (a constant)")
    elif node.function_name == "AccumulateGrad":
        print("  " * depth + f"AccumulateGrad, for the leaf with data {node.variable.data}")
    else:
        print("  " * depth + node.function_name)
        for parent in node.next_functions:
            print_graph(parent, depth + 1)


def worked_example() -> None:
    """The example of sections 0.1.4 to 0.1.7: scalars, two of them gradient-enabled."""
    print("The worked example: d = a + a * b, e = (d + c) + 3")
    a = Tensor(1.0, requires_grad=True)
    b = Tensor(2.0)
    c = Tensor(3.0, requires_grad=True)
    d = a + a * b
    e = (d + c) + Tensor(3.0)
    show("e", e)
    print("The graph that the forward pass left behind, from e backwards:")
    print_graph(e.grad_fn)
    e.backward()
    print("After e.backward():")
    show("a.grad", f"{a.grad!r}   1 through d, and 1 * b = 2 through a * b: they add up")
    show("c.grad", c.grad)
    show("b.grad", f"{b.grad}         b does not require a gradient")
    show("d.grad", f"{d.grad}         d is no leaf: gradients pass through it")


def check_multiplication() -> None:
    """How to test an operation of your own: compare its gradient with finite differences."""
    print("\nThe gradient of a * b against finite differences:")
    a = Tensor(np.array([1.0, -2.0, 3.0]), requires_grad=True)
    b = Tensor(np.array([4.0, 5.0, -6.0]))
    (a * b).backward()
    step = 1e-6
    above, below = Tensor(a.data + step), Tensor(a.data - step)
    estimate = ((above * b).data - (below * b).data) / (2 * step)
    show("autograd", a.grad)
    show("estimate", Tensor(estimate))


if __name__ == "__main__":
    worked_example()
    check_multiplication()
    if find_spec("mytorch.__main__") is not None:  # a homework's library has no commands
        print("\nTo watch it step by step: python3 -m mytorch watch sandbox.py --open")
