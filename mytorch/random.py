"""Reproducible draws: generators, and the global one, from which all is drawn unless said
otherwise."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from operator import index
from typing import TYPE_CHECKING, Any

import numpy as np

from mytorch._checks import kind_of
from mytorch._device import DeviceLike, device, require_cpu
from mytorch._dtypes import Array
from mytorch.errors import DtypeError, RangeError
from mytorch.tensor import Tensor

__all__ = [
    "Generator",
    "default_generator",
    "get_rng_state",
    "initial_seed",
    "manual_seed",
    "seed",
    "set_rng_state",
]

# The words of the Mersenne twister and the place among them, the normal draw that is left over of
# a pair, the seed.
_STATE = struct.Struct("<2496siid?Q")
# PyTorch's, of a generator that was given none.
_SEED = 67280421310721


class Generator:
    """A source of random numbers with a state of its own: NumPy's `RandomState`.

    `Generator().manual_seed(n)` draws the numbers that the global generator draws after
    `mytorch.manual_seed(n)`; they are not PyTorch's. A new one always has the same seed. Raises
    RuntimeError for another device than the CPU.

    >>> from mytorch import rand
    >>> generator = Generator().manual_seed(0)
    >>> state = generator.get_state()
    >>> first = rand(3, generator=generator)
    >>> generator.set_state(state)
    Generator(seed=0)
    >>> bool((rand(3, generator=generator) == first).all())
    True

    Attributes: `numpys`, the `RandomState` that draws.
    """

    __slots__ = ("_seed", "numpys")

    def __init__(self, device: DeviceLike = "cpu") -> None:
        require_cpu("Generator", device)
        self.numpys = np.random.RandomState(0)
        self._seed: int | None = None
        self.manual_seed(_SEED)

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            # The global one looks for NumPy's own when it first needs it: that takes long to load.
            if name != "numpys":
                return object.__getattribute__(self, name)
            self.numpys = np.random.mtrand._rand
            return self.numpys

    @property
    def device(self) -> device:
        """The CPU."""
        return device("cpu")

    def manual_seed(self, seed: int) -> Generator:
        """Starts anew from a seed; returns the generator. A negative one is counted from 2**64.

        Raises RangeError unless -2**63 <= seed < 2**64, DtypeError for what is no integer.
        """
        try:
            number = index(seed)
        except TypeError:
            got = f"{kind_of(seed)} {seed!r:.40}"
            raise DtypeError(f"manual_seed: expected an integer, got {got}") from None
        if not -(2**63) <= number < 2**64:
            raise RangeError(f"manual_seed: expected -2**63 <= seed < 2**64, got {number}")
        self._seed = number = number % 2**64
        # A small seed by itself: then the numbers are those of `numpy.random.seed`.
        self.numpys.seed(number if number < 2**32 else [number % 2**32, number >> 32])
        return self

    def seed(self) -> int:
        """Starts anew from a seed that the operating system draws, which is returned."""
        return self.manual_seed(int.from_bytes(os.urandom(8))).initial_seed()

    def initial_seed(self) -> int:
        """The seed that it last started from.

        Raises RuntimeError for the global generator if that was seeded neither by PyTorch's names
        nor by a state: NumPy does not tell.
        """
        if self._seed is None:
            raise RuntimeError(
                "initial_seed: the global generator has no seed yet; call mytorch.manual_seed(...) "
                "or mytorch.seed() first"
            )
        return self._seed

    def get_state(self) -> Tensor:
        """All that decides the numbers to come, as a uint8 Tensor of shape (2521,)."""
        state: dict[str, Any] = self.numpys.get_state(legacy=False)
        if state["bit_generator"] != "MT19937":
            raise RuntimeError(
                f"get_state: numpy.random draws from {state['bit_generator']}, whose state is not "
                "known here; leave its own bit generator in place"
            )
        twister, left = state["state"], (state["has_gauss"], state["gauss"])
        words = twister["key"].astype("<u4").tobytes()
        seeded = (self._seed is not None, self._seed or 0)
        packed = _STATE.pack(words, twister["pos"], *left, *seeded)
        return Tensor(np.frombuffer(packed, np.uint8).copy())

    def set_state(self, new_state: Tensor) -> Generator:
        """Goes on from what `get_state` gave; returns the generator.

        Raises TypeError for what is no uint8 Tensor, RuntimeError for one of another size.
        """
        data = new_state.data if isinstance(new_state, Tensor) else None
        if data is None or data.dtype != np.uint8:
            got = kind_of(new_state, Tensor) if data is None else f"dtype {data.dtype}"
            raise TypeError(f"set_state: expected the uint8 Tensor of get_state, got {got}")
        if data.shape != (_STATE.size,):
            raise RangeError(
                f"set_state: expected a state of shape ({_STATE.size},), got {data.shape}; "
                "PyTorch's own states, of another generator, do not fit"
            )
        words, place, has_gauss, gauss, seeded, seed = _STATE.unpack(data.tobytes())
        key = np.frombuffer(words, "<u4").astype(np.uint32)
        self.numpys.set_state(("MT19937", key, place, has_gauss, gauss))
        self._seed = seed if seeded else None
        return self

    def __repr__(self) -> str:
        return f"Generator(seed={self._seed})"

    def __reduce__(self) -> Any:
        return _restored, (self.get_state().data,)


def _restored(state: Array) -> Generator:
    return Generator().set_state(Tensor(state))


def draw(generator: Generator | None, distribution: str, *parameters: Any) -> Array:
    """Draws from a distribution, a method of NumPy's `RandomState`, as an array. None stands for
    the global generator."""
    if generator is None:
        generator = default_generator
    elif not isinstance(generator, Generator):
        raise TypeError(f"generator: expected a mytorch.Generator, got {kind_of(generator)}")
    draws = getattr(generator.numpys, distribution)(*parameters)
    return draws if isinstance(draws, np.ndarray) else np.asarray(draws)


# Of NumPy's own nobody knows yet how it was seeded.
default_generator = Generator.__new__(Generator)
default_generator._seed = None


def manual_seed(seed: int) -> Generator:
    """Seeds NumPy's global generator, from which everything random in the library is drawn unless
    it is given another. Returns `default_generator`, which is that one.

    Raises RangeError unless -2**63 <= seed < 2**64; up to 2**32 it is what `numpy.random.seed`
    does.

    >>> from mytorch import randn
    >>> first = randn(3, generator=manual_seed(0))
    >>> bool((randn(3, generator=manual_seed(0)) == first).all())
    True
    """
    return default_generator.manual_seed(seed)


def seed() -> int:
    """Seeds the global generator by chance; returns the seed.

    >>> seed() == initial_seed()
    True
    """
    return default_generator.seed()


def initial_seed() -> int:
    """The seed that the global generator was last given by `manual_seed` or `seed`; by
    `numpy.random.seed` it may have got another since. Raises RuntimeError if there is none.

    >>> _ = manual_seed(3)
    >>> initial_seed()
    3
    """
    return default_generator.initial_seed()


@contextmanager
def fork_rng(devices: Any = None, enabled: bool = True) -> Iterator[None]:
    """Within the block the global generator draws as always; after it, it goes on from where it was
    before. `devices` are GPUs, of which there are none.

    >>> from mytorch import rand
    >>> _ = manual_seed(0)
    >>> with fork_rng():
    ...     first = rand(2)
    >>> bool((rand(2) == first).all())
    True
    """
    state = get_rng_state() if enabled else None
    try:
        yield
    finally:
        if state is not None:
            set_rng_state(state)


def get_rng_state() -> Tensor:
    """The state of the global generator, NumPy's own: see `Generator.get_state`.

    >>> from mytorch import randn
    >>> state = get_rng_state()
    >>> first = randn(3)
    >>> set_rng_state(state)
    >>> bool((randn(3) == first).all())
    True
    """
    return default_generator.get_state()


def set_rng_state(new_state: Tensor) -> None:
    """Lets the global generator, NumPy's own, go on from what `get_rng_state` gave.

    >>> state = get_rng_state()
    >>> first = np.random.random()
    >>> set_rng_state(state)
    >>> np.random.random() == first
    True
    """
    default_generator.set_state(new_state)
