"""A training in a file: written on the way, and gone on from, to the bit."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zlib import crc32

import numpy as np
import numpy.typing as npt

import mytorch
from mytorch.tensor import Tensor

if TYPE_CHECKING:
    from mytorch.nn.module import Module
    from mytorch.optim.optimizer import Optimizer

PROGRAM = "hw1.mnist"
KEYS = {
    *("setting", "machine", "model", "optimizer", "random"),
    *("batch", "order", "total_loss", "curve"),
}


class CheckpointError(ValueError):
    """A file that this training cannot go on from; the message tells what differs."""


@dataclass
class Place:
    """How far a training is.

    Attributes: `batch`, the batches so far, over all epochs; `order`, of the images in the epoch
    under way, None between two; `total_loss`, of that epoch's batches; `curve`, the batch and the
    accuracy of each validation.
    """

    batch: int = 0
    order: npt.NDArray[np.int64] | None = None
    total_loss: float = 0.0
    curve: list[tuple[int, float]] = field(default_factory=list)


class Checkpoints:
    """Where a training starts, and the file that it is written to.

    Arguments:
        path: the file, or None.
        every: how many batches lie between two checkpoints, beside those at the end of an epoch.
        setting: what makes the numbers of the training: its options and data, as plain values.
        resume: the file to go on from, or None.

    Attributes: `place`, where the training starts; `warnings`, what is another than when the file
    was written, and may change the last bits.

    Raises CheckpointError for a file of something else, OSError for one that cannot be read.
    """

    def __init__(
        self,
        path: Path | None,
        every: int | None,
        setting: Mapping[str, Any],
        resume: Path | None = None,
    ) -> None:
        self._path, self._every, self._setting = path, every, dict(setting)
        self._found: dict[str, Any] | None = None
        self.place = Place()
        self.warnings: list[str] = []
        if resume is not None:
            self._found = found = _read(resume)
            _compare(resume, found["setting"], self._setting)
            order = found["order"]
            self.place = Place(
                found["batch"],
                None if order is None else order.data,
                found["total_loss"],
                [tuple(point) for point in found["curve"]],
            )
            self.warnings = [
                f"{name} was {before} when {resume} was written, and is {now} now: the last bits "
                "may differ"
                for name, now in machine().items()
                if (before := found["machine"].get(name)) != now
            ]

    def restore(self, model: "Module", optimizer: "Optimizer") -> Place:
        """Brings both, and the random state, to where the training starts, and tells the place."""
        if self._found is not None:
            try:
                model.load_state_dict(self._found["model"])
                optimizer.load_state_dict(self._found["optimizer"])
            except (RuntimeError, ValueError, KeyError, TypeError) as error:
                raise CheckpointError(f"the checkpoint is of another net: {error}") from None
            mytorch.set_rng_state(self._found["random"])
            self._found = None
        return self.place

    def after_batch(self, place: Place, model: "Module", optimizer: "Optimizer") -> None:
        """Writes the training down, if it is time."""
        due = place.order is None or (self._every is not None and place.batch % self._every == 0)
        if self._path is None or not due:
            return
        state = {
            "program": PROGRAM,
            "setting": self._setting,
            "machine": machine(),
            "model": model.state_dict(),
            "optimizer": optimizer.state_dict(),
            "random": mytorch.get_rng_state(),
            "batch": place.batch,
            "order": None if place.order is None else Tensor(place.order),
            "total_loss": place.total_loss,
            "curve": place.curve,
        }
        mytorch.save(state, self._path)


def machine() -> dict[str, str]:
    """What the last bits of a product depend on, beside the numbers in it."""
    built: Any = np.show_config(mode="dicts")
    blas = built["Build Dependencies"]["blas"]
    threads = os.environ.get("OPENBLAS_NUM_THREADS") or os.environ.get("OMP_NUM_THREADS")
    return {
        "NumPy": np.__version__,
        "the BLAS": f"{blas.get('name')} {blas.get('version')}",
        "the number of threads": threads or str(os.cpu_count()),
        "the processor": " ".join(built["SIMD Extensions"]["found"]),
    }


def fingerprint(*arrays: npt.NDArray[Any]) -> str:
    """A text that is another one for other data."""
    sums = (crc32(np.ascontiguousarray(array).data.cast("B")) for array in arrays)
    return " ".join(f"{a.dtype}{list(a.shape)}:{s:08x}" for a, s in zip(arrays, sums, strict=True))


def _read(path: Path) -> dict[str, Any]:
    try:
        found = mytorch.load(path)
    except RuntimeError as error:
        raise CheckpointError(str(error)) from None
    if not isinstance(found, dict) or found.get("program") != PROGRAM or KEYS - found.keys():
        raise CheckpointError(f"{path}: expected a checkpoint of {PROGRAM}, found another file")
    return found


def _compare(path: Path, before: Mapping[str, Any], now: Mapping[str, Any]) -> None:
    """Raises CheckpointError that names all in which two settings differ."""
    differ = [
        f"{name} was {before.get(name)!r} and is {now.get(name)!r}"
        for name in dict.fromkeys([*before, *now])
        if before.get(name) != now.get(name)
    ]
    if differ:
        raise CheckpointError(
            f"{path}: expected a checkpoint of this training, found another: {'; '.join(differ)}"
        )
