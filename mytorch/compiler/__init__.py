"""`mytorch.compile`: a function's NumPy calls recorded once and replayed without a graph.

In the order of what happens:

1. `compiled` decides whether a call is recorded, replayed or run as it is.
2. `recording` makes one real run: `state` finds every place that the function can reach, a
   `stand_in` lies in place of each array there and has the `tape` write down what is called
   with it and the `layout` of what that makes, a `number` in place of those that change, a source
   of `draws` in place of each generator; `reads` notes which attributes are read, and stops at
   what is not `understood`.
3. `analysis` finds what is another object in each run, what can be a buffer, and which calls
   count: the `plan`.
4. `agreement` tells whether two recordings are one plan, a `trial` whether a replay does to the
   bit what a real run does.
5. `source` makes lines of Python of the plan's steps and its result, `guards` those that test
   the places; both take the `names` of what they are bound to.
6. `program` makes a function of all these lines.

The rest of the library knows nothing of it.
"""

from mytorch.compiler.compiled import compile
from mytorch.compiler.tape import CompileError

__all__ = ["CompileError", "compile"]
