"""SGD's momentum under rates that change: the weights are PyTorch's."""

import copy
import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

import mytorch
from mytorch import Tensor
from mytorch.optim import SGD, lr_scheduler
from tests.close import assert_allclose, assert_array_equal
from tests.schedulers import CASES, Case, Side
from tests.seeds import seeds

VARIANTS = (
    "momentum=0.9",
    "momentum=0.9, nesterov=True",
    "momentum=0.5, dampening=0.3, weight_decay=0.1",
    "momentum=0.9, maximize=True, weight_decay=0.1, nesterov=True",
)
WRAPS: dict[str, Callable[[float], Any]] = {
    "float": float,
    "NumPy's": np.float64,
    "array": np.array,
    "Tensor": Tensor,
}


def check(ours: Any, theirs: Any) -> None:
    found = [q for group in theirs.param_groups for q in group["params"]]
    for p, q in zip(ours.params, found, strict=True):
        expected = q.detach().numpy()
        scale = max(1, np.abs(expected).max(initial=0))
        assert_allclose(p.data, expected, rtol=1e-12, atol=1e-12 * scale)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_weights_are_pytorchs_under_every_schedule(case: Case) -> None:
    variant = VARIANTS[CASES.index(case) % len(VARIANTS)]
    optimizer = f"optim.SGD([{{'params': [p]}}, {{'params': [q], 'lr': 0.5}}], lr=0.2, {variant})"
    ours, theirs = Side(mytorch, case, optimizer), Side(torch, case, optimizer)
    generator = np.random.default_rng(0)
    for _ in range(60):
        for i in range(2):
            gradient = generator.normal(size=2)
            for side in (ours, theirs):
                group = side.optimizer.param_groups[i]
                group["params"][0].grad = side.library.tensor(gradient)
        ours.step()
        theirs.step()
        check(ours.optimizer, theirs.optimizer)


class Program:
    """An SGD in both libraries, with the same random rates, momentums and gradients, whose state is
    looked at, copied, loaded and handed over on the way."""

    def __init__(self, seed: int) -> None:
        self.draw = random.Random(seed)
        self.generator = np.random.default_rng(seed)
        self.variant = self.draw.choice(VARIANTS)
        shapes = self.draw.choice([[(3,), (2, 2)], [(4,)], [(3,), (), (0,)]])
        self.data = [self.generator.normal(size=shape) for shape in shapes]
        self.ours, self.theirs = self.make(mytorch), self.make(torch)
        self.wrap = WRAPS[self.draw.choice(list(WRAPS))]
        self.lasting = self.draw.random() < 0.3  # arrays that are written into
        self.rate = self.draw.choice(
            [
                lambda: self.draw.choice([0.0, 0.1, 1.0]),
                lambda: 10 ** self.draw.uniform(-12, 1),
                lambda: self.draw.choice([0.0, self.draw.random()]),
            ]
        )

    def make(self, library: Any) -> Any:
        params = [library.tensor(array).requires_grad_() for array in self.data]
        groups = [{"params": params[:1]}, {"params": params[1:], "lr": 0.2}]
        groups = groups if len(params) > 1 else groups[:1]
        return eval(
            f"SGD(groups, lr=0.1, {self.variant})", {"groups": groups, **vars(library.optim)}
        )

    def run(self, steps: int) -> None:
        for _ in range(steps):
            self.change_numbers()
            self.change_states()
            params = [q for group in self.theirs.param_groups for q in group["params"]]
            for p, q in zip(self.ours.params, params, strict=True):
                gradient = self.generator.normal(size=p.shape)
                missing = self.draw.random() < 0.15
                p.grad = None if missing else mytorch.tensor(gradient)
                q.grad = None if missing else torch.tensor(gradient)
            self.ours.step()
            self.theirs.step()
            check(self.ours, self.theirs)

    def change_numbers(self) -> None:
        for ours, theirs in zip(self.ours.param_groups, self.theirs.param_groups, strict=True):
            if self.draw.random() < 0.6:
                rate = theirs["lr"] = self.rate()
                if self.lasting and isinstance(ours["lr"], (np.ndarray, Tensor)):
                    lr_scheduler.scheduler.write(ours, "lr", rate)
                else:
                    ours["lr"] = self.wrap(rate)
            if self.draw.random() < 0.2:
                ours["momentum"] = theirs["momentum"] = self.draw.choice([0.0, 0.6, 0.9])

    def change_states(self) -> None:
        way = self.draw.randrange(20)
        if way == 0:
            _ = self.ours.state
        elif way == 1:
            _ = self.ours.momentums
        elif way == 2:
            self.ours = copy.deepcopy(self.ours)
        elif way == 3:
            new = self.make(mytorch)
            for p, q in zip(new.params, self.ours.params, strict=True):
                p.data[...] = q.data
            new.load_state_dict(copy.deepcopy(self.ours.state_dict()))
            self.ours = new
        elif way == 4:
            rates = [group["lr"] for group in self.ours.param_groups]
            self.ours.load_state_dict(handed_over(self.theirs.state_dict(), mytorch))
            for group, rate in zip(self.ours.param_groups, rates, strict=True):
                group["lr"] = rate
        elif way == 5:
            state = handed_over(self.ours.state_dict(), torch)
            state["param_groups"] = self.theirs.state_dict()["param_groups"]
            self.theirs.load_state_dict(state)


def handed_over(state_dict: dict[str, Any], library: Any) -> dict[str, Any]:
    """A state with momentum buffers of the other library."""
    state = {
        number: {"momentum_buffer": library.tensor(entries["momentum_buffer"].numpy())}
        for number, entries in state_dict["state"].items()
        if entries.get("momentum_buffer") is not None
    }
    return copy.deepcopy({**state_dict, "state": state})


@pytest.mark.parametrize("seed", seeds(60))
def test_the_weights_are_pytorchs_whatever_happens_to_rates_and_states(seed: int) -> None:
    Program(seed).run(25)


SCHEDULES = {
    "each step": lambda o: lr_scheduler.ExponentialLR(o, 0.93),
    "now and then": lambda o: lr_scheduler.StepLR(o, 4, 0.5),
    "with momentum": lambda o: lr_scheduler.OneCycleLR(o, 0.3, 25),
    "from 0": lambda o: lr_scheduler.LambdaLR(o, lambda epoch: max(0, epoch - 12)),
}


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("way", ["copy", "load", "look"])
@pytest.mark.parametrize("last", ["optimizer", "scheduler"])
@pytest.mark.parametrize("name", SCHEDULES)
def test_who_goes_on_in_mid_schedule_has_the_same_bits(
    name: str, last: str, way: str, dtype: Any
) -> None:
    def make() -> tuple[Any, ...]:
        w = Tensor(np.linspace(-1, 1, 50, dtype=dtype), is_parameter=True)
        optimizer = SGD([w], lr=0.3, momentum=0.9, nesterov=True)
        return w, optimizer, SCHEDULES[name](optimizer)

    def go_on(w: Any, optimizer: Any, scheduler: Any) -> tuple[Any, ...]:
        if way == "copy":
            return copy.deepcopy((w, optimizer, scheduler))
        kept = copy.deepcopy((w.data, optimizer.state_dict(), scheduler.state_dict()))
        if way == "load":
            w, optimizer, scheduler = make()
            w.data[...] = kept[0]
            optimizer.load_state_dict(kept[1])
            scheduler.load_state_dict(kept[2])
        return w, optimizer, scheduler

    def train(stop: int) -> np.ndarray:
        generator = np.random.default_rng(0)
        w, optimizer, scheduler = make()
        for step in range(20):
            w.grad = Tensor(generator.normal(size=50).astype(dtype))
            optimizer.step()
            if step == stop and last == "optimizer":
                w, optimizer, scheduler = go_on(w, optimizer, scheduler)
            scheduler.step()
            if step == stop and last == "scheduler":
                w, optimizer, scheduler = go_on(w, optimizer, scheduler)
        return w.data

    assert_array_equal(train(stop=7), train(stop=-1))


@pytest.mark.parametrize("wrap", [float, np.array, Tensor])
def test_a_constant_rate_has_the_write_ups_bits(wrap: Callable[[float], Any]) -> None:
    w = Tensor(np.linspace(-1, 1, 50), is_parameter=True)
    optimizer = SGD([w], lr=wrap(0.3), momentum=0.9)
    expected, change = w.data.copy(), np.zeros(50)
    for step in range(20):
        gradient = np.random.default_rng(step).normal(size=50)
        w.grad = Tensor(gradient)
        change = 0.9 * change - 0.3 * gradient
        expected += change
        optimizer.step()
        assert_array_equal(w.data, expected)
        assert_array_equal(optimizer.momentums[0], change)


def test_momentums_keep_the_rate_that_they_were_made_with_until_the_next_step() -> None:
    w = Tensor([0.0], is_parameter=True)
    optimizer = SGD([w], lr=1.0, momentum=0.5)
    change = optimizer.momentums[0]
    found = []
    for rate in (1.0, 0.1, 0.1):
        optimizer.lr = rate
        found.append(optimizer.momentums[0].item())
        w.grad = Tensor([1.0])
        optimizer.step()
    assert optimizer.momentums[0] is change
    assert_allclose([*found, *change], [0, -1, -0.15, -0.175], rtol=1e-15)
    assert w.item() == pytest.approx(-1.325, rel=1e-15)
