"""Whatever is edited between two steps: the optimizer follows as PyTorch's does."""

import copy
import pickle
from collections import defaultdict
from typing import Any

import numpy as np
import pytest
import torch

import mytorch
from mytorch import Tensor, optim
from tests.close import assert_allclose, assert_array_equal

SHAPES = [(2, 3), (3,), (), (1,), (2, 1)]
MATRICES = [(2, 3), (2, 1), (1, 1), (3, 3)]


class Both:
    """The same optimizer here and in PyTorch, and all parameters that ever were in one."""

    def __init__(self, name: str, options: dict, seed: int) -> None:
        self.random = np.random.default_rng(seed)
        self.shapes = MATRICES if name == "Muon" else SHAPES
        self.pairs: list[tuple[Tensor, torch.Tensor]] = []
        first, second = ([self.new() for _ in range(2)] for _ in range(2))
        self.ours, self.theirs = (
            getattr(room, name)(
                [
                    {"params": [pair[side] for pair in first]},
                    {"params": [pair[side] for pair in second], "lr": options["lr"] / 2},
                ],
                **options,
            )
            for side, room in enumerate((optim, torch.optim))
        )

    def new(self) -> tuple[Tensor, torch.Tensor]:
        shape = self.shapes[self.random.integers(len(self.shapes))]
        array = np.asarray(self.random.normal(size=shape))
        pair = Tensor(array, is_parameter=True), torch.tensor(array, requires_grad=True)
        self.pairs.append(pair)
        return pair

    def free(self) -> tuple[Tensor, torch.Tensor]:
        """A parameter that is in no group: one that was once, or a new one."""
        used = {id(param) for group in self.ours.param_groups for param in group["params"]}
        unused = [pair for pair in self.pairs if id(pair[0]) not in used]
        if unused and self.random.random() < 0.7:
            return unused[self.random.integers(len(unused))]
        return self.new()

    def optimizers(self):
        return (0, self.ours), (1, self.theirs)

    def step(self) -> None:
        for mine, other in self.pairs:
            gradient = np.asarray(self.random.normal(size=mine.shape))
            kind = self.random.integers(6)
            gradient = gradient * 0 if kind == 1 else gradient
            mine.grad = None if kind == 0 else Tensor(gradient)
            other.grad = None if kind == 0 else torch.tensor(gradient)
        self.ours.step()
        self.theirs.step()
        for mine, other in self.pairs:
            assert_allclose(
                mine.data, other.detach().numpy(), rtol=1e-9, atol=1e-11, err_msg=str(mine.shape)
            )

    def zero_grad(self) -> None:
        self.ours.zero_grad()
        self.theirs.zero_grad()
        assert [p.grad is None for p, _ in self.pairs] == [q.grad is None for _, q in self.pairs]

    # ---------------------------------------------------------------- edits

    def place(self) -> tuple[int, int] | None:
        """A group that has parameters, and a place in it."""
        groups = self.ours.param_groups
        full = [i for i, group in enumerate(groups) if group["params"]]
        if not full:
            return None
        i = full[self.random.integers(len(full))]
        return i, int(self.random.integers(len(groups[i]["params"])))

    def replaced(self) -> None:
        if (place := self.place()) is not None:
            pair = self.free()
            for side, optimizer in self.optimizers():
                optimizer.param_groups[place[0]]["params"][place[1]] = pair[side]

    def popped(self) -> None:
        if (place := self.place()) is not None:
            for _, optimizer in self.optimizers():
                optimizer.param_groups[place[0]]["params"].pop(place[1])

    def inserted(self) -> None:
        pair, i = self.free(), int(self.random.integers(len(self.ours.param_groups)))
        for side, optimizer in self.optimizers():
            optimizer.param_groups[i]["params"].insert(1, pair[side])

    def moved(self) -> None:
        if (place := self.place()) is not None:
            for _, optimizer in self.optimizers():
                param = optimizer.param_groups[place[0]]["params"].pop(place[1])
                optimizer.param_groups[-1]["params"].append(param)

    def cleared_and_filled(self) -> None:
        for _, optimizer in self.optimizers():
            params = optimizer.param_groups[0]["params"]
            kept = params[::-1]
            params.clear()
            params.extend(kept)

    def list_replaced(self) -> None:
        for _, optimizer in self.optimizers():
            group = optimizer.param_groups[0]
            group["params"] = [*group["params"][1:], *group["params"][:1]]

    def groups_copied(self) -> None:
        for _, optimizer in self.optimizers():
            optimizer.param_groups = [dict(group) for group in optimizer.param_groups[::-1]]

    def group_added(self) -> None:
        pair = self.free()
        lr = float(self.random.choice([0.0, 0.02, 0.2]))
        for side, optimizer in self.optimizers():
            optimizer.add_param_group({"params": [pair[side]], "lr": lr})

    def group_removed(self) -> None:
        if len(self.ours.param_groups) > 2:
            for _, optimizer in self.optimizers():
                optimizer.param_groups.pop(0)

    def rate_changed(self) -> None:
        lr = float(self.random.choice([0.0, 0.001, 0.1, 0.3]))
        for _, optimizer in self.optimizers():
            optimizer.param_groups[-1]["lr"] = lr

    def option_changed(self) -> None:
        decay = ("weight_decay", [0.0, 0.1])
        options = {
            "SGD": [("momentum", [0.0, 0.5, 0.9]), ("dampening", [0.0, 0.3]), decay],
            "NAdam": [("momentum_decay", [0.0, 0.3]), decay],
            "Rprop": [("etas", [(0.2, 2.0), (0.5, 1.2)]), ("step_sizes", [(0.01, 0.2)])],
            "Muon": [("momentum", [0.0, 0.5]), ("nesterov", [False, True])],
            "ASGD": [("t0", [0, 1e6]), ("alpha", [0.0, 2.0])],
        }.get(type(self.ours).__name__, [decay, ("betas", [(0.5, 0.9)])])
        name, values = options[self.random.integers(len(options))]
        value = values[self.random.integers(len(values))]
        for _, optimizer in self.optimizers():
            optimizer.param_groups[0][name] = value

    def state_loaded(self) -> None:
        if self.in_groups(self.theirs):
            for _, optimizer in self.optimizers():
                optimizer.load_state_dict(copy.deepcopy(optimizer.state_dict()))

    def state_swapped(self) -> None:
        """Each goes on from the other's state."""
        if not self.in_groups(self.theirs):
            return
        ours, theirs = copy.deepcopy((self.ours.state_dict(), self.theirs.state_dict()))
        for entries in ours["state"].values():
            entries.pop("change", None)
            for name, value in entries.items():
                dtype = np.float32 if name == "step" else np.float64
                entries[name] = torch.tensor(np.asarray(value.data, dtype))
        for entries in theirs["state"].values():
            for name, value in entries.items():
                entries[name] = None if value is None else Tensor(value.numpy())
        self.ours.load_state_dict(theirs)
        self.theirs.load_state_dict(ours)

    def in_groups(self, optimizer: torch.optim.Optimizer) -> bool:
        """Whether all that has a state is in a group; PyTorch cannot save it else."""
        found = {param for group in optimizer.param_groups for param in group["params"]}
        return found.issuperset(optimizer.state)

    def forgotten(self) -> None:
        if self.random.random() < 0.5:
            for _, optimizer in self.optimizers():
                optimizer.state.clear()
        elif (place := self.place()) is not None:
            for _, optimizer in self.optimizers():
                param = optimizer.param_groups[place[0]]["params"][place[1]]
                optimizer.state.pop(param, None)

    def memory_edited(self) -> None:
        if (place := self.place()) is None:
            return
        found = []
        for _, optimizer in self.optimizers():
            entries = optimizer.state[optimizer.param_groups[place[0]]["params"][place[1]]]
            found.append({name for name in entries if name not in ("change", "step")})
            for name in sorted(found[-1]):
                entries[name].mul_(0.5)
        assert found[0] == found[1]

    def memory_replaced(self) -> None:
        if (place := self.place()) is None:
            return
        for _, optimizer in self.optimizers():
            entries = optimizer.state[optimizer.param_groups[place[0]]["params"][place[1]]]
            for name in sorted(name for name in entries if name not in ("change", "step")):
                entries[name] = entries[name] * 0.25

    def copied(self) -> None:
        """Goes on with a copy, of the parameters too."""
        old = [[pair[side] for pair in self.pairs] for side in (0, 1)]
        way = copy.deepcopy if self.random.random() < 0.5 else _pickled
        (self.ours, mine), (self.theirs, others) = (
            way((self.ours, old[0])),
            way((self.theirs, old[1])),
        )
        self.pairs = list(zip(mine, others, strict=True))

    def data_replaced(self) -> None:
        mine, other = self.pairs[self.random.integers(len(self.pairs))]
        mine.data = mine.data * 0.5
        other.data = other.data * 0.5


def _pickled(thing):
    return pickle.loads(pickle.dumps(thing))


EDITS = (
    *("replaced", "popped", "inserted", "moved", "cleared_and_filled", "list_replaced"),
    *("groups_copied", "group_added", "group_removed", "rate_changed", "rate_changed"),
    *("option_changed", "state_loaded", "state_swapped", "copied", "data_replaced"),
)
# These look at the state, and each step from then on does so too.
SEEING = ("forgotten", "memory_edited", "memory_replaced")


@pytest.mark.parametrize("seeing", [False, True], ids=["unseen", "seen"])
@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("SGD", {"lr": 0.1}),
        ("SGD", {"lr": 0.1, "momentum": 0.9}),
        ("SGD", {"lr": 0.0, "momentum": 0.5, "dampening": 0.3}),
        ("SGD", {"lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.1}),
        ("SGD", {"lr": 0.1, "momentum": 0.9, "maximize": True}),
        ("Adam", {"lr": 0.1}),
        ("Adam", {"lr": 0.1, "amsgrad": True, "weight_decay": 0.1, "maximize": True}),
        ("AdamW", {"lr": 0.1, "weight_decay": 0.1}),
        ("AdamW", {"lr": 0.1, "amsgrad": True, "maximize": True}),
        ("RMSprop", {"lr": 0.1}),
        ("RMSprop", {"lr": 0.1, "momentum": 0.9, "centered": True, "eps": 0.1}),
        ("Adagrad", {"lr": 0.1, "lr_decay": 0.1, "weight_decay": 0.1}),
        ("Adadelta", {"lr": 0.1, "rho": 0.5, "weight_decay": 0.1}),
        ("Adamax", {"lr": 0.1, "weight_decay": 0.1}),
        ("NAdam", {"lr": 0.1, "momentum_decay": 0.1, "decoupled_weight_decay": True}),
        ("RAdam", {"lr": 0.1, "betas": (0.9, 0.9), "decoupled_weight_decay": True}),
        ("Rprop", {"lr": 0.1, "maximize": True}),
        ("ASGD", {"lr": 0.1, "t0": 2, "lambd": 0.1}),
        ("Muon", {"lr": 0.1}),
    ],
    ids=str,
)
def test_random_edits_have_the_effect_they_have_in_pytorch(name, options, seeing) -> None:
    for seed in range(12):
        both = Both(name, options, seed)
        done = []
        for _ in range(12):
            edits = EDITS + SEEING * 2 if seeing else EDITS
            for edit in both.random.choice(edits, size=both.random.integers(3)):
                done.append(str(edit))
                getattr(both, edit)()
            try:
                both.step()
            except AssertionError as error:
                raise AssertionError(f"seed {seed}: {' '.join(done)}: {error}") from None
            done.append("step")
            if both.random.random() < 0.5:
                both.zero_grad()


# ------------------------------------------------------------- one by one


def parameter(*values: float, dtype=np.float64) -> Tensor:
    return Tensor(np.array(values, dtype), is_parameter=True)


def stepped(optimizer: optim.Optimizer, gradient: float = 1.0) -> None:
    for param in optimizer.params:
        param.grad = Tensor(np.full(param.shape, gradient, param.dtype))
    optimizer.step()


every = pytest.mark.parametrize(
    "make",
    [
        lambda params: optim.SGD(params, lr=0.1, momentum=0.9),
        lambda params: optim.Adam(params, lr=0.1, amsgrad=True),
    ],
    ids=["SGD", "Adam"],
)


@every
def test_a_state_dict_that_is_held_goes_along(make) -> None:
    a, b = parameter(1.0, 2.0), parameter(1.0, 2.0)
    optimizer, twin = make([a]), make([b])
    stepped(optimizer)
    held = optimizer.state_dict()
    for gradient in (3.0, -1.0):
        stepped(optimizer, gradient)
    twin.load_state_dict(held)
    shown = {name: value.data.copy() for name, value in held["state"][0].items()}
    for name, value in optimizer.state_dict()["state"][0].items():
        assert_array_equal(shown[name], value.data)
    b.data[...] = a.data
    stepped(optimizer, 2.0)
    stepped(twin, 2.0)
    assert_array_equal(a.data, b.data)


@every
def test_zero_grad_clears_what_is_in_the_groups_now(make) -> None:
    a, b = parameter(1.0), parameter(1.0)
    optimizer = make([a])
    optimizer.param_groups[0]["params"][0] = b
    a.grad = b.grad = Tensor([1.0])
    optimizer.zero_grad()
    assert b.grad is None
    assert a.grad is not None


@every
def test_a_parameter_that_shares_memory_with_the_one_it_replaces_is_another(make) -> None:
    a = parameter(1.0)
    optimizer = make([a])
    stepped(optimizer)
    b = a.detach()
    b.requires_grad = True
    optimizer.param_groups[0]["params"][0] = b
    b.grad, a.grad = Tensor([1.0]), None
    before = a.item()
    optimizer.step()
    assert b.item() == a.item() != before


@every
def test_params_of_one_group_are_its_list(make) -> None:
    a, b = parameter(1.0), parameter(1.0)
    optimizer = make([a])
    assert isinstance(optimizer.params, list)
    optimizer.params.append(b)
    stepped(optimizer)
    assert b.item() < 1
    optimizer.params = [b]
    assert optimizer.param_groups[0]["params"] == [b]
    optimizer.params += [a]
    assert len(optimizer.param_groups[0]["params"]) == 2


def test_params_of_several_groups_refuse_edits() -> None:
    a, b, c = (parameter(1.0) for _ in range(3))
    optimizer = optim.SGD([{"params": [a]}, {"params": [b]}])
    assert optimizer.params == [a, b]
    assert type(copy.copy(optimizer.params)) is list
    for edit in (
        lambda: optimizer.params.append(c),
        lambda: optimizer.params.__setitem__(0, c),
        lambda: optimizer.params.pop(),
        lambda: optimizer.params.sort(),
    ):
        with pytest.raises(TypeError, match="param_groups"):
            edit()
    with pytest.raises(AttributeError, match="param_groups"):
        optimizer.params = [c]


@every
@pytest.mark.parametrize("kind", [tuple, iter, list])
def test_parameters_given_as_another_iterable(make, kind) -> None:
    a, b = parameter(1.0), parameter(1.0)
    optimizer = make([a])
    optimizer.param_groups[0]["params"] = kind([b])
    b.grad = Tensor([1.0])
    optimizer.zero_grad()
    assert b.grad is None
    for _ in range(2):
        before = b.item()
        b.grad = Tensor([1.0])
        optimizer.step()
        assert b.item() < before


@every
@pytest.mark.parametrize(
    ("wrong", "error", "says"),
    [
        (lambda a: [a, a], ValueError, "twice"),
        (lambda a: [a * 2], ValueError, "leaves"),
        (lambda a: [a.data], TypeError, "ndarray"),
        (lambda a: {a}, TypeError, "set"),
        (lambda a: mytorch.nn.Linear(1, 1), TypeError, r"Linear; pass model.parameters\(\)"),
        (lambda a: mytorch.nn.Linear(1, 1).parameters, TypeError, r"call it: parameters\(\)"),
        (lambda a: [Tensor([1], is_parameter=True)], RuntimeError, "int64"),
    ],
)
def test_a_group_that_became_wrong_is_refused(make, wrong, error, says) -> None:
    a = parameter(1.0)
    optimizer = make([a])
    stepped(optimizer)
    before = copy.deepcopy(optimizer.state_dict()), a.item()
    optimizer.param_groups[0]["params"] = wrong(a)
    with pytest.raises(error, match=says):
        optimizer.step()
    optimizer.param_groups[0]["params"] = [a]
    assert a.item() == before[1]
    assert str(optimizer.state_dict()) == str(before[0])
    optimizer.step()


@every
def test_a_state_that_is_held_stays_the_optimizers(make) -> None:
    a, b = parameter(1.0), parameter(1.0)
    optimizer = make([a])
    stepped(optimizer)
    name = "change" if "change" in optimizer.state[a] else "exp_avg"
    held = optimizer.state[a][name]
    optimizer.param_groups[0]["params"].insert(0, b)
    stepped(optimizer)
    assert optimizer.state[a][name] is held
    held.fill_(0.0)
    twin, other = parameter(a.item()), make([parameter(1.0)])
    other.param_groups[0]["params"][0] = twin
    if name == "change":
        stepped(optimizer)
        stepped(other)
        assert a.item() == twin.item()
    else:
        stepped(optimizer, 0.0)
        assert optimizer.state[a][name].item() == 0


@every
def test_looking_at_the_state_changes_nothing(make) -> None:
    a, b = parameter(1.0, 2.0), parameter(1.0, 2.0)
    seen, unseen = make([a]), make([b])
    generator = np.random.default_rng(0)
    for _ in range(6):
        assert isinstance(seen.state, dict)
        seen.state_dict()
        a.grad = b.grad = Tensor(generator.normal(size=2))
        seen.step()
        unseen.step()
        assert_array_equal(a.data, b.data)


@every
def test_a_state_that_is_assigned(make) -> None:
    a, b = parameter(1.0), parameter(1.0)
    used, fresh = make([a]), make([b])
    stepped(used)
    used.state = defaultdict(dict)
    a.data = np.array([1.0])
    stepped(used)
    stepped(fresh)
    assert a.item() == b.item()
    assert str(used.state_dict()) == str(fresh.state_dict())


@every
def test_a_state_of_another_shape_is_refused(make) -> None:
    a = parameter(1.0, 2.0)
    optimizer = make([a])
    stepped(optimizer)
    name = "change" if "change" in optimizer.state[a] else "exp_avg"
    kept = optimizer.state[a][name]
    optimizer.state[a][name] = Tensor([1.0])
    with pytest.raises(RuntimeError, match=rf"'{name}'.*\(1,\), expected \(2,\)"):
        optimizer.step()
    optimizer.state[a][name] = kept
    optimizer.step()


@every
def test_data_of_another_dtype_is_followed(make) -> None:
    a, b = parameter(1.0, 2.0, dtype=np.float32), parameter(1.0, 2.0)
    narrow, wide = make([a]), make([b])
    a.data = a.data.astype(float)  # before the first step: as if it had always been so
    for _ in range(3):
        stepped(narrow)
        stepped(wide)
    assert_array_equal(a.data, b.data)
    a.data = a.data.astype(np.float32)
    for optimizer in (narrow, wide):
        stepped(optimizer)
    assert a.dtype == np.float32
    assert_allclose(a.data, b.data, rtol=1e-6)
    for entries in narrow.state.values():
        for name, value in entries.items():
            assert value.dtype == np.float32 or name == "step"


@every
def test_data_of_another_shape_is_followed_once_its_state_is_gone(make) -> None:
    a, b = parameter(1.0, 2.0), parameter(1.0)
    optimizer = make([a, b])
    a.data = np.array([1.0, 2.0, 3.0])  # nothing is remembered yet
    stepped(optimizer)
    a.data = np.array([[1.0]])
    before = b.item()
    with pytest.raises(RuntimeError, match=r"\(1, 1\).*gradient of shape \(3,\).*zero_grad"):
        optimizer.step()
    with pytest.raises(RuntimeError, match=r"\(3,\), expected \(1, 1\).*state.pop"):
        stepped(optimizer)
    assert b.item() == before
    optimizer.state.pop(a)
    stepped(optimizer)
    assert a.item() < 1
    assert b.item() < before


def test_a_dict_given_as_a_group_is_the_group() -> None:
    for room, p in ((optim, parameter(1.0)), (torch.optim, torch.ones(1, requires_grad=True))):
        group = {"params": [p]}
        optimizer = room.SGD([group], lr=0.1)
        assert optimizer.param_groups[0] is group
        assert group["lr"] == 0.1


@pytest.mark.parametrize(
    ("name", "value"),
    [("lr", "0.1"), ("lr", None), ("weight_decay", "1"), ("momentum", "x"), ("betas", "ab")],
)
def test_an_option_that_became_no_number_is_named(name: str, value) -> None:
    a = parameter(1.0)
    optimizer = optim.Adam([a]) if name == "betas" else optim.SGD([a], momentum=0.5)
    stepped(optimizer)
    before = str(optimizer.state_dict()["state"]), a.item()
    good = optimizer.param_groups[0][name]
    optimizer.param_groups[0][name] = value
    with pytest.raises(TypeError, match=f"expected.*{name}.*{value!r}"):
        optimizer.step()
    optimizer.param_groups[0][name] = good
    assert (str(optimizer.state_dict()["state"]), a.item()) == before
    with pytest.raises(TypeError, match=f"expected.*{name}"):
        setattr(optimizer, name, value)
    assert optimizer.param_groups[0][name] == good


def test_momentums_are_written_into_or_refused() -> None:
    a, b = parameter(1.0), parameter(1.0, 2.0)
    optimizer = optim.SGD([a, b], lr=0.5, momentum=0.5)
    optimizer.momentums[0] = [8.0]
    optimizer.momentums[1] *= 3
    optimizer.momentums[1:] = [np.array([4.0, 6.0])]
    assert [change.tolist() for change in optimizer.momentums] == [[8], [4, 6]]
    optimizer.momentums = [np.array([2.0]), 1.0]
    assert [change.tolist() for change in optimizer.momentums] == [[2], [1, 1]]
    with pytest.raises(TypeError, match="write into"):
        optimizer.momentums.append(1.0)
    stepped(optimizer, 0.0)
    assert a.item() == 2


def test_momentums_are_in_the_order_of_the_parameters() -> None:
    a, b = parameter(1.0), parameter(1.0, dtype=np.float32)
    c, d = parameter(1.0, 2.0), parameter(3.0)
    optimizer = optim.SGD([a, b, c], lr=1.0, momentum=0.5)
    for number, param in enumerate((a, b, c, d)):
        param.grad = Tensor(np.full(param.shape, -number, param.dtype))
    optimizer.step()
    optimizer.param_groups[0]["params"].reverse()
    optimizer.add_param_group({"params": d})
    assert [change.flat[0] for change in optimizer.momentums] == [2, 1, 0, 0]


def test_steps_are_read_only_and_the_states_step_is_not() -> None:
    a = parameter(1.0)
    optimizer = optim.Adam([a])
    stepped(optimizer)
    with pytest.raises(ValueError, match="read-only"):
        optimizer.steps[0] = 5
    optimizer.state[a]["step"] = 5
    stepped(optimizer)
    assert optimizer.steps.tolist() == [6]


def test_defaults_are_those_of_groups_to_come() -> None:
    optimizer = optim.SGD([parameter(1.0)], lr=0.1)
    optimizer.defaults["lr"] = 0.5
    optimizer.add_param_group({"params": parameter(2.0)})
    assert [group["lr"] for group in optimizer.param_groups] == [0.1, 0.5]


def test_a_momentum_switched_off_and_on_goes_on_from_before() -> None:
    p, q = parameter(0.0), torch.zeros(1, dtype=torch.float64, requires_grad=True)
    ours, theirs = (room.SGD([x], lr=0.1) for room, x in ((optim, p), (torch.optim, q)))
    for momentum in (0.0, 0.9, 0.9, 0.0, 0.0, 0.5):
        for optimizer, x, tensor in ((ours, p, Tensor), (theirs, q, torch.DoubleTensor)):
            optimizer.param_groups[0]["momentum"] = momentum
            x.grad = tensor([1.0])
            optimizer.step()
        assert_allclose(p.data, q.detach().numpy(), rtol=1e-14)
        (our, their) = (len(optimizer.state_dict()["state"]) for optimizer in (ours, theirs))
        assert our == their


@pytest.mark.parametrize("seen", [False, True])
def test_a_momentum_buffer_set_while_momentum_is_0(seen: bool) -> None:
    p = parameter(0.0)
    optimizer = optim.SGD([p], lr=0.1)
    stepped(optimizer)
    if seen:
        optimizer.state[p]["momentum_buffer"] = Tensor([2.0])
    else:
        optimizer.load_state_dict(
            {**optimizer.state_dict(), "state": {0: {"momentum_buffer": Tensor([2.0])}}}
        )
    stepped(optimizer)
    optimizer.momentum = 0.5
    stepped(optimizer)
    assert_allclose(p.item(), -0.1 - 0.1 - 0.1 * (0.5 * 2 + 1))


def _own_entry(optimizer: Any, p: Any) -> None:
    optimizer.state[p]["my own"] = 5


def _no_buffer(optimizer: Any, p: Any) -> None:
    optimizer.state[p]["momentum_buffer"] = None


@pytest.mark.parametrize("edit", [_own_entry, _no_buffer])
@pytest.mark.parametrize("at", [0, 2])
def test_a_state_that_says_nothing_forgets_at_most_once(edit: Any, at: int) -> None:
    p, q = parameter(0.0), torch.zeros(1, dtype=torch.float64, requires_grad=True)
    ours, theirs = (
        room.SGD([x], lr=0.1, momentum=0.9) for room, x in ((optim, p), (torch.optim, q))
    )
    for step in range(6):
        for optimizer, x, tensor in ((ours, p, Tensor), (theirs, q, torch.DoubleTensor)):
            if step == at:
                edit(optimizer, x)
            x.grad = tensor([1.0])
            optimizer.step()
        assert_allclose(p.data, q.detach().numpy(), rtol=1e-14)
    assert_allclose(
        ours.state[p]["momentum_buffer"].data, theirs.state[q]["momentum_buffer"], rtol=1e-14
    )
