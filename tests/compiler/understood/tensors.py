"""Attributes that a program gives tensors."""

from collections.abc import Callable

from mytorch import Tensor
from tests.compiler.understood.case import Change, Step, case


def weighted(read: Callable[[Tensor], object]) -> tuple[Step, Tensor]:
    """A step that reads an attribute of a parameter, which has none yet."""
    weight = Tensor([3.0, 4.0], is_parameter=True)
    weight.requires_grad = False
    return lambda x: x * weight + read(weight), weight


@case
def attribute_of_a_parameter() -> tuple[Step, Change]:
    run, weight = weighted(lambda weight: weight.scale)
    weight.scale = 2.0
    return run, lambda: setattr(weight, "scale", 3.0)


@case
def flag_of_a_parameter() -> tuple[Step, Change]:
    run, weight = weighted(lambda weight: 1.0 if weight.is_expert else 2.0)
    weight.is_expert = True
    return run, lambda: setattr(weight, "is_expert", False)


@case
def attribute_that_comes() -> tuple[Step, Change]:
    run, weight = weighted(lambda weight: getattr(weight, "scale", 0.0))
    return run, lambda: setattr(weight, "scale", 3.0)


@case
def attribute_that_comes_and_is_asked_for() -> tuple[Step, Change]:
    run, weight = weighted(lambda weight: 1.0 if hasattr(weight, "scale") else 2.0)
    return run, lambda: setattr(weight, "scale", 3.0)


def or_nothing(weight: Tensor) -> object:
    try:
        return weight.scale
    except AttributeError:
        return 0.0


@case
def attribute_that_comes_or_raises() -> tuple[Step, Change]:
    run, weight = weighted(or_nothing)
    return run, lambda: setattr(weight, "scale", 3.0)


@case
def attribute_that_goes() -> tuple[Step, Change]:
    run, weight = weighted(or_nothing)
    weight.scale = 2.0
    return run, lambda: delattr(weight, "scale")


@case
def all_attributes() -> tuple[Step, Change]:
    run, weight = weighted(lambda weight: sum(vars(weight).values()))
    weight.scale = 2.0
    return run, lambda: setattr(weight, "other", 3.0)


@case
def attributes_that_are_replaced() -> tuple[Step, Change]:
    run, weight = weighted(lambda weight: weight.scale)
    weight.scale = 2.0
    return run, lambda: setattr(weight, "__dict__", {"scale": 5.0})


@case
def attribute_with_a_name_of_the_class() -> tuple[Step, Change]:
    run, weight = weighted(lambda weight: weight.note())
    weight.note = weight.sum
    return run, lambda: setattr(weight, "note", weight.mean)


@case
def attribute_in_an_attribute() -> tuple[Step, Change]:
    run, weight = weighted(lambda weight: weight.twin.scale)
    weight.twin = Tensor([1.0, 1.0])
    weight.twin.scale = 2.0
    return run, lambda: setattr(weight.twin, "scale", 3.0)


@case
def numbers_of_an_attribute() -> tuple[Step, Change]:
    run, weight = weighted(lambda weight: weight.twin)
    weight.twin = Tensor([1.0, 1.0])
    return run, lambda: weight.twin.fill_(7.0)


@case
def attribute_that_counts() -> tuple[Step, Change]:
    def count(weight: Tensor) -> float:
        weight.calls += 1.0
        return weight.calls  # type: ignore[no-any-return]

    run, weight = weighted(count)
    weight.calls = 0.0
    return run, lambda: setattr(weight, "calls", 50.0)


@case
def attribute_of_a_result() -> tuple[Step, Change]:
    class Kept:
        note = 1.0

    def run(x: Tensor) -> Tensor:
        y = x * Kept.note
        y.note = Kept.note
        return y

    return lambda x: x * run(x).note, lambda: setattr(Kept, "note", 3.0)


@case
def copied_with_its_attributes() -> tuple[Step, Change]:
    from copy import copy

    run, weight = weighted(lambda weight: copy(weight).scale)
    weight.scale = 2.0
    return run, lambda: setattr(weight, "scale", 3.0)
