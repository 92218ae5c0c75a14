"""What a case is: a program that depends on something, and one change of that."""

from collections.abc import Callable

from mytorch import Tensor

Step = Callable[[Tensor], Tensor]
Change = Callable[[], object]
Case = Callable[[], tuple[Step, Change]]
CASES: dict[str, Case] = {}


def case(make: Case) -> Case:
    """A case under its own name; it is made twice, to be compared."""
    CASES[make.__name__] = make
    return make
