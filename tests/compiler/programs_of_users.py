"""Programs as people write them: something changes between the calls, in each in another way.

Each is a generator: it gets `compiled`, which makes a step of a function, and yields what its calls
give, and what they leave.
"""

# ruff: noqa: B023, RUF012

import collections
import contextlib
import contextvars
import copy
import functools
import gc
import threading
import types
import typing
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

import mytorch
from mytorch import Tensor, nn, no_grad, optim

Program = Callable[[Any], Iterator[Any]]
PROGRAMS: dict[str, Program] = {}


def program(run: Program) -> Program:
    """Takes a program in."""
    PROGRAMS[run.__name__.strip("_")] = run
    return run


def batch(i=0):
    """A batch of two."""
    return Tensor(np.array([[1.0 + i, 2.0], [0.5, -1.0 * (i % 3)]]))


def net():
    mytorch.manual_seed(0)
    return nn.Sequential(nn.Linear(2, 4), nn.ReLU(), nn.Linear(4, 1))


def trainer(m, o):
    def step(x):
        o.zero_grad()
        loss = (m(x) ** 2).mean()
        loss.backward()
        o.step()
        return loss

    return step


def weights(m):
    return [p.data.copy() for p in m.parameters()]


@program
def early_stopping(compiled):
    m = net()
    o = optim.SGD(m.parameters(), lr=0.1)

    class Stop:
        best = float("inf")
        wait = 0
        stopped = False

        def see(self, v):
            if v < self.best:
                self.best = v
                self.wait = 0
            else:
                self.wait += 1
            if self.wait > 2:
                self.stopped = True

    s = Stop()
    train = trainer(m, o)

    def step(x):
        return x.sum() * 0 if s.stopped else train(x)

    f = compiled(step)
    for i in range(30):
        loss = f(batch(i % 3))
        s.see(loss.item())
        yield (loss, s.wait)


@program
def ema_warm(compiled):
    m = net()
    e = {k: v.clone() for k, v in m.state_dict().items()}
    o = optim.Adam(m.parameters(), lr=0.01)
    st = types.SimpleNamespace(n=0)
    train = trainer(m, o)

    def step(x):
        loss = train(x)
        st.n += 1
        d = min(0.99, (1 + st.n) / (10 + st.n))
        with no_grad():
            for k, v in m.state_dict().items():
                e[k] = e[k] * d + v * (1 - d)
        return loss

    f = compiled(step)
    for i in range(24):
        yield (f(batch(i)), [p.data.copy() for p in e.values()], st.n)


@program
def curriculum_tasks(compiled):
    tasks = [lambda x: x * 2, lambda x: x.exp(), lambda x: x - 1]
    st = {"t": 0}
    f = compiled(lambda x: tasks[st["t"]](x))
    for i in range(24):
        st["t"] = i // 4 % 3
        yield f(batch(i))


@program
def accumulation(compiled):
    m = net()
    o = optim.SGD(m.parameters(), lr=0.1, momentum=0.9)
    st = {"i": 0}

    def step(x):
        loss = (m(x) ** 2).mean() / 4
        loss.backward()
        st["i"] += 1
        if st["i"] % 4 == 0:
            o.step()
            o.zero_grad()
        return loss

    f = compiled(step)
    for i in range(40):
        yield (f(batch(i)), weights(m))


@program
def plateau(compiled):
    m = net()
    o = optim.SGD(m.parameters(), lr=0.1)
    s = optim.lr_scheduler.ReduceLROnPlateau(o, patience=1)

    f = compiled(trainer(m, o))
    for i in range(30):
        loss = f(batch(i % 5))
        s.step(loss.item())
        yield (loss, o.param_groups[0]["lr"])


@program
def target_hard(compiled):
    m = net()
    t = copy.deepcopy(m)
    o = optim.Adam(m.parameters())

    def step(x):
        with no_grad():
            y = t(x)
        o.zero_grad()
        loss = ((m(x) - y - 1) ** 2).mean()
        loss.backward()
        o.step()
        return loss

    f = compiled(step)
    for i in range(24):
        yield f(batch(i))
        if i % 5 == 4:
            t.load_state_dict(m.state_dict())
        if i == 13:
            t = copy.deepcopy(m)


@program
def target_swap(compiled):
    a, b = (net(), nn.Sequential(nn.Linear(2, 4), nn.ReLU(), nn.Linear(4, 1)))
    h = types.SimpleNamespace(t=a)
    f = compiled(lambda x: h.t(x).detach())
    for i in range(24):
        yield f(batch(i))
        h.t = (a, b)[i // 3 % 2]


@program
def nested_closure(compiled):

    def make(k):
        state = [k]

        def inner(x):
            return x * state[0]

        inner.state = state
        return inner

    fs = [make(i) for i in range(3)]
    f = compiled(lambda x: sum(g(x) for g in fs))
    for i in range(20):
        yield f(batch(i))
        if i % 3 == 0:
            fs[i % 2].state[0] += 1
        if i == 12:
            fs.append(make(7))
        if i == 15:
            fs.reverse()


@program
def generator_inside_append(compiled):
    xs = [1.0, 2.0]
    f = compiled(lambda x: x * sum(v for v in xs))
    for i in range(12):
        yield f(batch(i))
        if i in (6, 9):
            xs.append(i)


@program
def descriptor_set_name(compiled):

    class D:
        def __set_name__(self, o, n):
            self.n = "_" + n

        def __get__(self, o, t=None):
            return self if o is None else getattr(o, self.n, 1.0)

        def __set__(self, o, v):
            setattr(o, self.n, v)

    class A:
        lr = D()

    a = A()
    f = compiled(lambda x: x * a.lr)
    for i in range(20):
        yield f(batch(i))
        if i == 6:
            a.lr = 3.0
        if i == 10:
            a._lr = "no"
            a.lr = 2.5
        if i == 14:
            A.lr.n = "_other"
        if i == 17:
            a._other = 11.0


@program
def getattr_default(compiled):

    class A:
        def __getattr__(self, n):
            if n.startswith("w"):
                return float(len(n))
            raise AttributeError(n)

    a = A()
    f = compiled(lambda x: x * a.www)
    for i in range(20):
        yield f(batch(i))
        if i == 6:
            a.www = 9.0
        if i == 9:
            del a.www
        if i == 12:
            A.__getattr__ = lambda s, n: 4.0
        if i == 15:
            A.www = 5.0


@program
def lru_cache_method(compiled):

    class A:
        k = 2.0

        @functools.lru_cache(maxsize=2)  # noqa: B019
        def t(self, n):
            return self.k * n

    a = A()
    f = compiled(lambda x: x * a.t(3))
    for i in range(20):
        yield f(batch(i))
        if i == 6:
            a.k = 5.0
        if i == 8:
            a.t(4)
            a.t(5)
        if i == 14:
            A.t.cache_clear()


@program
def cached_property_(compiled):

    class A:
        k = 2.0

        @functools.cached_property
        def t(self):
            return self.k * 3

    a = A()
    f = compiled(lambda x: x * a.t)
    for i in range(20):
        yield f(batch(i))
        if i == 6:
            a.k = 5.0
        if i == 10:
            del a.t
        if i == 14:
            a.t = 1.0


@program
def contextvar_attr(compiled):

    class S:
        v = contextvars.ContextVar("v", default=1.0)

    def cur():
        return S.v.get()

    f = compiled(lambda x: x * cur())
    for i in range(20):
        yield f(batch(i))
        if i == 6:
            t = S.v.set(5.0)
        if i == 10:
            S.v.reset(t)


@program
def numpy_in_place_elsewhere(compiled):
    a = np.array([1.0, 2.0])
    w = Tensor(a)
    alias = w.data
    f = compiled(lambda x: x * w)
    for i in range(14):
        yield f(batch(i))
        alias[0] += 1
        a[1] -= 1


@program
def numpy_array_held(compiled):

    class H:
        pass

    h = H()
    h.a = np.array([1.0, 2.0])
    view = h.a[:1]
    f = compiled(lambda x: x * Tensor(h.a))
    for i in range(14):
        yield f(batch(i))
        view += 1
        if i == 8:
            h.a = h.a.astype(np.float32)
        if i == 11:
            h.a = np.array(3.0)


@program
def views_of_data(compiled):
    m = nn.Linear(2, 2)
    row = m.weight.data[0]
    f = compiled(lambda x: m(x).detach() + Tensor(row))
    for i in range(14):
        yield f(batch(i))
        row += 1
        if i == 8:
            m.weight.data = m.weight.data * 1
        if i == 10:
            m.weight.data[0] = 5


@program
def shared_view_later(compiled):
    h = types.SimpleNamespace(a=Tensor(np.zeros(2)), b=Tensor(np.ones(2)))

    def step(x):
        h.a.add_(x.sum(0))
        return h.b * 2

    f = compiled(step)
    for i in range(20):
        yield f(batch(i))
        if i == 8:
            h.b.data = h.a.data
        if i == 12:
            big = np.zeros(3)
            h.a.data = big[:2]
            h.b.data = big[1:]
        if i == 16:
            h.b = h.a


@program
def own_module_buffer(compiled):

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.loss = nn.Linear(2, 1)
            self.register_buffer("avg", Tensor(np.zeros(2)))

        def forward(self, x):
            self.avg = 0.9 * self.avg + 0.1 * x.detach().mean(0)
            return self.loss(x - self.avg)

    m = M()
    f = compiled(trainer(m, optim.SGD(m.parameters(), lr=0.01)))
    for i in range(12):
        yield (f(batch(i)), m.avg.data.copy(), weights(m))


@program
def own_module_class_switch(compiled):

    class A(nn.Module):
        def forward(self, x):
            return x * 2

    class B(nn.Module):
        def forward(self, x):
            return x * 3

    a = A()
    f = compiled(lambda x: a(x))
    for i in range(20):
        yield f(batch(i))
        if i == 6:
            a.__class__ = B
        if i == 10:
            B.forward = lambda s, x: x * 5
        if i == 14:
            B.__call__ = lambda s, x: x * 7


@program
def own_optimizer(compiled):

    class Own(optim.Optimizer):
        def __init__(self, params, lr):
            super().__init__(params, {"lr": lr})

        def step(self, closure=None):
            with no_grad():
                for g in self.param_groups:
                    for p in g["params"]:
                        s = self.state[p]
                        s["n"] = s.get("n", 0) + 1
                        p.data = p.data - g["lr"] / s["n"] * p.grad.data

    m = net()
    o = Own(m.parameters(), 0.1)
    f = compiled(trainer(m, o))
    for i in range(16):
        yield (f(batch(i)), weights(m))


@program
def own_function(compiled):
    K = [2.0]

    class Sq(mytorch.Function):
        factor = 3.0

        @staticmethod
        def forward(ctx, a):
            ctx.save_for_backward(a)
            ctx.k = K[0]
            return a * a * K[0]

        @staticmethod
        def backward(ctx, g):
            (a,) = ctx.saved_tensors
            return g * 2 * a * ctx.k * Sq.factor

    w = Tensor(np.array([1.0, 2.0]), requires_grad=True)

    def step(x):
        w.grad = None
        loss = (Sq.apply(w) * x).sum()
        loss.backward()
        return (loss, w.grad)

    f = compiled(step)
    for i in range(24):
        loss, g = f(batch(i))
        yield (loss.detach(), g)
        if i == 6:
            K[0] = 5.0
        if i == 10:
            Sq.factor = 1.0
        if i == 14:
            Sq.backward = staticmethod(lambda ctx, g: g * 100)
        if i == 18:
            Sq.forward = staticmethod(lambda ctx, a: a * 1)


@program
def hooks_forward(compiled):
    m = net()
    f = compiled(lambda x: m(x).detach())
    hs = []
    seen = []
    for i in range(24):
        yield (f(batch(i)), len(seen))
        if i == 6:
            hs.append(m[0].register_forward_hook(lambda m, a, o: o * 2))
        if i == 10:
            hs.pop().remove()
        if i == 14:
            hs.append(m.register_forward_hook(lambda m, a, o: seen.append(1)))
        if i == 18:
            hs.append(m.register_forward_pre_hook(lambda m, a: (a[0] * 2,)))


@program
def hooks_backward(compiled):
    m = net()
    f = compiled(trainer(m, optim.SGD(m.parameters(), lr=0.1)))
    hs = []
    g = [1.0]
    for i in range(24):
        yield (f(batch(i)), weights(m))
        if i == 6:
            hs.append(m[0].weight.register_hook(lambda x: x * g[0]))
        if i == 10:
            g[0] = 3.0
        if i == 14:
            hs.pop().remove()
        if i == 18:
            hs.append(m[0].register_full_backward_hook(lambda m, gi, go: None))


@program
def hooks_post_accumulate(compiled):
    m = net()

    def h(p):
        with no_grad():
            p.sub_(p.grad * 0.1)
        p.grad = None

    for p in m.parameters():
        p.register_post_accumulate_grad_hook(h)

    def step(x):
        loss = (m(x) ** 2).mean()
        loss.backward()
        return loss

    f = compiled(step)
    for i in range(12):
        yield (f(batch(i)), weights(m))


@program
def requires_grad_args(compiled):

    def step(x):
        y = (x * 2).sum()
        if x.requires_grad:
            y.backward()
            return x.grad * 1
        return y

    f = compiled(step)
    for i in range(24):
        x = batch(i)
        x.requires_grad = bool(i // 3 % 2)
        yield f(x)


@program
def deepcopy_models(compiled):
    m = net()
    h = types.SimpleNamespace(m=m)
    f = compiled(lambda x: h.m(x).detach())
    for i in range(24):
        yield f(batch(i))
        if i % 5 == 4:
            h.m = copy.deepcopy(h.m)
            h.m[0].weight.data[0, 0] += 1


@program
def add_param_group(compiled):
    a, b = (nn.Linear(2, 2), nn.Linear(2, 2))
    o = optim.SGD(a.parameters(), lr=0.1, momentum=0.9)

    def step(x):
        o.zero_grad()
        loss = b(a(x)).sum()
        loss.backward()
        o.step()
        return loss

    f = compiled(step)
    for i in range(24):
        yield (f(batch(i)), weights(a), weights(b))
        if i == 8:
            o.add_param_group({"params": b.parameters(), "lr": 0.01})
        if i == 14:
            o.param_groups[1]["weight_decay"] = 0.1
        if i == 18:
            o.param_groups.pop()


@program
def threads_change(compiled):
    st = {"k": 1.0}
    f = compiled(lambda x: x * st["k"])
    for i in range(14):
        yield f(batch(i))
        t = threading.Thread(target=lambda: st.update(k=i * 1.0))
        t.start()
        t.join()


@program
def threads_local(compiled):
    loc = threading.local()
    loc.k = 1.0
    f = compiled(lambda x: x * loc.k)
    for i in range(14):
        yield f(batch(i))
        if i == 8:
            loc.k = 3.0


@program
def try_attr(compiled):

    class A:
        pass

    a = A()

    def step(x):
        try:
            k = a.k
        except AttributeError:
            k = 1.0
        return x * k

    f = compiled(step)
    for i in range(18):
        yield f(batch(i))
        if i == 6:
            a.k = 3.0
        if i == 10:
            del a.k
            A.k = 4.0
        if i == 14:
            del A.k
            A.__getattr__ = lambda s, n: 9.0


@program
def weakset_(compiled):

    class A:
        k = 2.0

    h = [A(), A()]
    s = weakref.WeakSet(h)
    f = compiled(lambda x: x * len(s) + sum(a.k for a in s))
    for i in range(14):
        yield f(batch(i))
        if i == 6:
            h.pop()
            gc.collect()
        if i == 10:
            h.append(A())
            s.add(h[-1])


@program
def userdict_(compiled):

    class D(dict):
        def __missing__(self, k):
            return 4.0

    d = D(a=1.0)
    f = compiled(lambda x: x * d["a"] + d["b"])
    for i in range(20):
        yield f(batch(i))
        if i == 6:
            d["b"] = 5.0
        if i == 9:
            del d["b"]
        if i == 12:
            D.__missing__ = lambda s, k: 8.0
        if i == 15:
            D.__getitem__ = lambda s, k: 1.5


@program
def class_level_registry(compiled):

    class Base:
        reg = {}

        def __init_subclass__(cls, **k):
            Base.reg[cls.__name__] = cls

        f = 1.0

    class A(Base):
        f = 2.0

    f = compiled(lambda x: x * sum(c.f for c in Base.reg.values()))
    for i in range(14):
        yield f(batch(i))
        if i == 6:
            type("B", (Base,), {"f": 5.0})
        if i == 10:
            Base.reg["A"].f = 7.0


@program
def subclasses_(compiled):

    class Base:
        f = 1.0

    class A(Base):
        f = 2.0

    keep = []
    f = compiled(lambda x: x * sum(c.f for c in Base.__subclasses__()))
    for i in range(14):
        yield f(batch(i))
        if i == 6:
            keep.append(type("B", (Base,), {"f": 5.0}))


@program
def super_mro(compiled):

    class A:
        def k(self):
            return 1.0

    class B(A):
        def k(self):
            return super().k() * 2

    class C(A):
        def k(self):
            return 10.0

    b = B()
    f = compiled(lambda x: x * b.k())
    for i in range(14):
        yield f(batch(i))
        if i == 6:
            A.k = lambda s: 3.0
        if i == 10:
            B.__bases__ = (C,)


@program
def operator_overload(compiled):

    class K:
        v = 2.0

        def __rmul__(self, x):
            return x * self.v

        def __bool__(self):
            return self.v > 1

        def __float__(self):
            return self.v

        def __eq__(self, o):
            return self.v == o

        def __len__(self):
            return int(self.v)

        def __call__(self, x):
            return x + self.v

        def __contains__(self, o):
            return o == self.v

        def __iter__(self):
            return iter([self.v])

        def __index__(self):
            return int(self.v)

        def __hash__(self):
            return 1

        def __getitem__(self, i):
            return self.v + i

        def __enter__(self):
            return self.v

        def __exit__(self, *a):
            return None

    k = K()

    def step(x):
        with k as v:
            r = k(x) * v
        return (
            r
            + (1 if k else 2)
            + float(k)
            + (k == 2.0)
            + len(k)
            + (2.0 in k)
            + sum(k)
            + [1, 2, 3, 4, 5, 6][k]
            + k[1]
        )

    f = compiled(step)
    for i in range(20):
        yield f(batch(i))
        if i == 6:
            k.v = 3.0
        if i == 9:
            K.__len__ = lambda s: 5
        if i == 12:
            K.__bool__ = lambda s: False
        if i == 15:
            del K.__contains__


@program
def operator_patches_late(compiled):

    class K:
        pass

    k = K()

    def step(x):
        return x * (1 if k else 2)

    f = compiled(step)
    for i in range(14):
        yield f(batch(i))
        if i == 6:
            K.__bool__ = lambda s: False
        if i == 10:
            del K.__bool__
            K.__len__ = lambda s: 0


@program
def eq_late(compiled):

    class K:
        pass

    a, b = (K(), K())
    f = compiled(lambda x: x * (1 if a == b else 2) + (b in [a]))
    for i in range(14):
        yield f(batch(i))
        if i == 6:
            K.__eq__ = lambda s, o: True


@program
def contextmanager_(compiled):
    st = {"k": 1.0}

    @contextlib.contextmanager
    def scale():
        old = st["k"]
        st["k"] = old * 2
        try:
            yield st["k"]
        finally:
            st["k"] = old

    def step(x):
        with scale() as k:
            return x * k * st["k"]

    f = compiled(step)
    for i in range(12):
        yield (f(batch(i)), st["k"])
        st["k"] += 1


@program
def singledispatch_(compiled):

    @functools.singledispatch
    def g(v):
        return 1.0

    h = [3]
    f = compiled(lambda x: x * g(h[0]))
    for i in range(20):
        yield f(batch(i))
        if i == 6:
            g.register(int, lambda v: 5.0)
        if i == 10:
            h[0] = "s"
        if i == 14:
            g.register(str, lambda v: 8.0)


@program
def wraps_(compiled):

    def deco(f):

        @functools.wraps(f)
        def w(*a):
            w.calls += 1
            return f(*a) * w.calls

        w.calls = 0
        return w

    g = deco(lambda x: x * 2)
    f = compiled(lambda x: g(x))
    for i in range(14):
        yield (f(batch(i)), g.calls)


@program
def new_in_step(compiled):

    class A:
        inst = None

        def __new__(cls):
            if cls.inst is None:
                cls.inst = super().__new__(cls)
                cls.inst.k = 2.0
            return cls.inst

    f = compiled(lambda x: x * A().k)
    for i in range(14):
        yield f(batch(i))
        if i == 6:
            A.inst.k = 4.0
        if i == 10:
            A.inst = None


@program
def protocol_data(compiled):

    @typing.runtime_checkable
    class Pr(typing.Protocol):
        k: float

    class A:
        pass

    a = A()
    f = compiled(lambda x: x * (2 if isinstance(a, Pr) else 3))
    for i in range(14):
        yield f(batch(i))
        if i == 6:
            a.k = 1.0
        if i == 10:
            del a.k
            A.k = 3


@program
def iterable_abc(compiled):

    class A:
        pass

    class B:
        pass

    h = types.SimpleNamespace(a=A())
    f = compiled(lambda x: x * (2 if isinstance(h.a, collections.abc.Iterable) else 3))
    for i in range(14):
        yield f(batch(i))
        if i == 6:
            A.__iter__ = lambda s: iter([])
        if i == 9:
            B.__iter__ = lambda s: iter([])
            h.a = B()


@program
def deque_rotate(compiled):
    q = collections.deque([1.0, 2.0, 3.0], maxlen=3)

    def step(x):
        q.rotate(1)
        return x * q[0]

    f = compiled(step)
    for i in range(10):
        yield f(batch(i))


@program
def hidden_state(compiled):
    h = types.SimpleNamespace(h=Tensor(np.zeros((1, 2))))
    w = nn.Linear(2, 2)

    def step(x):
        h.h = mytorch.tanh(w(h.h) + x[:1]).detach()
        return h.h * 1

    f = compiled(step)
    for i in range(24):
        yield f(batch(i))
        if i % 8 == 7:
            h.h = Tensor(np.zeros((1, 2)))


@program
def running_mean_attr(compiled):
    m = net()
    tr = trainer(m, optim.SGD(m.parameters(), lr=0.1))
    h = types.SimpleNamespace(avg=None)

    def step(x):
        loss = tr(x)
        h.avg = loss.detach() if h.avg is None else h.avg * 0.9 + loss.detach() * 0.1
        return loss

    f = compiled(step)
    for i in range(12):
        yield (f(batch(i)), h.avg * 1)


@program
def freeze_schedule(compiled):
    m = net()
    o = optim.SGD(m.parameters(), lr=0.1)
    f = compiled(trainer(m, o))
    for i in range(24):
        for p in m[0].parameters():
            p.requires_grad = i // 5 % 2 == 0
        yield (f(batch(i)), weights(m))


@program
def t_arg_tensor(compiled):
    betas = Tensor(np.linspace(0.1, 0.5, 5))
    f = compiled(lambda x, t: x * betas[t])
    for i in range(30):
        yield f(batch(i), Tensor(np.array([i % 5])))


@program
def batch_class_patched(compiled):

    class Own:
        k = 2.0

        def get(self):
            return self.a * self.k

    f = compiled(lambda b: b.get())
    for i in range(30):
        o = Own()
        o.a = batch(i)
        if i == 10:
            Own.k = 5.0
        if i == 14:
            Own.get = lambda s: s.a - 1
        if i == 18:
            o.get = lambda: batch(1)
        if i == 22:
            o.k = 9.0
        yield f(o)


@program
def arg_same_object(compiled):
    m = net()
    o = optim.SGD(m.parameters(), lr=0.1)

    class T:
        pass

    t = T()
    t.m = m
    t.o = o

    def step(t, x):
        t.o.zero_grad()
        loss = t.m(x).sum()
        loss.backward()
        t.o.step()
        return loss

    f = compiled(step)
    for i in range(20):
        yield f(t, batch(i))
        if i == 10:
            t2 = T()
            t2.__dict__.update(t.__dict__)
            t = t2
