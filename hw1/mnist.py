"""Train the write-up's network on MNIST (write-up section 3).

From the repository's root, `python3 hw1/mnist.py` or `python3 -m hw1.mnist` trains for three
epochs and writes validation_accuracy.csv and validation_accuracy.png; `--help` tells the options.
"""

import os
import sys

if not __package__:  # run or imported as a file: Python looks for modules in hw1/, not in the root
    sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
if __name__ == "__main__":
    import signal

    # Ctrl-C during the imports would show a traceback; main() then takes over.
    signal.signal(signal.SIGINT, lambda *_: os._exit(130))
    # Products this small gain nothing from a second thread, and lose much beside a busy neighbour.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from hw1.command_line import main  # which imports this file as hw1.mnist

    sys.exit(main())

from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

import mytorch
from hw1.checkpoint import Checkpoints, Place
from hw1.progress import OnBatch, OnEpoch
from mytorch.nn.activations import ReLU
from mytorch.nn.batchnorm import BatchNorm1d
from mytorch.nn.linear import Linear
from mytorch.nn.loss import CrossEntropyLoss
from mytorch.nn.sequential import Sequential
from mytorch.optim.sgd import SGD
from mytorch.tensor import Tensor

if TYPE_CHECKING:
    from mytorch.nn.loss import Loss
    from mytorch.nn.module import Module
    from mytorch.optim.optimizer import Optimizer

BATCH_SIZE = 100
VALIDATE_EVERY = 100  # batches, counted anew in each epoch
NUM_PIXELS = 784
NUM_CLASSES = 10

Images = npt.NDArray[np.floating[Any]]
Labels = npt.NDArray[np.integer[Any]]


def mnist(
    train_x: Images,
    train_y: Labels,
    val_x: Images,
    val_y: Labels,
    *,
    num_epochs: int = 3,
    batch_size: int = BATCH_SIZE,
    lr: float = 0.1,
    momentum: float = 0.9,
    on_batch: OnBatch | None = None,
    on_epoch: OnEpoch | None = None,
    checkpoints: Checkpoints | None = None,
) -> list[float]:
    """Build the write-up's network and train it in float32 (write-up 3.1).

    Linear(784, 20) -> BatchNorm1d(20) -> ReLU -> Linear(20, 10), cross entropy, SGD with momentum.
    The last third of all batches is trained at a tenth of `lr`: at the full rate the weights never
    settle, which costs 0.004 of accuracy at the end on average, and more by chance.

    Weights and shuffling draw from NumPy's global random state: the same seed
    (`mytorch.manual_seed`) gives the same accuracies, to the bit. No argument is modified.

    Args:
        train_x, val_x: images (N, 784) of any float dtype, in [0, 1].
        train_y, val_y: labels (N,) of any integer dtype, in 0..9.
        num_epochs, batch_size, on_batch, on_epoch, checkpoints: see `train`.
        lr, momentum: see `mytorch.optim.SGD`.

    Returns:
        The validation accuracies in [0, 1], one after each 100 batches (see `train`).

    Raises:
        ValueError: images or labels are not as above.

    Example:
        >>> x, y = np.random.rand(200, 784), np.arange(200) % 10
        >>> len(mnist(x, y, x, y))
        3
    """
    train_x, train_y = _checked("train", train_x, train_y)
    val_x, val_y = _checked("val", val_x, val_y)
    model = Sequential(Linear(NUM_PIXELS, 20), BatchNorm1d(20), ReLU(), Linear(20, NUM_CLASSES))
    if hasattr(model, "to"):  # the course's libraries have no such method
        model.to(np.float32)
    optimizer = SGD(model.parameters(), lr=lr, momentum=momentum)
    full_rate = 2 * num_epochs * batches_per_epoch(len(train_x), batch_size) // 3

    def slow_down(batch: int, loss: float, accuracy: float | None) -> None:
        if batch >= full_rate:
            optimizer.lr = lr / 10
        if on_batch is not None:
            on_batch(batch, loss, accuracy)

    return train(
        model,
        optimizer,
        CrossEntropyLoss(),
        train_x,
        train_y,
        val_x,
        val_y,
        num_epochs,
        batch_size=batch_size,
        on_batch=slow_down,
        on_epoch=on_epoch,
        checkpoints=checkpoints,
    )


def train(
    model: "Module",
    optimizer: "Optimizer",
    criterion: "Loss",
    train_x: Images,
    train_y: Labels,
    val_x: Images,
    val_y: Labels,
    num_epochs: int = 3,
    *,
    batch_size: int = BATCH_SIZE,
    on_batch: OnBatch | None = None,
    on_epoch: OnEpoch | None = None,
    checkpoints: Checkpoints | None = None,
) -> list[float]:
    """Train `model`, validating after the 1st, 101st, 201st ... batch of each epoch (write-up 3.2).

    Each epoch takes the images in a new order, drawn from NumPy's global random state; the arrays
    themselves stay as they are. The last batch of an epoch is smaller where `batch_size` does not
    divide N. A single image left over joins the batch before it, since batch norm cannot train on
    one.

    Args:
        model, optimizer, criterion: the optimizer holds the model's parameters.
        train_x, val_x: inputs (N, ...) of the model's dtype.
        train_y, val_y: labels (N,), integers.
        num_epochs: 0 or more.
        batch_size: 1 or more.
        on_batch: called after each batch with its number (from 1, over all epochs), its loss and,
            if a validation followed it, the accuracy, else None.
        on_epoch: called after each epoch with its number (from 1) and the accuracy at its end,
            which the list may not hold.
        checkpoints: where the training starts, and where it is written to on the way. One that goes
            on at the end of an epoch tells `on_epoch` of that one again.

    Returns:
        The validation accuracies in [0, 1].

    Raises:
        ValueError: no data, other labels than one integer per input, or a batch_size below 1.
    """
    _check_pairs("train", train_x, train_y)
    cuts = _cuts(len(train_x), batch_size)
    per_epoch = 1 + len(cuts)
    place = Place() if checkpoints is None else checkpoints.restore(model, optimizer)
    if place.batch and place.order is None and on_epoch is not None:
        on_epoch(place.batch // per_epoch, validate(model, val_x, val_y))
    for epoch in range(1 + place.batch // per_epoch, num_epochs + 1):
        model.train()
        if place.order is None:
            place.order, place.total_loss = np.random.permutation(len(train_x)), 0.0
        done = place.batch % per_epoch
        for i, rows in enumerate(np.split(place.order, cuts)[done:], done):
            optimizer.zero_grad()
            out = model(Tensor(train_x[rows]))
            loss = criterion(out, Tensor(train_y[rows]))
            loss.backward()
            optimizer.step()
            accuracy = None
            place.batch += 1
            place.total_loss += loss.data.item()
            if i % VALIDATE_EVERY == 0:
                accuracy = validate(model, val_x, val_y)
                place.curve.append((place.batch, accuracy))
            if i + 1 == per_epoch:
                place.order = None
            if on_batch is not None:
                on_batch(place.batch, loss.data.item(), accuracy)
            if checkpoints is not None:
                checkpoints.after_batch(place, model, optimizer)
        if on_epoch is not None:
            on_epoch(epoch, validate(model, val_x, val_y) if accuracy is None else accuracy)
    return [accuracy for _, accuracy in place.curve]


def validate(model: "Module", val_x: Images, val_y: Labels) -> float:
    """The share of `val_x` for which the model's largest output is the label (write-up 3.3).

    The model predicts in evaluation mode, without a graph, and is left in the mode it came in. The
    write-up's shuffle is left out: in this mode the order changes no prediction.

    Args:
        model: gives (N, classes) for inputs (N, ...).
        val_x, val_y: inputs (N, ...) and labels (N,), integers.

    Returns:
        The accuracy in [0, 1].

    Raises:
        ValueError: no data, or other labels than one integer per input.

    Example:
        >>> validate(Sequential(), np.eye(3), np.array([0, 1, 1]))
        0.6666666666666666
    """
    _check_pairs("val", val_x, val_y)
    was_training = model.is_train
    model.eval()
    num_correct = 0
    try:
        # The course's libraries record here, too: they know no other way.
        with getattr(mytorch, "no_grad", nullcontext)():
            for start in range(0, len(val_x), BATCH_SIZE):
                rows = slice(start, start + BATCH_SIZE)
                predictions = model(Tensor(val_x[rows])).data.argmax(axis=1)
                num_correct += int(np.count_nonzero(predictions == val_y[rows]))
    finally:
        if was_training:
            model.train()
    return num_correct / len(val_x)


def batches_per_epoch(num_images: int, batch_size: int = BATCH_SIZE) -> int:
    """How many batches `train` makes of `num_images`.

    Example:
        >>> batches_per_epoch(55_000)
        550
    """
    return 1 + len(_cuts(num_images, batch_size))


def _cuts(num_images: int, batch_size: int) -> list[int]:
    """Where to split an epoch's images into batches."""
    if batch_size < 1:
        raise ValueError(f"batch_size: expected at least 1, found {batch_size}")
    cuts = list(range(batch_size, num_images, batch_size))
    return cuts[:-1] if num_images % batch_size == 1 else cuts


def _check_pairs(name: str, x: npt.NDArray[Any], y: npt.NDArray[Any]) -> None:
    if len(x) == 0:
        raise ValueError(f"{name}_x: expected at least one image, found shape {x.shape}")
    if y.shape != x.shape[:1] or y.dtype.kind not in "iu":
        raise ValueError(
            f"{name}_y: expected integers of shape ({len(x)},), one label for each image of "
            f"{name}_x, found {y.dtype} of shape {y.shape}"
        )


def _checked(
    name: str, x: npt.NDArray[Any], y: npt.NDArray[Any]
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
    """Images as float32 and labels as int64, if they are what `mnist` takes."""
    x, y = np.asarray(x), np.asarray(y)
    if x.ndim != 2 or x.shape[1] != NUM_PIXELS or x.dtype.kind != "f":
        raise ValueError(
            f"{name}_x: expected floats of shape (N, {NUM_PIXELS}), found {x.dtype} of shape "
            f"{x.shape}; flatten the images with reshape(len({name}_x), -1) and scale bytes by "
            "dividing by 255"
        )
    _check_pairs(name, x, y)
    if not np.isfinite([x.min(), x.max()]).all():
        raise ValueError(f"{name}_x: expected finite pixels, found NaN or infinity")
    if y.min() < 0 or y.max() >= NUM_CLASSES:
        raise ValueError(
            f"{name}_y: expected labels from 0 to {NUM_CLASSES - 1}, found {y.min()} to {y.max()}"
        )
    return x.astype(np.float32, copy=False), y.astype(np.int64, copy=False)
