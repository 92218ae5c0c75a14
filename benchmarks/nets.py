"""Networks beyond layers in a row: whole training steps, and single examples, beside PyTorch's.

A model is written once, of `nn`, which is MyTorch's or PyTorch's. Each contender has a process of
its own, and only one works at a time; a step's memory is measured in yet another process. In the
processes of others MyTorch is not imported: it would set how memory is given out there, too.
"""

import gc
import io
import os
import re
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from itertools import cycle
from math import prod
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.compare import Process, check, in_fresh_process
from benchmarks.machine import threads

Arrays = list[NDArray[Any]]
Product = tuple[int, int, int, int]

RATE = 1e-3  # Adam's
CHECKED_RUNS = 4
WARM_UP = 12  # runs, until a compiled step is replayed


@dataclass(frozen=True)
class Net:
    """A network and what is done with it.

    Attributes:
        name: of the row.
        what: what it is, for the page.
        make: the model of a library's `nn`; it gives logits (N, classes).
        data: pairs of inputs and labels (N,) of one batch each.
        products: the sizes (m, k, n) of the products of matrices in a run, and how many of each.
        most: the most time that a run may take, in units of PyTorch's.
        training: whether a run is a training step with cross entropy and Adam, or the logits alone.
        peers: further contenders.
    """

    name: str
    what: str
    make: Callable[[Any], Any]
    data: Callable[[], list[tuple[NDArray[Any], NDArray[Any]]]]
    products: Callable[[], list[Product]]
    most: float
    training: bool = True
    peers: tuple[str, ...] = ()


# What a net may take: the compiled run beside the eager one, and its memory beside PyTorch's.
MOST_COMPILED, MOST_MEMORY = 0.85, 1.0


def images(count: int, *shape: int) -> Callable[[], list[tuple[NDArray[Any], NDArray[Any]]]]:
    """Batches of images of ten classes, which a network can learn."""

    def make() -> list[tuple[NDArray[Any], NDArray[Any]]]:
        generator = np.random.default_rng(0)
        classes = generator.random((10, *shape), np.float32)
        found = []
        for _ in range(4):
            labels = generator.integers(0, 10, count)
            noise = generator.random((count, *shape), np.float32)
            found.append(((classes[labels] + noise) / 2, labels))
        return found

    return make


def characters(steps: int, count: int) -> Callable[[], list[tuple[NDArray[Any], NDArray[Any]]]]:
    """Batches of texts of 65 characters, each of which narrows down the next one to two; the labels
    are the next ones."""

    def make() -> list[tuple[NDArray[Any], NDArray[Any]]]:
        generator = np.random.default_rng(0)
        found = []
        for _ in range(4):
            text = generator.integers(0, 65, (steps + 1, count))
            for step in range(steps):
                text[step + 1] = (text[step] * 5 + text[step + 1] % 2) % 65
            found.append((text[:-1], text[1:].reshape(-1)))
        return found

    return make


def convolution(
    count: int, inputs: int, outputs: int, places: int, to_input: bool
) -> list[Product]:
    """The products of a 3 x 3 convolution with stride 1, there and back."""
    there: list[Product] = [(outputs, 9 * inputs, places, count)]
    back: list[Product] = [(9 * outputs, places, inputs, count)]
    return there + back + ([(inputs, 9 * outputs, places, count)] if to_input else [])


def linear(rows: int, inputs: int, outputs: int) -> list[Product]:
    """The products of a linear layer, there and back."""
    return [(rows, inputs, outputs, 1), (outputs, rows, inputs, 1), (rows, outputs, inputs, 1)]


def cnn(nn: Any) -> Any:
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(32 * 7 * 7, 10),
    )


def lstm(nn: Any) -> Any:
    class Characters(nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.embedding = nn.Embedding(65, 64)
            self.lstm = nn.LSTM(64, 128)
            self.linear = nn.Linear(128, 65)

        def forward(self, x: Any) -> Any:
            out, _ = self.lstm(self.embedding(x))
            return self.linear(out.flatten(0, 1))

    return Characters()


def transformer(nn: Any) -> Any:
    """Two causal layers between an embedding of characters with their places, and their scores."""

    class Characters(nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.embedding = nn.Embedding(CHARACTERS, WIDTH)
            self.place = nn.Parameter(self.embedding.weight.detach()[:LENGTH].clone())
            layer = nn.TransformerEncoderLayer(
                WIDTH, HEADS, 4 * WIDTH, 0.0, "gelu", batch_first=True, norm_first=True
            )
            norm = nn.LayerNorm(WIDTH)
            self.layers = nn.TransformerEncoder(layer, 2, norm, enable_nested_tensor=False)
            self.scores = nn.Linear(WIDTH, CHARACTERS)
            mask = nn.Transformer.generate_square_subsequent_mask(LENGTH)
            self.register_buffer("mask", mask, persistent=False)

        def forward(self, x: Any) -> Any:
            x = self.layers(self.embedding(x) + self.place, self.mask, is_causal=True)
            return self.scores(x).flatten(0, 1)

    return Characters()


CHARACTERS, LENGTH, WIDTH, HEADS = 65, 64, 64, 4


def texts() -> list[tuple[NDArray[Any], NDArray[Any]]]:
    """32 texts of random characters, of which each is to be told again."""
    generator = np.random.default_rng(0)
    found = [generator.integers(0, CHARACTERS, (32, LENGTH)) for _ in range(4)]
    return [(text, text.reshape(-1)) for text in found]


def transformer_products() -> list[Product]:
    places, size, heads = 32 * LENGTH, WIDTH // HEADS, 32 * HEADS
    scores: list[Product] = [(LENGTH, size, LENGTH, 2 * heads), (LENGTH, LENGTH, size, 4 * heads)]
    layer = [
        *3 * linear(places, WIDTH, WIDTH),
        *scores,
        *linear(places, WIDTH, WIDTH),
        *linear(places, WIDTH, 4 * WIDTH),
        *linear(places, 4 * WIDTH, WIDTH),
    ]
    return [*2 * layer, *linear(places, WIDTH, CHARACTERS)]


def residual(nn: Any) -> Any:
    """Three blocks of two convolutions."""

    class Block(nn.Module):  # type: ignore[name-defined,misc]
        def __init__(self) -> None:
            super().__init__()
            self.first = nn.Conv2d(32, 32, 3, padding=1, bias=False)
            self.first_norm = nn.BatchNorm2d(32)
            self.second = nn.Conv2d(32, 32, 3, padding=1, bias=False)
            self.second_norm = nn.BatchNorm2d(32)
            self.relu = nn.ReLU()

        def forward(self, x: Any) -> Any:
            inner = self.relu(self.first_norm(self.first(x)))
            return self.relu(x + self.second_norm(self.second(inner)))

    class Residual(nn.Module):  # type: ignore[name-defined,misc]
        def __init__(self) -> None:
            super().__init__()
            self.stem = nn.Conv2d(3, 32, 3, padding=1, bias=False)
            self.norm, self.relu = nn.BatchNorm2d(32), nn.ReLU()
            self.blocks = nn.Sequential(*(Block() for _ in range(3)))
            self.head = nn.Linear(32, 10)

        def forward(self, x: Any) -> Any:
            return self.head(self.blocks(self.relu(self.norm(self.stem(x)))).mean((2, 3)))

    return Residual()


NETS = [
    Net(
        "CNN",
        "1-16-32 channels, 3 x 3, ReLU and 2 x 2 pooling, a linear layer; 64 images of 28 x 28",
        cnn,
        images(64, 1, 28, 28),
        lambda: [
            *convolution(64, 1, 16, 28 * 28, False),
            *convolution(64, 16, 32, 14 * 14, True),
            *linear(64, 32 * 7 * 7, 10),
        ],
        1.0,
        peers=("torch.compile", "JAX jit"),
    ),
    Net(
        "residual net",
        "a convolution, three blocks of two with 32 channels and batch norm; 32 images of 32 x 32",
        residual,
        images(32, 3, 32, 32),
        lambda: [
            *convolution(32, 3, 32, 32 * 32, False),
            *(6 * convolution(32, 32, 32, 32 * 32, True)),
        ],
        1.25,
    ),
    Net(
        "CNN, one image",
        "the logits of one image",
        cnn,
        images(1, 1, 28, 28),
        lambda: [(16, 9, 28 * 28, 1), (32, 144, 14 * 14, 1), (1, 32 * 7 * 7, 10, 1)],
        0.6,
        training=False,
        peers=("ONNX Runtime",),
    ),
    Net(
        "LSTM",
        "characters: an embedding in 64, an LSTM of 128, a linear layer; 32 texts of 64 steps",
        lstm,
        characters(64, 32),
        lambda: [
            *linear(64 * 32, 64, 4 * 128),
            (32, 128, 4 * 128, 64),
            (32, 4 * 128, 128, 64),
            (4 * 128, 64 * 32, 128, 1),
            *linear(64 * 32, 128, 65),
        ],
        1.25,
    ),
    Net(
        "LSTM, one token",
        "the logits of one character",
        lstm,
        characters(1, 1),
        lambda: [(1, 64, 4 * 128, 1), (1, 128, 4 * 128, 1), (1, 128, 65, 1)],
        0.6,
        training=False,
        peers=("ONNX Runtime",),
    ),
    Net(
        "transformer",
        "2 layers of 64 with 4 heads, causal, GELU of 256 between; 32 texts of 64 characters",
        transformer,
        texts,
        transformer_products,
        1.3,
    ),
]


def made(library: Any, net: Net) -> Any:
    """The model, in single precision and with the weights that all libraries have."""
    library.manual_seed(0)
    model = net.make(library.nn).float()
    generator = np.random.default_rng(0)
    with library.no_grad():
        for name, parameter in model.named_parameters():
            shape = tuple(parameter.shape)
            bound = prod(shape[1:]) ** -0.5
            values = generator.uniform(-bound, bound, shape).astype(np.float32)
            if len(shape) == 1:
                values = np.full(shape, float(not name.endswith("bias")), np.float32)
            parameter.copy_(library.tensor(values))
    return model


def running(
    library: Any, net: Net, compiled: Callable[..., Any] | None = None
) -> Callable[[], Any]:
    """What a run calls: a step's loss, or the logits."""
    model = made(library, net)
    pairs = [(library.tensor(x), library.tensor(y)) for x, y in net.data()]
    if not net.training:
        predict = compiled(model.eval()) if compiled else model.eval()
        inputs = cycle([x for x, _ in pairs])

        def infer() -> Any:
            with library.no_grad():
                return predict(next(inputs))

        return infer
    optimizer = library.optim.Adam(model.parameters(), lr=RATE)
    criterion = library.nn.CrossEntropyLoss()

    def step(x: Any, y: Any) -> Any:
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    step = compiled(step) if compiled else step
    batches = cycle(pairs)
    return lambda: step(*next(batches))


def in_mytorch(net: Net, compiled: bool = False) -> Callable[[], Any]:
    mytorch = import_module("mytorch")
    return running(mytorch, net, mytorch.compile if compiled else None)


def in_pytorch(net: Net, compiled: bool = False) -> Callable[[], Any]:
    torch = import_module("torch")
    torch.set_num_threads(threads())
    return running(torch, net, torch.compile if compiled else None)


def in_onnxruntime(net: Net) -> Callable[[], Any]:
    mytorch, runtime = import_module("mytorch"), import_module("onnxruntime")
    options = runtime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = threads()
    inputs = [x for x, _ in net.data()]
    file = io.BytesIO()
    mytorch.onnx.export(made(mytorch, net), mytorch.Tensor(inputs[0]), file, input_names=["x"])
    session = runtime.InferenceSession(file.getvalue(), options, providers=["CPUExecutionProvider"])
    turns = cycle(inputs)
    return lambda: session.run(None, {"x": next(turns)})[0]


def in_jax(net: Net) -> Callable[[], Any]:
    return import_module("benchmarks.nets_jax").running(net)  # type: ignore[no-any-return]


def products(net: Net) -> Callable[[], Any]:
    """The products alone, by NumPy, in memory as MyTorch's: no step by NumPy can take less."""
    import_module("mytorch")
    generator = np.random.default_rng(0)
    made_once: dict[Product, Any] = {}
    for m, k, n, count in net.products():
        left, right = (generator.random(shape, np.float32) for shape in ((m, k), (k, n)))
        made_once[m, k, n, count] = left, right, np.empty((m, n), np.float32)
    calls = [made_once[sizes] for sizes in net.products() for _ in range(sizes[-1])]

    def run() -> None:
        for left, right, out in calls:
            np.matmul(left, right, out=out)

    return run


# Each makes what its runs call.
CONTENDERS: dict[str, Callable[[Net], Callable[[], Any]]] = {
    "PyTorch": in_pytorch,
    "MyTorch": in_mytorch,
    "MyTorch compiled": lambda net: in_mytorch(net, compiled=True),
    "products": products,
    "torch.compile": lambda net: in_pytorch(net, compiled=True),
    "JAX jit": in_jax,
    "ONNX Runtime": in_onnxruntime,
}
EACH = ("PyTorch", "MyTorch", "MyTorch compiled", "products")


def count() -> int:
    """How many rows there are."""
    return len(NETS)


@cache
def prepared(number: int, contender: str) -> Callable[[], Any]:
    """The runs of a contender, warmed up."""
    run = CONTENDERS[contender](NETS[number])
    for _ in range(WARM_UP):
        run()
    return run


def results(number: int, contender: str) -> list[float]:
    """What the first runs give, as numbers."""
    run = CONTENDERS[contender](NETS[number])
    found = [run() for _ in range(CHECKED_RUNS)]
    return [float(value) for result in found for value in np.ravel(_array(result))]


def _array(result: Any) -> NDArray[Any]:
    return np.asarray(result.detach().numpy() if hasattr(result, "detach") else result)


def seconds(number: int, contender: str, runs: int) -> float:
    """The time of the processor for a run, among some that follow each other: other programs hardly
    lengthen it."""
    run = prepared(number, contender)
    gc.collect()
    start = time.process_time()
    for _ in range(runs):
        result = run()
    if result is not None:
        _array(result)  # for what is computed later
    return (time.process_time() - start) / runs


def peak(number: int, contender: str) -> int:
    """The bytes that a process holds at most in a run, above what it has before the first one
    (Linux)."""
    run = CONTENDERS[contender](NETS[number])
    gc.collect()
    before = _status("VmRSS")
    for _ in range(WARM_UP):
        run()
    Path("/proc/self/clear_refs").write_text("5")  # forgets the peak
    for _ in range(5):
        run()
    return _status("VmHWM") - before


def _status(field: str) -> int:
    (kilobytes,) = re.findall(rf"{field}:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return int(kilobytes) * 1024


def measure(number: int, rounds: int, wanted: float) -> dict[str, Any]:
    """The seconds of a run of each contender in each round, in which they take turns of about
    `wanted` seconds; and the memory of those that have a graph."""
    net = NETS[number]
    times: dict[str, list[float]] = {}
    with ExitStack() as stack:
        found: dict[str, list[float]] = {}
        able: dict[str, Process] = {}
        for contender in (*EACH, *net.peers):
            process = stack.enter_context(closing(Process()))
            try:
                if contender != "products":
                    found[contender] = process.call(results, number, contender)
            except ImportError:
                continue  # that library is not there
            able[contender] = process
        check(net.name, found)
        runs = {}
        for contender, process in able.items():
            process.call(seconds, number, contender, 1)  # which warms it up
            once = process.call(seconds, number, contender, 1)
            runs[contender] = max(1, round(wanted / once))
        for _ in range(rounds):
            for contender, process in able.items():
                turn = process.call(seconds, number, contender, runs[contender])
                times.setdefault(contender, []).append(turn)
    memory = {}
    if os.path.exists("/proc/self/clear_refs"):
        memory = {name: in_fresh_process(peak, number, name) for name in EACH[:3]}
    return {"net": net.name, "times": times, "memory": memory}


def ratio(times: dict[str, Sequence[float]], one: str, other: str) -> float:
    """The median of the rounds' ratios."""
    return median(a / b for a, b in zip(times[one], times[other], strict=True))
