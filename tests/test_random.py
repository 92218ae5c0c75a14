"""Generators, their states, and that the draws are those of their distributions."""

import copy
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

import mytorch
from mytorch import Generator, Tensor

X = Tensor(np.full((3, 4), 0.5))
DRAWS: dict[str, Callable[[Generator | None], Any]] = {
    "rand": lambda g: mytorch.rand(2, 3, generator=g),
    "randn": lambda g: mytorch.randn(3, generator=g),  # an odd number: half a pair is left
    "rand_like": lambda g: mytorch.rand_like(X, generator=g),
    "randn_like": lambda g: mytorch.randn_like(X, generator=g),
    "randint": lambda g: mytorch.randint(99, (5,), generator=g),
    "randint_like": lambda g: mytorch.randint_like(X, 99, generator=g),
    "randperm": lambda g: mytorch.randperm(50, generator=g),
    "bernoulli": lambda g: mytorch.bernoulli(X, generator=g),
    "multinomial": lambda g: X.multinomial(3, generator=g),
    "replaced": lambda g: X.multinomial(9, True, generator=g),
    "normal": lambda g: mytorch.normal(X, 2.0, generator=g),
    **{
        f"{name}_": lambda g, name=name, args=args: getattr(X.clone(), f"{name}_")(
            *args, generator=g
        )
        for name, args in (
            *(("bernoulli", ()), ("cauchy", ()), ("exponential", ()), ("geometric", (0.1,))),
            *(("log_normal", ()), ("normal", ()), ("random", ()), ("uniform", ())),
        )
    },
}


@pytest.mark.parametrize("name", DRAWS)
def test_draws_come_from_their_generator_alone(name: str) -> None:
    draw = DRAWS[name]
    generator, other = Generator().manual_seed(5), Generator().manual_seed(6)
    before = mytorch.get_rng_state()
    first, state, second = draw(generator), generator.get_state(), draw(generator)
    assert (mytorch.get_rng_state() == before).all()
    assert first.tolist() != second.tolist()
    assert first.tolist() != draw(other).tolist()
    assert draw(generator.set_state(state)).tolist() == second.tolist()
    assert draw(generator.manual_seed(5)).tolist() == first.tolist()
    mytorch.manual_seed(5)
    assert draw(None).tolist() == first.tolist()
    assert draw(mytorch.default_generator).tolist() == second.tolist()


def test_the_global_generator_is_numpys() -> None:
    assert mytorch.manual_seed(3) is mytorch.default_generator
    ours = [mytorch.rand(2).tolist(), mytorch.randn(3).tolist(), np.random.random(2).tolist()]
    np.random.seed(3)
    numpys = np.random.random(2), np.random.standard_normal(3), np.random.random(2)
    assert ours == [draws.tolist() for draws in numpys]
    state = mytorch.get_rng_state()
    expected = np.random.standard_normal(3).tolist()
    mytorch.set_rng_state(state)
    assert np.random.standard_normal(3).tolist() == expected


def test_a_state_is_all_there_is() -> None:
    generator = Generator().manual_seed(-7)
    mytorch.randn(1, generator=generator)
    state = generator.get_state()
    assert (state.dtype, state.ndim) == (np.uint8, 1)
    twins = Generator(), copy.deepcopy(generator), pickle.loads(pickle.dumps(generator))
    assert twins[0].set_state(state) is twins[0]
    expected = mytorch.randn(3, generator=generator).tolist()
    for twin in twins:
        assert mytorch.randn(3, generator=twin).tolist() == expected
        assert twin.initial_seed() == generator.initial_seed() == 2**64 - 7
    assert state.tolist() != generator.get_state().tolist()


def test_seeds() -> None:
    for seed in (-1, -(2**63), 0, 2**32 - 1, 2**32, 2**64 - 1, np.int32(4)):
        ours, theirs = Generator().manual_seed(seed), torch.Generator().manual_seed(int(seed))
        assert ours.initial_seed() == theirs.initial_seed()
    assert Generator().initial_seed() == torch.Generator().initial_seed()
    drawn = {
        tuple(mytorch.rand(2, generator=Generator().manual_seed(n)).tolist())
        for n in (1, 2**32 + 1, 2**33 + 1, 2**63)
    }
    assert len(drawn) == 4
    assert mytorch.seed() == mytorch.initial_seed() != mytorch.seed()
    assert mytorch.manual_seed(8).initial_seed() == mytorch.initial_seed() == 8
    assert (Generator("cpu").device, repr(Generator())) == (
        mytorch.device("cpu"),
        "Generator(seed=67280421310721)",
    )
    unseeded = Generator()
    unseeded._seed = None  # as the global one is at first
    with pytest.raises(RuntimeError, match="has no seed yet"):
        copy.copy(unseeded).initial_seed()


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("T.Generator().manual_seed(2**64)", "expected -2"),
        ("T.Generator().manual_seed(-(2**63) - 1)", "expected -2"),
        ("T.Generator().manual_seed(1.5)", "expected an integer, got float 1.5"),
        ("T.Generator('cuda:7')", "the only device is cpu"),
        ("T.Generator().set_state(T.zeros(3))", "uint8 Tensor of get_state, got dtype float64"),
        ("T.set_rng_state(3)", "uint8 Tensor of get_state, got int"),
        ("T.set_rng_state(T.zeros(3, dtype=T.uint8))", r"shape \(2521,\), got \(3,\)"),
        ("T.randperm(3, generator=4)", "expected a mytorch.Generator, got int"),
    ],
)
def test_refusals(expression: str, said: str) -> None:
    with pytest.raises((RuntimeError, TypeError, ValueError)) as theirs:
        eval(expression, {"T": torch})
    with pytest.raises((RuntimeError, TypeError, ValueError), match=said) as ours:
        eval(expression, {"T": mytorch})
    kinds = (RuntimeError, TypeError, ValueError)
    assert any(isinstance(theirs.value, k) and isinstance(ours.value, k) for k in kinds)


def test_another_generator_of_numpys_has_no_state_here() -> None:
    before = np.random.get_bit_generator()
    np.random.set_bit_generator(np.random.PCG64(0))
    try:
        with pytest.raises(RuntimeError, match="draws from PCG64"):
            mytorch.get_rng_state()
    finally:
        np.random.set_bit_generator(before)


FILLS = (
    *("normal_(2.0, 3.0)", "uniform_(-1.0, 2.0)", "exponential_(2.0)", "cauchy_(1.0, 2.0)"),
    *("log_normal_(0.5, 0.25)", "geometric_(0.3)", "bernoulli_(0.3)", "random_(-3, 5)"),
)


@pytest.mark.parametrize("call", FILLS)
def test_draws_are_distributed_as_pytorchs(call: str) -> None:
    mytorch.manual_seed(0)
    torch.manual_seed(0)
    ours, theirs = (
        np.sort(eval(f"x.{call}", {"x": library.zeros(40_000, dtype=library.float64)}).numpy())
        for library in (mytorch, torch)
    )
    # As parts of the numbers that are smaller, and not larger: these two ask of either.
    for side in ("left", "right"):
        places = (
            ours.searchsorted(theirs, side) / 40_000,
            theirs.searchsorted(theirs, side) / 40_000,
        )
        np.testing.assert_allclose(*places, atol=0.013)


def test_places_are_drawn_by_their_weights() -> None:
    weights, generator = Tensor([[1.0, 0.0, 3.0], [5.0, 4.0, 1.0]]), Generator()
    found = weights.multinomial(20_000, True, generator=generator).numpy()
    shares = [np.bincount(row, minlength=3) / 20_000 for row in found]
    np.testing.assert_allclose(shares, [[0.25, 0, 0.75], [0.5, 0.4, 0.1]], atol=0.012)
    # Without replacement the first two of [5, 4, 1] are 0 and 1, in this order, with 1/2 * 4/5.
    rows = Tensor(np.tile([5.0, 4.0, 1.0], (20_000, 1))).multinomial(2, generator=generator)
    first_two = (rows.numpy() == [0, 1]).all(1).mean()
    np.testing.assert_allclose(first_two, 0.4, atol=0.012)


def test_what_is_left_out_is_never_drawn() -> None:
    class Extreme:
        """Draws what is nearest to 1, or 0."""

        def random_sample(self, shape: Any) -> Any:
            return np.full(shape, np.nextafter(1.0, 0.0))

        def standard_exponential(self, shape: Any) -> Any:
            return np.zeros(shape)

    generator = Generator()
    generator.numpys = Extreme()  # type: ignore[assignment]
    for dtype in (np.float16, np.float32, np.float64):
        assert mytorch.rand(2, dtype=dtype, generator=generator).max() < 1
        x = Tensor(np.zeros(2, dtype))
        assert 2.9 < x.uniform_(1, 3, generator=generator).max() < 3
        assert x.exponential_(generator=generator).min() > 0
    assert Tensor([1.0, 0.0]).multinomial(2, True, generator=generator).tolist() == [0, 0]


def test_what_is_filled_forgets_its_history() -> None:
    x = Tensor([1.0, 2.0], requires_grad=True)
    y = x * 2
    y[1:].normal_()
    y.sum().backward()
    assert x.grad.tolist() == [2, 0]
