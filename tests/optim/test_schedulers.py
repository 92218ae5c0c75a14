"""Every scheduler with every option, from the table in tests/schedulers, against PyTorch."""

import copy
import inspect
import pickle
from typing import Any

import numpy as np
import pytest
import torch

import mytorch
from mytorch import Tensor
from mytorch.optim import SGD, lr_scheduler
from tests.close import assert_allclose
from tests.schedulers import CASES, ROWS, Case, Row, Side, evaluate
from tests.schedulers.__main__ import PAGE, page
from tests.schedulers.row import OPTIMIZERS, Decay, parameter
from tests.together import together

every_case = together("case", CASES)
every_row = pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
STEPS = 200


def sides(case: Case, *args: Any) -> tuple[Side, Side]:
    return Side(mytorch, case, *args), Side(torch, case, *args)


def check(ours: Side, theirs: Side) -> None:
    assert_allclose(ours.numbers(), theirs.numbers(), rtol=1e-12, atol=1e-15)


def plain(state: Any) -> Any:
    """A state as text: numbers, and containers by what they are."""
    if isinstance(state, dict):
        return {key: plain(value) for key, value in state.items()}
    return [plain(value) for value in state] if isinstance(state, (list, tuple)) else repr(state)


@every_case
@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=["SGD", "Adam"])
def test_rates_momentums_and_states_are_pytorchs(case: Case, optimizer: str) -> None:
    ours, theirs = sides(case, optimizer)
    for _ in range(STEPS):
        check(ours, theirs)
        assert ours.scheduler.get_last_lr() == [g["lr"] for g in ours.optimizer.param_groups]
        ours.step()
        theirs.step()
    check(ours, theirs)
    assert plain(ours.scheduler.state_dict()) == plain(theirs.scheduler.state_dict())


@every_case
@pytest.mark.parametrize("way", ["here", "to PyTorch", "from PyTorch"])
def test_a_state_goes_on_in_another_scheduler(case: Case, way: str) -> None:
    ours, theirs = sides(case)
    stop = 29
    source = theirs if way == "from PyTorch" else ours
    for _ in range(stop):
        ours.step()
        theirs.step()
    target = Side(torch if way == "to PyTorch" else mytorch, case)
    state = pickle.loads(pickle.dumps(source.scheduler.state_dict()))
    kept = plain(state)
    target.scheduler.load_state_dict(state)
    assert way == "to PyTorch" or plain(state) == kept
    groups = source.optimizer.state_dict()["param_groups"]
    for group, options in zip(target.optimizer.param_groups, groups, strict=True):
        group.update({**options, "params": group["params"]})
    target.number = stop
    for _ in range(40):
        target.step()
        source.step()
        check(target, source)


@every_case
def test_a_copy_goes_on_by_itself(case: Case) -> None:
    side, lone = Side(mytorch, case), Side(mytorch, case)
    for _ in range(5):
        side.step()
        lone.step()
    twin = copy.copy(side)
    twin.optimizer, twin.scheduler = copy.deepcopy((side.optimizer, side.scheduler))
    for _ in range(5):
        twin.step()
    assert side.numbers() == lone.numbers()
    for _ in range(5):
        side.step()
    assert side.numbers() == twin.numbers()
    assert side.optimizer is not twin.scheduler.optimizer is twin.optimizer


LASTING = [case for case in CASES if case.row.name not in ("ReduceLROnPlateau", "ChainedScheduler")]


@together("case", [case for case in LASTING if case.row.name != "SequentialLR"])
def test_last_epoch_goes_on_with_the_groups(case: Case) -> None:
    later = Case(case.row, f"{case.form[:-1]}, last_epoch=10)")
    first = sides(case)
    for side in first:
        for _ in range(10):
            side.step()
    ours, theirs = (
        evaluate(later.form, side.library, o=side.optimizer, decay=Decay()) for side in first
    )
    for side, scheduler in zip(first, (ours, theirs), strict=True):
        side.scheduler = scheduler
    for _ in range(40):
        assert ours.last_epoch == theirs.last_epoch
        check(*first)
        for side in first:
            side.step()


@together("case", LASTING)
@pytest.mark.filterwarnings("ignore:.*epoch parameter", "ignore:.*step.epoch")
def test_an_epoch_may_be_given(case: Case) -> None:
    if case.row.name == "SequentialLR":  # whose step has no epoch
        with pytest.raises(TypeError):
            Side(mytorch, case).scheduler.step(3)
        return
    both = sides(case)
    for epoch in (0, 5, 4, 30, 17, 3, 100, 99, 30):
        for side in both:
            side.optimizer.step()
            side.scheduler.step(epoch)
        check(*both)
        for side in both:
            side.step()
        check(*both)
        assert both[0].scheduler.last_epoch == both[1].scheduler.last_epoch


@pytest.mark.parametrize("wrap", ["Tensor", "array"])
@every_case
def test_a_rate_that_is_an_array_is_written_into(case: Case, wrap: str) -> None:
    floats = Side(mytorch, case)
    arrays = Side(mytorch, case, OPTIMIZERS[0], np.array if wrap == "array" else Tensor)
    held = [group["lr"] for group in arrays.optimizer.param_groups]
    for _ in range(40):
        assert_allclose(arrays.numbers(), floats.numbers(), rtol=1e-12)
        shown = arrays.scheduler.get_last_lr()
        before = list(map(float, shown))
        assert before == [float(rate) for rate in held]
        arrays.step()
        floats.step()
        assert [float(rate) for rate in shown] == before
    for group, rate in zip(arrays.optimizer.param_groups, held, strict=True):
        assert group["lr"] is rate
        assert group.get("initial_lr") is not rate


@every_row
def test_options_and_their_defaults_are_pytorchs(row: Row) -> None:
    ours, theirs = (
        {name: option.default for name, option in inspect.signature(kind).parameters.items()}
        for kind in map(row.scheduler, (mytorch, torch))
    )
    assert ours == theirs
    forms = " ".join((*row.forms, "last_epoch="))
    for option in list(ours)[1:] if row.name != "ChainedScheduler" else ours:
        assert f"{option}=" in forms or any(
            len(list(_arguments(form))) > list(ours).index(option) for form in row.forms
        ), option


def _arguments(form: str) -> list[Any]:
    import ast

    call: Any = ast.parse(form).body[0]
    return call.value.args


def _names(library: Any) -> dict[str, Any]:
    p, q = parameter(library), parameter(library)
    groups = [{"params": [p]}, {"params": [q], "lr": 0.5}]
    return {
        "o": library.optim.SGD(groups, lr=0.1, momentum=0.5),
        "p": parameter(library),
        "m": library.nn.Linear(1, 1),
        "decay": Decay(),
    }


@together("case", [Case(row, form) for row in ROWS for form in row.refused])
def test_what_pytorch_refuses_is_refused_alike(case: Case) -> None:
    with pytest.raises(Exception) as theirs:  # noqa: PT011 (PyTorch's error is the oracle)
        evaluate(case.form, torch, **_names(torch))
    with pytest.raises(theirs.type):
        evaluate(case.form, mytorch, **_names(mytorch))


def test_every_scheduler_has_a_row() -> None:
    names = {*lr_scheduler.__all__, "SWALR"}
    assert {row.name for row in ROWS} == names - {"LRScheduler"}
    assert set(lr_scheduler.__all__) == set(torch.optim.lr_scheduler.__all__)


def optimizer_of(lr: float = 1.0, **options: Any) -> SGD:
    return SGD([Tensor([1.0], is_parameter=True)], lr=lr, **options)


def test_a_scheduler_that_steps_first_is_warned_of_once() -> None:
    optimizer = optimizer_of()
    scheduler = lr_scheduler.StepLR(optimizer, 2)
    with pytest.warns(UserWarning, match=r"before `optimizer.step\(\)`.*how-to-adjust") as found:
        scheduler.step()
    assert found[0].filename == __file__
    scheduler.step()


def test_the_right_order_costs_the_optimizer_nothing_but_its_first_step() -> None:
    optimizer = optimizer_of()
    assert "step" not in vars(optimizer)
    schedulers = [lr_scheduler.StepLR(optimizer, 2), lr_scheduler.ExponentialLR(optimizer, 0.9)]
    assert "step" in vars(optimizer)
    assert optimizer.step(lambda: 3) == 3
    assert "step" not in vars(optimizer)
    for scheduler in schedulers:
        scheduler.step()


def test_another_step_of_the_programs_stays() -> None:
    optimizer, calls = optimizer_of(), []
    before = lr_scheduler.StepLR(optimizer, 2)
    own = optimizer.step
    optimizer.step = lambda: (calls.append(1), own())
    after = lr_scheduler.StepLR(optimizer, 2)
    optimizer.step()
    optimizer.step()
    assert len(calls) == 2
    for scheduler in (before, after):
        with pytest.warns(UserWarning, match="has been overridden"):
            scheduler.step()


@pytest.mark.parametrize("way", [copy.copy, copy.deepcopy, lambda o: pickle.loads(pickle.dumps(o))])
def test_a_copy_of_the_optimizer_makes_its_own_steps(way) -> None:
    optimizer = optimizer_of(momentum=0.5)
    lr_scheduler.StepLR(optimizer, 2)
    twin = way(optimizer)
    optimizer.params[0].grad = twin.params[0].grad = Tensor([1.0])
    twin.step()
    assert "step" in vars(optimizer)
    assert (twin.momentums[0], optimizer.momentums[0]) == (-1, 0)


def test_there_is_no_cycle(without_collector: None) -> None:
    import weakref

    optimizer = optimizer_of()
    scheduler = lr_scheduler.CyclicLR(optimizer, 0.1, 1.0, mode="triangular2")
    gone = weakref.ref(optimizer), weakref.ref(scheduler)
    del optimizer, scheduler
    assert [found() for found in gone] == [None, None]


def test_get_lr_is_for_step_alone() -> None:
    optimizer = optimizer_of()
    scheduler = lr_scheduler.StepLR(optimizer, 2)
    optimizer.step()
    with pytest.warns(UserWarning, match="get_last_lr"):
        assert scheduler.get_lr() == [1.0]
    with pytest.warns(UserWarning, match=r"StepLR.step\(epoch\): PyTorch deprecates") as found:
        scheduler.step(0)
    assert found[-1].filename == __file__


def test_a_subclass_says_its_rates() -> None:
    class Halves(lr_scheduler._LRScheduler):
        def get_lr(self) -> list[float]:
            return [base / 2**self.last_epoch for base in self.base_lrs]

    optimizer = optimizer_of()
    scheduler = Halves(optimizer)
    optimizer.step()
    scheduler.step()
    assert scheduler.get_last_lr() == [optimizer.lr] == [0.5]
    with pytest.raises(NotImplementedError, match="LRScheduler needs a method get_lr"):
        lr_scheduler.LRScheduler(optimizer)


def test_rates_are_plain_floats() -> None:
    optimizer = optimizer_of()
    scheduler = lr_scheduler.LambdaLR(optimizer, lambda epoch: np.exp(-np.float32(epoch)))
    optimizer.step()
    scheduler.step()
    assert type(optimizer.lr) is float


def test_a_group_that_is_added_later() -> None:
    optimizer, another = optimizer_of(), Tensor([1.0], is_parameter=True)
    step, by_function = lr_scheduler.StepLR(optimizer, 1), lr_scheduler.LambdaLR(optimizer, float)
    plateau = lr_scheduler.ReduceLROnPlateau(optimizer, patience=0, min_lr=0.01)
    optimizer.add_param_group({"params": [another], "lr": 3.0})
    optimizer.step()
    step.step()
    assert step.get_last_lr() == [0.0, pytest.approx(0.3)]
    with pytest.raises(ValueError, match="LambdaLR: expected a rate for each of 2 groups, got 1"):
        by_function.step()
    plateau.step(1.0)
    plateau.step(1.0)
    assert plateau.get_last_lr() == [0.0, pytest.approx(0.03)]


def test_a_factor_of_0_comes_back() -> None:
    """PyTorch's divides by it."""
    optimizer = optimizer_of()
    scheduler = lr_scheduler.ConstantLR(optimizer, factor=0.0, total_iters=2)
    rates = []
    for _ in range(4):
        rates.append(optimizer.lr)
        optimizer.step()
        scheduler.step()
    assert rates == [0, 0, 1, 1]


def test_rates_that_fall_to_0_can_be_loaded() -> None:
    """PyTorch's fall below it, by rounding: to -1.9e-18."""
    optimizer = optimizer_of(0.1)
    scheduler = lr_scheduler.LinearLR(optimizer, 1 / 3, 0.0, total_iters=4)
    for _ in range(4):
        optimizer.step()
        scheduler.step()
    assert optimizer.lr == 0
    optimizer.load_state_dict(optimizer.state_dict())


@pytest.mark.parametrize("wrap", [float, np.array, Tensor])
def test_rates_below_0_can_be_loaded(wrap: Any) -> None:
    """PyTorch's LinearLR rounds to them, and a negative gamma makes them."""
    optimizer = optimizer_of(wrap(0.1))
    state = optimizer.state_dict()
    state["param_groups"][0].update(lr=wrap(-1.9e-18), initial_lr=wrap(0.1))
    optimizer.load_state_dict(state)
    assert optimizer.lr == -1.9e-18
    state["param_groups"][0]["lr"] = "-0.1"
    with pytest.raises(TypeError, match="lr as a number"):
        optimizer.load_state_dict(state)


@pytest.mark.parametrize(
    ("make", "error", "says"),
    [
        (lambda o: lr_scheduler.StepLR(o, 3, last_epoch=5), KeyError, r"param_groups\[0\].*first"),
        (lambda o: lr_scheduler.StepLR(o.params, 3), TypeError, "list is not an Optimizer"),
        (lambda o: lr_scheduler.LambdaLR(3, float), TypeError, "int is not an Optimizer"),
        (lambda o: lr_scheduler.LambdaLR(o, 0.5), TypeError, "write lambda epoch"),
        (
            lambda o: lr_scheduler.StepLR(o, 3).load_state_dict(o.state_dict()),
            KeyError,
            r"StepLR.load_state_dict: expected .*'last_epoch'.*\['state', 'param_groups'\]",
        ),
        (
            lambda o: lr_scheduler.ChainedScheduler([lr_scheduler.StepLR(o, 3)]).load_state_dict(
                {"_schedulers": []}
            ),
            ValueError,
            "states of 1 schedulers, got 0",
        ),
    ],
)
def test_refusals_say_what_was_meant(make, error, says: str) -> None:
    with pytest.raises(error, match=says):
        make(optimizer_of())


def test_refused_schedulers_leave_the_optimizer_alone() -> None:
    optimizer = optimizer_of(momentum=0.5)
    before = dict(optimizer.param_groups[0])
    for refused in (
        lambda: lr_scheduler.CyclicLR(optimizer, 0.1, [1.0, 2.0]),
        lambda: lr_scheduler.CyclicLR(optimizer, 0.1, 1.0, max_momentum=[0.1, 0.2]),
        lambda: lr_scheduler.OneCycleLR(optimizer, 0.1, 9, max_momentum=[0.1, 0.2]),
    ):
        with pytest.raises(ValueError, match="has groups"):
            refused()
    assert optimizer.param_groups[0] == before
    assert "step" not in vars(optimizer)


@pytest.mark.parametrize("wrap", [float, np.array, Tensor])
@pytest.mark.parametrize("momentum", [0.0, 0.9])
@pytest.mark.parametrize("inside", [False, True])
@pytest.mark.filterwarnings("ignore:compile")  # it may run as it is
def test_a_compiled_step_takes_each_rate(wrap, momentum: float, inside: bool) -> None:
    def train(compiled: bool) -> tuple[list[float], Any]:
        w = Tensor([1.0, -2.0], is_parameter=True)
        optimizer = SGD([w], lr=wrap(0.1), momentum=momentum)
        scheduler = lr_scheduler.OneCycleLR(
            optimizer, 0.1, 40, cycle_momentum=momentum > 0, base_momentum=0.5
        )

        def step() -> None:
            optimizer.zero_grad()
            (w * w).sum().backward()
            optimizer.step()
            if inside:
                scheduler.step()

        run = mytorch.compile(step) if compiled else step
        for _ in range(12):
            run()
            if not inside:
                scheduler.step()
        return w.tolist(), plain(scheduler.state_dict())

    assert train(compiled=True) == train(compiled=False)


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text() == page()
