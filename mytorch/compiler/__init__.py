"""`mytorch.compile`: a function's NumPy calls recorded once and replayed without a graph.

In the order of what happens: `state` finds everything the function can reach, `recorder` writes
down what it calls, `program` makes source of that, `compiled` decides when to do which. The rest
of the library knows nothing of it.
"""

from mytorch.compiler.compiled import compile
from mytorch.compiler.recorder import CompileError

__all__ = ["CompileError", "compile"]
