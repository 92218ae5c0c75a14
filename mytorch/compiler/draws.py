"""Random draws, which are calls like others: replays make them anew, from the same generator.

A `Source` lies in place of each of NumPy's generators that a function can reach, and of the global
one, which the functions of `numpy.random` and the library draw from.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable
from ctypes import memmove, string_at
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from mytorch.compiler.tape import Tape

__all__ = [
    "FUNCTIONS",
    "GENERATORS",
    "GLOBAL",
    "Source",
    "fingerprint",
    "saving",
    "set_state",
    "state_of",
]

GENERATORS = (np.random.RandomState, np.random.Generator)
GLOBAL: Any = np.random.mtrand._rand
# The methods that draw and change nothing but the generator.
DISTRIBUTIONS = frozenset(
    [
        "beta",
        "binomial",
        "chisquare",
        "choice",
        "dirichlet",
        "exponential",
        "f",
        "gamma",
        "geometric",
        "gumbel",
        "hypergeometric",
        "integers",
        "laplace",
        "logistic",
        "lognormal",
        "logseries",
        "multinomial",
        "multivariate_hypergeometric",
        "multivariate_normal",
        "negative_binomial",
        "noncentral_chisquare",
        "noncentral_f",
        "normal",
        "pareto",
        "permutation",
        "permuted",
        "poisson",
        "power",
        "rand",
        "randint",
        "randn",
        "random",
        "random_integers",
        "random_sample",
        "rayleigh",
        "standard_cauchy",
        "standard_exponential",
        "standard_gamma",
        "standard_normal",
        "standard_t",
        "triangular",
        "uniform",
        "vonmises",
        "wald",
        "weibull",
        "zipf",
    ]
)
# Those of a RandomState that leave alone the normal draw that it may have kept of a pair.
UNIFORM = frozenset(
    [
        "choice",
        "permutation",
        "rand",
        "randint",
        "random",
        "random_integers",
        "random_sample",
        "shuffle",
        "uniform",
    ]
)
# The twister's state in C: 624 words, and the place among them.
TWISTER = 4 * 625
# The functions of `numpy.random` that draw from the global generator, by name.
FUNCTIONS: dict[str, Callable[..., Any]] = {
    name: function
    for name, function in vars(np.random).items()
    if getattr(function, "__self__", None) is GLOBAL
}


class Source:
    """The stand-in for a generator, one of NumPy's."""

    __slots__ = ("_generator", "_tape")

    # What Python code asks of a generator.
    __class__ = property(lambda self: type(self._generator))

    def __init__(self, tape: Tape, generator: Any) -> None:
        self._tape = tape
        self._generator = generator

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._generator, name)
        if name.startswith("__") or not callable(method):
            return method

        def draw(*args: Any, **kwargs: Any) -> Any:
            if name == "shuffle":
                return self._tape.draw(self._generator, method, args, kwargs, args[:1])
            if name not in DISTRIBUTIONS or kwargs.get("out") is not None:
                self._tape.stop_at(f"{name} of a random generator")
            return self._tape.draw(self._generator, method, args, kwargs)

        return draw


def state_of(generator: Any) -> Any:
    """What decides the draws to come."""
    if isinstance(generator, np.random.RandomState):
        return generator.get_state(legacy=False)
    return generator.bit_generator.state


def set_state(generator: Any, state: Any) -> None:
    """Lets a generator go on from a state."""
    if isinstance(generator, np.random.RandomState):
        generator.set_state(state)
    else:
        generator.bit_generator.state = state


def fingerprint(state: Any) -> bytes:
    """A state in a form that can be compared."""
    return pickle.dumps(state)


def saving(generator: Any, methods: set[str]) -> tuple[Callable[[], Any], Callable[[Any], Any]]:
    """Functions that keep the state of a generator and put it back, where it draws by these
    methods alone. NumPy takes long to give away the state of a Mersenne twister."""
    if isinstance(generator, np.random.RandomState) and methods <= UNIFORM:
        bits: Any = generator._bit_generator
        if type(bits) is np.random.MT19937:
            address = bits.ctypes.state_address
            return (
                lambda: string_at(address, TWISTER),
                lambda state: memmove(address, state, TWISTER),
            )
    return lambda: state_of(generator), lambda state: set_state(generator, state)
