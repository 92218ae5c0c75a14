"""MyTorch with its training step and its model compiled: one line more for its users."""

from collections.abc import Callable
from typing import Any

from numpy.typing import NDArray

from benchmarks.contenders import mytorch_eager
from benchmarks.workloads import Task
from mytorch import compile as compiled

NAME = "MyTorch compiled"


def training(task: Task) -> Callable[[], Any]:
    return mytorch_eager.with_batches(compiled(mytorch_eager.step_of(task)), task)


def inference(task: Task) -> Callable[[], NDArray[Any]]:
    return mytorch_eager.with_inputs(compiled(mytorch_eager.model_of(task).eval()), task)


def transformer() -> Callable[[], Any]:
    return mytorch_eager.with_sequences(compiled(mytorch_eager.transformer_step()))
