"""What a run asks its arrays: each replay asks again, and nothing is changed where it gets another
answer."""

import numpy as np
import pytest

import mytorch
from mytorch import Tensor, nn, optim


def both(run, *samples, make=lambda: ()):
    """Results and state of the compiled function and of the bare one, for each of the samples."""
    mine, theirs = make(), make()
    compiled = mytorch.compile(run)
    for sample in samples:
        found = [
            (function(*state, *(np.copy(x) for x in sample)), state)
            for function, state in ((compiled, mine), (run, theirs))
        ]
        assert seen(found[0]) == seen(found[1])
    return compiled


def seen(value):
    if isinstance(value, (tuple, list)):
        return [seen(part) for part in value]
    if isinstance(value, nn.Module):
        return seen([*value.state_dict().values(), *(p.grad for p in value.parameters())])
    if value is None:
        return None
    if isinstance(value, optim.Adam):
        return []
    if isinstance(value, optim.SGD):
        return seen(value.momentums)
    return (type(value), value.dtype, value.shape, np.asarray(value.data).tobytes())


POSITIVE, NEGATIVE = np.array([1.0, 2.0]), np.array([-1.0, -2.0])


def test_a_check_after_a_change_puts_the_change_back(recordings) -> None:
    """Of an array, of a view of one, of an optimizer's memory."""

    def run(w, optimizer, view, x, y):
        optimizer.zero_grad()
        ((w - Tensor(x)) ** 2).sum().backward()
        optimizer.step()
        view += x
        out = w.detach() * Tensor(y)
        return (out * 2 if (out.data > 0).all() else -out), view

    def make():
        w = Tensor([1.0, 2.0], requires_grad=True)
        return w, optim.SGD([w], lr=0.01, momentum=0.9), np.ones((2, 2))[:, 1]

    signs = [POSITIVE] * 5 + [NEGATIVE, POSITIVE] * 3 + [NEGATIVE] * 3
    both(run, *((POSITIVE, y) for y in signs), make=make)
    assert recordings.replays


def test_an_early_check_comes_before_the_change_of_what_another_one_read(recordings) -> None:
    def run(w, y):
        out = w if (w > -100).all() else -w
        w += 1
        return out * 2 if (y > 0).all() else out * 3

    signs = [POSITIVE] * 4 + [NEGATIVE] * 4 + [POSITIVE] * 2
    both(run, *((y,) for y in signs), make=lambda: (np.zeros(2),))
    assert recordings.replays


def test_a_check_of_what_was_computed_in_place_is_asked_in_its_turn(recordings) -> None:
    def run(w, x):
        w += 1
        own = x * 2
        own -= 3
        return own if (own > 0).all() else own * w

    both(run, *((POSITIVE + n % 4,) for n in range(12)), make=lambda: (np.zeros(2),))
    assert recordings.replays


@pytest.mark.parametrize(
    "wrong", [np.array([0, 3]), np.array([-4, 0])], ids=["too large", "too small"]
)
def test_an_index_out_of_range_in_a_replay_is_eagers_error(wrong, recordings) -> None:
    def run(w, table, places):
        w += 1
        return Tensor(table)[Tensor(places)] * Tensor(w).sum()

    table, places = np.arange(6.0).reshape(3, 2), np.array([2, 0])
    mine, theirs = np.zeros(2), np.zeros(2)
    compiled = mytorch.compile(run)
    for _ in range(4):
        assert seen(compiled(mine, table, places)) == seen(run(theirs, table, places))
    assert recordings.replays
    errors = []
    for function, w in ((compiled, mine), (run, theirs)):
        with pytest.raises(IndexError) as error:
            function(w, table, wrong)
        errors.append(str(error.value))
    assert errors[0] == errors[1]
    assert mine.tolist() == theirs.tolist()
    assert seen(compiled(mine, table, places)) == seen(run(theirs, table, places))


def test_a_number_that_the_library_reads_is_checked(recordings) -> None:
    """The exponent decides which way a power is computed."""

    def run(x, exponent):
        x = Tensor(x, requires_grad=True)
        out = x ** Tensor(exponent)
        out.sum().backward()
        return out.detach(), x.grad

    exponents = [2.0] * 4 + [3.0] * 4 + [2.0, 3.0, 0.5]
    both(run, *((POSITIVE, np.array(e)) for e in exponents))
    assert recordings.replays >= 6


@pytest.mark.parametrize(
    "choose",
    [
        lambda x, mask: x[mask],
        lambda x, mask: x[mask.nonzero()],
        lambda x, mask: x[np.nonzero(mask)],
        lambda x, mask: Tensor(x)[Tensor(mask)],
        lambda x, mask: mytorch.masked_select(Tensor(x), Tensor(mask)),
        lambda x, mask: mytorch.where(Tensor(mask)),
        lambda x, mask: np.unique(mask * 3),
        lambda x, mask: np.repeat(x, mask),
        lambda x, mask: np.bincount(mask * 3),
    ],
)
def test_a_shape_that_follows_from_values_is_checked(choose, recordings) -> None:
    masks = [np.array(bits, bool) for bits in ([1, 0, 1], [1, 1, 0], [0, 1, 1], [0, 0, 1])]
    x = np.array([1.0, 2.0, 3.0])
    compiled = both(choose, *((x * n, masks[n % 3]) for n in range(8)), *((x, m) for m in masks))
    assert compiled.counts.eager == 0
    assert recordings.replays >= 6


def test_a_mask_that_is_written_to_may_have_any_count(recordings) -> None:
    def run(x, mask):
        x[mask] = 0.0
        own = x * 2
        own[~mask] = -1.0
        return own, x

    x, rng = np.array([1.0, 2.0, 3.0]), np.random.default_rng(0)
    both(run, *((x, rng.random(3) > 0.5) for _ in range(8)))
    assert recordings.replays == 6


def test_numbers_that_tensors_hold_are_changed_in_place(recordings) -> None:
    def run(a, b):
        total = (Tensor(a) * Tensor(b)).sum()
        part = total.reshape(1)
        total += Tensor(a).sum()
        power = total**2
        total.mul_(2.0)
        return total, part, power, total.detach()

    both(run, *((POSITIVE * n, NEGATIVE + n) for n in range(5)))
    assert recordings.replays == 3


def test_tensors_that_a_run_makes_of_numbers_are_changed_in_place(recordings) -> None:
    def run(x):
        x = Tensor(x)
        made = mytorch.zeros(2), Tensor([1.0, 2.0]), mytorch.tensor(0.5), mytorch.empty(2)
        made[0][0] = x.sum()
        made[1].mul_(x)
        made[2].add_(x[1])
        made[3].copy_(x)
        ones = mytorch.ones(2)
        return *made, ones, ones * 2, mytorch.full((2,), 3.0) + x

    both(run, *((POSITIVE * n,) for n in range(5)))
    assert recordings.replays == 3


def test_results_that_share_the_memory_of_their_call_are_new_each_time(recordings) -> None:
    places = np.array([[1.0, 0, 2], [0, 3, 4]])
    both(lambda x: x.nonzero(), *((np.roll(places, n, 1),) for n in range(5)))
    assert recordings.replays == 3


def test_what_a_training_step_checks_is_eagers_error_and_state(recordings) -> None:
    """Statistics have changed, and numbers have been drawn, before the norm is found infinite."""

    def run(model, optimizer, x, y):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(Tensor(x)), y, ignore_index=2)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0, error_if_nonfinite=True)
        optimizer.step()
        return loss

    def make():
        mytorch.manual_seed(0)
        layers = nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Dropout(0.3), nn.Linear(4, 3)
        model = nn.Sequential(*layers)
        return model, optim.Adam(model.parameters(), lr=0.1)

    def outcomes(function):
        model, optimizer = make()
        for number in range(16):
            rng = np.random.default_rng(number)
            x, y = rng.normal(size=(6, 3)), rng.integers(0, 3, 6)
            if number == 9:
                x[0, 0] = np.inf
            if number == 11:
                y[:] = 2
            if number == 13:
                y[1] = 5
            try:
                outcome = seen(function(model, optimizer, x, y))
            except (RuntimeError, IndexError) as error:
                outcome = str(error)
            yield outcome, seen(model), mytorch.get_rng_state().tolist()

    assert list(outcomes(mytorch.compile(run))) == list(outcomes(run))
    assert recordings.replays > 8
