"""What a compiled function changes in place."""

import numpy as np
import pytest

import mytorch
from mytorch import CompileError, Tensor, no_grad, optim
from tests.compiler.trainings import gave_up, replayed


def kept(x, y):
    x.data[0] = y.data[1]
    x.data[1:] *= 2
    x.data.reshape(-1)[...] += y.data


RECORDED_IN_PLACE = {
    "x[...] = y": lambda x, y: x.data.__setitem__(..., y.data),
    "x[0] = number": lambda x, y: x.data.__setitem__(0, 7.0),
    "copyto": lambda x, y: np.copyto(x.data, y.data),
    "copyto by keyword": lambda x, y: np.copyto(dst=x.data, src=y.data),
    "copyto where": lambda x, y: np.copyto(x.data, y.data, where=x.data < y.data),
    "add out": lambda x, y: np.add(x.data, y.data, out=x.data),
    "add positional out": lambda x, y: np.add(x.data, y.data, x.data),
    "add out where": lambda x, y: np.add(x.data, 1.0, out=x.data, where=y.data > x.data),
    "two outs": lambda x, y: np.divmod(y.data, 0.7, out=(x.data, y.data)),
    "add.at": lambda x, y: np.add.at(x.data, [0, 0], y.data),
    "cumsum out": lambda x, y: np.cumsum(y.data, out=x.data),
    "clip out": lambda x, y: x.data.clip(0.5, 1.5, out=x.data),
    "matrix product": lambda x, y: x.data.reshape(1, 2).__imatmul__(np.outer(y.data, y.data)),
    "fill": lambda x, y: x.data.fill(3.0),
    "sort": lambda x, y: x.data.sort(),
    "put": lambda x, y: x.data.put([0], [9.0]),
    "np.put": lambda x, y: np.put(x.data, [0], y.data),
    "put by keyword": lambda x, y: np.put(ind=[0], a=x.data, v=y.data),
    "put_along_axis": lambda x, y: np.put_along_axis(x.data, y.data.argsort(), y.data, 0),
    "putmask": lambda x, y: np.putmask(x.data, y.data > 2, y.data),
    "place": lambda x, y: np.place(x.data, y.data > 2, [5.0]),
    "partition": lambda x, y: x.data.partition(1),
    "fill_diagonal": lambda x, y: np.fill_diagonal(x.data.reshape(1, 2), y.data[1]),
    "mask": lambda x, y: x.data.__setitem__(y.data > 2, 7.0),
    "views": kept,
    "after a use": lambda x, y: setattr(y, "data", x.data * 2 + x.data.__iadd__(y.data)),
}
FALLING_BACK_IN_PLACE = {
    "clip positional out": lambda x, y: np.clip(x.data, 0.5, 1.5, x.data),
    "clip method positional out": lambda x, y: x.data.clip(0.5, 1.5, x.data),
    "sum positional out": lambda x, y: np.sum(y.data, 0, None, x.data[0:1].reshape(())),
    "flat": lambda x, y: setattr(x.data, "flat", y.data),
    "shape": lambda x, y: setattr(x.data, "shape", (2,)),
    "plain add out": lambda x, y: x.data.__iadd__(np.add(y.data, 1, out=np.zeros(2))),
    "plain copyto": lambda x, y: np.copyto(np.zeros(2), y.data),
    "plain copyto by keyword": lambda x, y: np.copyto(dst=np.zeros(2), src=y.data),
}


def in_place(change):
    def run(x, y):
        change(x, y)
        return x * 2 + y

    return run


def pair(value: float) -> tuple[Tensor, Tensor]:
    return Tensor([value, -value]), Tensor([value + 1, 2 * value])


@pytest.mark.parametrize("known", [False, True], ids=["arguments", "closure"])
@pytest.mark.parametrize("name", RECORDED_IN_PLACE)
def test_changes_in_place_are_replayed(name, known, recordings) -> None:
    run = in_place(RECORDED_IN_PLACE[name])
    x, y = mine = pair(0.0)
    theirs = pair(0.0)
    compiled = mytorch.compile((lambda: run(x, y)) if known else run)
    for value in (1.0, 1.0, 2.0, 3.0, -4.0):
        for state in (mine, theirs):
            for tensor, fresh in zip(state, pair(value), strict=True):
                if known:
                    tensor.data[...] = fresh.data
                else:
                    tensor.data = fresh.data
        expected = run(*theirs)
        found = compiled() if known else compiled(*mine)
        assert found.data.tobytes() == expected.data.tobytes()
        assert [t.tolist() for t in mine] == [t.tolist() for t in theirs]
    assert len(recordings) == 2


@pytest.mark.filterwarnings("ignore:compile:UserWarning")
@pytest.mark.filterwarnings("ignore:Setting the shape:DeprecationWarning")
@pytest.mark.parametrize("name", FALLING_BACK_IN_PLACE)
def test_changes_in_place_that_cannot_be_recorded_fall_back(name) -> None:
    run = in_place(FALLING_BACK_IN_PLACE[name])
    compiled = mytorch.compile(run)
    for value in (1.0, 1.0, 1.0, 2.0, 3.0):
        mine, theirs = pair(value), pair(value)
        assert compiled(*mine).tolist() == run(*theirs).tolist()
        assert [t.tolist() for t in mine] == [t.tolist() for t in theirs]
    assert gave_up(compiled)


@pytest.mark.filterwarnings("ignore:compile:UserWarning")
@pytest.mark.parametrize(
    "write",
    [
        lambda total, x: np.sum(x, 0, None, total),
        lambda total, x: x.sum(0, None, total),
        lambda total, x: x.sum(0, out=total),
        lambda total, x: np.add.reduce(x, 0, out=total),
        lambda total, x: np.copyto(total, x[0]),
        lambda total, x: np.copyto(dst=total, src=x[0]),
    ],
)
def test_a_plain_array_that_numpy_writes_to_is_never_stale(write) -> None:
    @mytorch.compile
    def compute(x):
        total = np.zeros(())
        write(total, x.data)
        return Tensor(total)

    for value in (1.0, 1.0, 1.0, 2.0, 3.0):
        expected = np.zeros(())
        write(expected, np.array([value, 1.0]))
        assert compute(Tensor([value, 1.0])).item() == expected


def view_of_a_clone(x, y, w):
    z = x.clone()
    z[0:1].mul_(w[0:1])
    (z * y).sum().backward()
    return z.detach()


def result_in_a_graph(x, y, w):
    z = w * 2
    z.mul_(x)
    z[0] = y[0]
    (z * z).sum().backward()
    return z.detach()


def leaf_without_recording(x, y, w):
    with no_grad():
        w.sub_(x * 0.1)
    return w * y.detach()


@pytest.mark.parametrize(
    "change",
    [
        lambda x, y, w: x.add_(y) * 2,
        lambda x, y, w: x.copy_(y) * 2,
        lambda x, y, w: (x.zero_(), x[1:].mul_(3).add_(1), x.__setitem__(0, y[1]), x * 2)[-1],
        view_of_a_clone,
        result_in_a_graph,
        leaf_without_recording,
    ],
)
def test_in_place_operations_of_tensors_are_replayed(change, recordings) -> None:
    def run(x, y, w):
        result = change(x, y, w)
        return result.detach()

    compiled = mytorch.compile(run)
    for value in (1.0, 1.0, 2.0, 3.0):
        sides = []
        for function in (run, compiled):
            x, y = pair(value)
            w = Tensor([value, 1.0], requires_grad=True)
            result = function(x, y, w).tolist()
            gradient = None if w.grad is None else w.grad.tolist()
            tensors = (x, y, w)
            written = [tensor._version > 0 for tensor in tensors]
            sides.append((result, gradient, [t.tolist() for t in tensors], written))
        assert sides[0] == sides[1]
    assert len(recordings) == 2


@pytest.mark.filterwarnings("ignore:compile:UserWarning")
def test_an_argument_that_enters_a_graph_in_place_falls_back() -> None:
    @mytorch.compile
    def compute(x, w):
        x.mul_(w)
        x.sum().backward()
        return x.detach()

    for value in (1.0, 1.0, 1.0, 2.0):
        x, w = Tensor([value]), Tensor([3.0], requires_grad=True)
        assert compute(x, w).item() == 3 * value
        assert w.grad.item() == value
        assert x.grad_fn is not None


def test_a_tensor_written_into_an_array_is_refused() -> None:
    for write in (
        lambda x, y: x.data.__setitem__(..., y),
        lambda x, y: np.zeros(2).__setitem__(..., x.data),
    ):
        x, y = pair(1.0)
        with pytest.raises(CompileError, match="outside"):
            mytorch.compile(write, fullgraph=True)(x, y)
        assert x.tolist() == [1, -1]


def test_an_array_changed_by_a_tensor_is_replayed(recordings) -> None:
    def run(x, y, z):
        x.data += y
        np.copyto(y.data, x)
        y.data **= x
        z.data @= Tensor(np.ones((2, 2))) + z
        return np.exp(x) * 2 + np.concatenate([y, y])[1:3]

    compiled = mytorch.compile(run)
    for value in (1.0, 1.0, 2.0, 3.0):
        sides = []
        for function in (run, compiled):
            x, y = pair(value)
            z = Tensor(np.eye(2) * value)
            sides.append([t.tolist() for t in (function(x, y, z), x, y, z)])
        assert sides[0] == sides[1]
    assert len(recordings) == 2


def test_a_product_in_place_refuses_a_vector_as_eager_does() -> None:
    @mytorch.compile
    def compute(x, y):
        x.data @= y.data

    with pytest.raises(ValueError, match="matrix"):
        compute(Tensor(np.ones((2, 2))), Tensor(np.ones(2)))


@pytest.mark.filterwarnings("ignore:compile:UserWarning")
def test_shared_memory_may_decide(recordings) -> None:
    own = mytorch.compile(lambda x: x * 2 if np.may_share_memory(x, x.reshape(-1)) else x * 3)
    square = np.arange(4.0).reshape(2, 2)
    for _ in range(4):
        assert own(square)[0, 1] == 2
        assert own(square.T)[0, 1] == 6
    assert not gave_up(own)
    two = mytorch.compile(lambda x, y: x * 2 if np.shares_memory(x, y) else x * 3)
    for _ in range(4):
        assert two(square, square.copy())[0, 1] == 3
        assert two(square, square[:])[0, 1] == 2


def test_what_decides_may_be_a_view_of_what_was_changed_before() -> None:
    def run(x, y):
        x += 10
        return x * 2 if (y > 5).all() else x * 1

    compiled = mytorch.compile(run, fullgraph=True)
    for _ in range(4):
        assert compiled(np.zeros(2), np.zeros(2))[0] == 10
    for _ in range(4):
        memory, same = np.zeros(3), np.zeros(3)
        assert compiled(memory[:2], memory[1:])[0] == 10
        assert memory.tolist() == [10, 10, 0]
        assert compiled(same, same)[0] == 20


def test_what_is_changed_unseen_after_a_refused_read_is_undone() -> None:
    @mytorch.compile(fullgraph=True)
    def compute(x):
        x.sum().item()
        np.put(x.data, [0], 9.0)

    x = Tensor([1.0, 2.0])
    with pytest.raises(CompileError):
        compute(x)
    assert x.tolist() == [1, 2]


def _reads_an_array_and_changes_it(x):
    held = np.ones(3)
    product = x.data * held
    held += 1
    return Tensor(product), Tensor(held)


def _reads_a_view_and_changes_its_array(x):
    held = np.ones((3, 1))
    product = x.data * held[:, 0]
    held += 1
    return Tensor(product)


@pytest.mark.parametrize(
    "compute", [_reads_an_array_and_changes_it, _reads_a_view_and_changes_its_array]
)
def test_a_plain_array_is_read_as_it_was_before_it_was_changed(compute, recordings) -> None:
    compiled = mytorch.compile(compute)
    replayed(recordings, lambda: compiled(Tensor([1.0, 2.0, 3.0])))
    found, expected = compiled(Tensor([4.0, 5.0, 6.0])), compute(Tensor([4.0, 5.0, 6.0]))
    assert repr(found) == repr(expected)


def test_a_constant_gradient_is_used_as_it_was_before_another_backward(recordings) -> None:
    """In a GAN the critic's bias has one: the generator's loss adds to it after the update."""

    def training():
        w = Tensor(np.ones(3), requires_grad=True)
        optimizer = optim.SGD([w], lr=0.1)

        def step(x):
            optimizer.zero_grad()
            w.sum().backward()
            optimizer.step()
            (-3 * w).sum().backward()
            return w.detach() + x

        return step

    eager, compiled = training(), mytorch.compile(training())
    x = Tensor([1.0, 2.0, 3.0])
    for _ in range(8):
        assert compiled(x).tolist() == eager(x).tolist()
    assert recordings.replays


@pytest.mark.parametrize(
    "windows", [lambda y: mytorch.as_strided(y, (2,), (2,)), lambda y: y.unfold(0, 2, 3)]
)
def test_windows_are_written_through(windows):
    """NumPy hides from whom it took them."""

    def write(x):
        y = x * 2
        windows(y).fill_(7.0)
        return y + 1

    compiled = mytorch.compile(write)
    for number in range(4):
        x = mytorch.ones(5) * number
        np.testing.assert_array_equal(compiled(x).data, write(x).data)
    assert compiled.counts.replayed == 2


@pytest.mark.parametrize("held", [True, False])
def test_memory_that_becomes_read_only_is_eagers_error(held: bool) -> None:
    kept = Tensor(np.ones(2))
    step = mytorch.compile(lambda x: (kept if held else x).mul_(3.0) * 1)
    for _ in range(4):
        step(Tensor(np.ones(2)))
    assert step.counts.replayed
    x = Tensor(np.ones(2))
    (kept if held else x).data.flags.writeable = False
    with pytest.raises(RuntimeError, match="cannot be written"):
        step(x)
