"""The recorder: an observer that writes down what a block does, forward, backward and update."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from types import CodeType, FrameType
from typing import Any, TypeGuard
from weakref import ref

from mytorch._dtypes import Array, exact, floating
from mytorch.engine.endpoints import on_the_way
from mytorch.engine.gradients import as_array
from mytorch.engine.graph import BackwardFunction, Receiver
from mytorch.observe import Observer, enter, leave, observers
from mytorch.tensor import Tensor
from mytorch.watcher.iterations import Iterations
from mytorch.watcher.narration import phase_of
from mytorch.watcher.places import Places, arguments, caller, passed
from mytorch.watcher.record import Record
from mytorch.watcher.summary import Summary, first_bad
from mytorch.watcher.updates import Update

__all__ = ["Recorder"]

# Characters of an exception's message.
LONGEST = 2000


class Recorder(Observer):
    """Writes down what this thread does between `start` and `stop`; see `mytorch.watch`."""

    def __init__(
        self,
        *,
        title: str,
        max_steps: int,
        max_nodes: int,
        max_values: int,
        iterations: str | Collection[int | str],
        values: bool,
        source: bool,
    ) -> None:
        self.title = title
        self.caps = {"max_steps": max_steps, "max_nodes": max_nodes, "max_values": max_values}
        self.places = Places(source)
        self.iterations = Iterations(iterations)
        self.notes: list[str] = []
        self._summary = Summary(max_values if values else 0)
        self._values = values
        self._record = Record()
        self._named: Counter[tuple[CodeType, str]] = Counter()
        # Of the tensors in variables that are no nodes yet: where they were seen first, and how
        # many nodes there were then.
        self._seen: dict[int, tuple[ref[Tensor], _Variable | None, int]] = {}
        self._parameters: dict[int, tuple[Tensor, str]] = {}
        self._paths: dict[int, str] = {}
        self._calls: Counter[str] = Counter()
        self._modules: list[int] = []
        self._walks: list[_Walk] = []
        self._update: Update | None = None
        self._updated = False
        self._recorded = 0
        self._single: tuple[Callable[[], BackwardFunction | None], dict[str, Any]] = (
            lambda: None,
            {},
        )
        self._first: set[tuple[str, str]] = set()
        # The tensors that were changed in place, whose history follows; with their nodes.
        self._changed: list[tuple[Tensor, int]] = []

    # ---------------------------------------------------------------- the block

    def start(self) -> None:
        """Begins to record. Raises RuntimeError where this thread is recorded already."""
        if any(isinstance(observer, Recorder) for observer in observers()):
            raise RuntimeError("watch: this thread is watched already; leave that block first")
        enter(self)

    def stop(self, error: BaseException | None) -> None:
        """Ends; an exception is the last step, unless it is the program's own end."""
        leave(self)
        self._settle_changes()
        self._name_locals(caller())
        for place in [] if error is None else passed(error):
            self._name_locals(place.tb_frame)
        if error is not None and not isinstance(error, SystemExit):
            self._record.add_step(
                "stop",
                error=type(error).__name__,
                message=_message(error) if self._values else "",
                phase=phase_of(self._record.steps[-1]) if self._record.steps else None,
                src=self.places.of_error(error),
            )
        self.iterations.add(self._record, last=True)
        self._record = Record()
        self._parameters.clear()

    # ------------------------------------------------------------------ forward

    def applied(self, operation: type, args: tuple[Any, ...], output: Tensor) -> None:
        record = self._begin()
        frame = caller()
        self._name_locals(frame)
        if self._is_full():
            self._gather(args, output)
            return
        tensors = [(i, arg) for i, arg in enumerate(args) if isinstance(arg, Tensor)]
        inputs = [(i, self._node_of(tensor), tensor) for i, tensor in tensors]
        node = output.grad_fn
        order = 2 if self._walks else 1
        if node is not None:
            self._recorded += 1
        view = output._view is not None and bool(inputs)
        this = record.add_node(
            output,
            kind="op",
            op=operation.__name__,
            module=self._modules[-1] if self._modules else None,
            value=self._summary.of(output.data),
            requires_grad=output.requires_grad,
            time=self._recorded if node is not None else None,
            src=self.places.of(frame),
            saved=[] if node is None else self._saved(node, output),
            order=order,
            view_of=inputs[0][1] if view else None,
        )
        for i, start, tensor in inputs:
            record.add_edge(start, this, i, node is not None and tensor.requires_grad)
        step = record.add_step("op", n=this, order=order if order > 1 else None)
        if self._walks:
            self._walks[-1].made.append(step)
        self._look(step, "forward", output.data)

    def _gather(self, args: tuple[Any, ...], output: Tensor) -> None:
        """Beyond the caps the operations of a module are one node, that of the innermost module; of
        the others the last single number is remembered, which may be the loss."""
        record, node = self._record, output.grad_fn
        if node is not None and output.data.size == 1:
            self._single = ref(node), self._summary.of(output.data)
        number = self._modules[-1] if self._modules else None
        this = None if number is None else record.gathered.get(number)
        if this is None:
            if number is None or len(record.nodes) >= 2 * self.caps["max_nodes"]:
                record.left_out += 1
                return
            this = record.gathered[number] = record.add_node(
                output,
                kind="op",
                op=record.modules[number]["kind"],
                module=number,
                src=self.places.of(caller()),
                saved=[],
                gathers=0,
            )
        record.link(output, this)
        told = record.nodes[this]
        told["gathers"] += 1
        told["value"] = self._summary.of(output.data)
        told["requires_grad"] = output.requires_grad
        if node is not None:
            told["saved"] += [{**kept, "node": None} for kept in self._saved(node, output)]
        for tensor in args:
            start = record.find(tensor) if isinstance(tensor, Tensor) else None
            if start is not None and not record.leads(start, this):
                record.add_edge(start, this, record.arguments(this), tensor.requires_grad)

    def wrote(self, tensor: Tensor) -> None:
        if self._update is None:
            self._begin()
            this = self._record.find(tensor)
            if this is not None:
                self._changed.append((tensor, this))

    def entering(self, module: Any) -> None:
        record = self._begin()
        frame = caller()
        self._name_locals(frame)
        if not self._modules:
            self._learn(module, frame)
        path = self._paths.get(id(module), "")
        call = self._calls[path] = self._calls[path] + 1
        kind = module._get_name()
        record.modules.append(
            {
                "path": path or kind,
                "kind": kind,
                "options": module.extra_repr(),
                "call": call,
                "parent": self._modules[-1] if self._modules else None,
            }
        )
        self._modules.append(len(record.modules) - 1)

    def leaving(self, module: Any) -> None:
        if self._modules:
            self._modules.pop()

    # ----------------------------------------------------------------- backward

    def started(
        self,
        start: Mapping[Receiver, Tensor],
        inputs: Collection[Receiver] | None,
        create_graph: bool,
        retain_graph: bool,
    ) -> None:
        record = self._begin()
        frame = caller()
        self._name_locals(frame)
        src = self.places.of(frame)
        walk = _Walk(start, inputs, retain_graph)
        self._walks.append(walk)
        for receiver, seed in start.items():
            this = self._node_of(receiver)
            told = self._summary.of(seed.data)
            walk.keep(receiver, as_array(seed), told)
            value = record.nodes[this]["value"]
            if record.loss is None and seed.data.size == 1 and "d" in value:
                record.loss = value["d"][0]
            record.add_step("seed", n=this, v=told, src=src)

    def ran(self, node: BackwardFunction, gradient: Any, parts: Sequence[Any]) -> None:
        record, walk = self._record, self._walks[-1]
        this = record.find(node)
        if this is not None:
            for step in walk.made:
                step["by"] = this
        walk.made.clear()
        _, told = walk.gathered.pop(node, (None, None))
        told = told or self._summary.of(as_array(gradient))
        if node._retained is not None:
            walk.keep(node, as_array(gradient), told)
        arrived = [
            (place, receiver, as_array(parts[place]))
            for place, receiver in enumerate(node._receivers)
            if receiver is not None and parts[place] is not None and walk.wants(receiver)
        ]
        values = [self._summary.of(part) for _, _, part in arrived]
        if self._is_gathered(this):
            record.nodes[this].setdefault("gradient", told)
        elif this is not None and not self._leaves_out(node):
            sent = [
                {"e": record.edge(this, place), "v": value}
                for (place, _, _), value in zip(arrived, values, strict=True)
            ]
            record.add_step("run", n=this, g=told, parts=sent)
        for (place, receiver, part), value in zip(arrived, values, strict=True):
            self._arrive(walk, this, place, receiver, part, value)

    def _arrive(
        self,
        walk: _Walk,
        start: int | None,
        place: int,
        receiver: Receiver,
        part: Array,
        value: dict[str, Any],
    ) -> None:
        """A part of a gradient reaches a node or leaf: it is added to what is there."""
        dtype = receiver.data.dtype if isinstance(receiver, Tensor) else receiver._dtype
        if dtype is not None and part.dtype != floating(dtype):
            part = part.astype(floating(dtype))
            value = self._summary.of(part)
        known, before = walk.gathered.get(receiver, (None, None))
        after = exact(part.copy() if known is None else known + part)
        total = value if known is None else self._summary.of(after)
        walk.keep(receiver, after, total)
        walk.got[receiver] += 1
        this = self._record.find(receiver)
        if self._is_gathered(this) or self._leaves_out(receiver):
            return
        if this is None and isinstance(receiver, BackwardFunction):
            return
        step = self._record.add_step(
            "arrive",
            n=self._node_of(receiver),
            e=None
            if start is None or self._is_gathered(start)
            else self._record.edge(start, place),
            v=value,
            before=before,
            after=total,
            got=walk.got[receiver],
            of=walk.awaited[receiver],
        )
        if start is not None:
            step["from"] = start
        self._look(step, "backward", after)

    def hooked(self, receiver: Receiver, before: Tensor, after: Tensor) -> None:
        told = self._summary.of(after.data)
        same = after.data.tobytes() == before.data.tobytes()
        if self._walks:
            self._walks[-1].keep(receiver, after.data, told)
        this = self._record.find(receiver)
        if this is not None:
            self._record.add_step(
                "hook",
                n=this,
                before=self._summary.of(before.data),
                after=told,
                changed=None if same else True,
                src=self.places.of(caller()),
            )

    def storing(self, tensor: Tensor, gradient: Any) -> None:
        known = tensor._grad
        gathered = as_array(gradient)
        here, value = self._walks[-1].gathered.get(tensor.grad_fn or tensor, (None, None))
        agrees = here is not None and here.tobytes() == gathered.tobytes()
        if value is None or not agrees:
            value = self._summary.of(gathered)
        before = None if known is None else as_array(known)
        if self._leaves_out(tensor):
            this = self._record.find(tensor)
            if this is not None:
                self._record.nodes[this]["gradient"] = value
            return
        self._record.add_step(
            "store",
            disagrees=None if agrees else True,
            n=self._node_of(tensor),
            v=value,
            before=None if before is None else self._summary.of(before),
            after=value if before is None else self._summary.of(before + gathered),
        )

    def freeing(self, nodes: Sequence[BackwardFunction]) -> None:
        known = {this for node in nodes if (this := self._record.find(node)) is not None}
        kept = [self._record.nodes[this].get("saved", ()) for this in known]
        size = sum(saved["bytes"] for all_saved in kept for saved in all_saved)
        self._record.add_step("free", ns=sorted(known), bytes=size)

    def ended(self) -> None:
        walk = self._walks.pop()
        if walk.retain_graph and walk.got:
            self._record.add_step("free", ns=[], bytes=0)

    # ------------------------------------------------------------------- update

    def updating(self, optimizer: Any) -> None:
        self._name_locals(caller())
        self._update = Update(optimizer, self._summary)

    def updated(self, optimizer: Any) -> None:
        update, self._update = self._update, None
        if update is None:
            return
        src = self.places.of(caller())
        for place, (parameter, fields, norms) in enumerate(update.changes(), 1):
            if norms is not None:
                name = self._name_of(parameter) or f"parameter {place}"
                self._record.norms[name] = norms
            if self._leaves_out(parameter):
                continue
            this = self._node_of(parameter)
            step = self._record.add_step("opt", n=this, src=src, **fields)
            self._look(step, "update", parameter.data)
        self._updated = True

    def zeroing(self, tensors: Sequence[Tensor], to_none: bool) -> None:
        held = [tensor for tensor in tensors if tensor._grad is not None]
        if held:
            record = self._begin()
            self._name_locals(caller())
            numbers = [self._node_of(tensor) for tensor in held]
            src = self.places.of(caller())
            record.add_step("zero", ns=numbers, to_none=bool(to_none), src=src)

    def uncompiled(self, function: Any) -> None:
        name = getattr(function.__compiled__, "__name__", type(function.__compiled__).__name__)
        note = f"{name} is compiled; it ran as it is to be watched"
        if note not in self.notes:
            self.notes.append(note)

    # -------------------------------------------------------------------- names

    def _begin(self) -> Record:
        """The record that goes on: that of the next iteration after an update."""
        if self._updated:
            self.iterations.add(self._record)
            self._record, self._updated, self._recorded = Record(), False, 0
            self._named.clear()
            self._seen.clear()
            self._calls.clear()
            self._changed.clear()
        self._settle_changes()
        return self._record

    def _node_of(self, thing: Tensor | BackwardFunction) -> int:
        """The number of the thing's node, which is made where there is none."""
        this = self._record.find(thing)
        if this is not None:
            return this
        if isinstance(thing, BackwardFunction):
            # It was recorded before the block, or left out.
            single, value = self._single
            if single() is not thing:
                value = {"s": list(thing._shape or ()), "t": str(thing._dtype)}
            return self._record.add_node(
                thing, kind="op", op=thing.function_name, value=value, requires_grad=True
            )
        name = self._parameters.get(id(thing), (None, None))
        kind = "leaf" if thing.requires_grad else "const"
        if name[0] is thing or type(thing).__name__ == "Parameter":
            kind = "param"
        variable, since = self._first_seen(thing)
        this = self._record.add_node(
            thing,
            kind=kind,
            name=name[1] if name[0] is thing else None,
            since=since,
            value=self._summary.of(thing.data),
            requires_grad=thing.requires_grad,
        )
        if variable is not None:
            self._name(thing, variable)
        self._look(self._record.nodes[this], "forward", thing.data)
        return this

    def _name_of(self, parameter: Tensor) -> str | None:
        """The parameter's path in its module, or the variable that holds it."""
        known, path = self._parameters.get(id(parameter), (None, None))
        if known is parameter:
            return path
        this = self._record.find(parameter)
        name: str | None = None if this is None else self._record.nodes[this].get("name")
        return name

    def _name_locals(self, frame: FrameType | None) -> None:
        """Names the nodes of the tensors that the frame has in variables."""
        if frame is not None:
            self.name(frame.f_locals, frame.f_code, frame.f_lasti)

    def name(self, variables: Mapping[str, Any], code: CodeType, until: int | None = None) -> None:
        """Names the nodes of the tensors in the variables of a function or a file, which has come
        to the instruction `until`, or to its end."""
        for name, value in list(variables.items()):
            if isinstance(value, Tensor) and name != "_":
                self._name(value, (code, name, until))

    def _name(self, tensor: Tensor, variable: _Variable) -> None:
        """Names the tensor's node after the variable, or remembers it until there is one."""
        code, name, until = variable
        count = self._named[code, name]
        node = self._record.name(tensor, f"{name} ({count + 1})" if count else name)
        if node is not None:
            self._named[code, name] += 1
            if node["kind"] != "op":
                node["assigned"] = self.places.assigned(code, name, until)
        elif tensor.grad_fn is None and self._record.find(tensor) is None:
            known, since = self._first_seen(tensor)
            # What an argument is called tells less than the variable that it comes from.
            first = known or (None if name in arguments(code) else variable)
            self._seen[id(tensor)] = ref(tensor), first, since

    def _first_seen(self, tensor: Tensor) -> tuple[_Variable | None, int]:
        """The variable in which a tensor was seen first, and how many nodes there were then."""
        seen, variable, since = self._seen.get(id(tensor), (None, None, 0))
        if seen is None or seen() is not tensor:
            return None, len(self._record.nodes)
        return variable, since

    def _learn(self, module: Any, frame: FrameType | None) -> None:
        """Learns the paths of a module's parts and parameters, after the variable that holds it."""
        variables = {} if frame is None else frame.f_locals
        name = next((name for name, value in variables.items() if value is module), "")
        self._paths = {
            id(part): ".".join(filter(None, (name, path))) for path, part in module.named_modules()
        }
        for path, parameter in module.named_parameters():
            whole = ".".join(filter(None, (name, path)))
            self._parameters[id(parameter)] = parameter, whole
            self._record.name(parameter, whole)

    def _saved(self, node: BackwardFunction, output: Tensor) -> list[dict[str, Any]]:
        """What a node keeps for backward; of its own output it keeps the array alone, and will be
        the next node."""
        record, kept = self._record, []
        for saved in node._saved or ():
            if isinstance(saved, Tensor):
                array, number = saved.data, record.find(saved)
            else:
                array, number = output.data, len(record.nodes)
            kept.append({"node": number, "shape": list(array.shape), "bytes": int(array.nbytes)})
        return kept

    def _settle_changes(self) -> None:
        """Tells of changes in place, whose tensors have their new history by now."""
        changed, self._changed = self._changed, []
        for tensor, before in changed:
            node = tensor.grad_fn
            after = before if node is None else self._record.find(node)
            if after is not None:
                self._record.link(tensor, after)
                value = self._summary.of(tensor.data)
                self._record.add_step("write", n=before, n2=after, after=value)

    def _look(self, told: dict[str, Any], direction: str, array: Array) -> None:
        """Marks a node or step whose numbers are not finite any more."""
        bad = first_bad(array)
        if bad is not None and self._values:
            first = (bad["kind"], direction) not in self._first
            self._first.add((bad["kind"], direction))
            told["bad"] = {**bad, "first": first}
            self._record.bad |= bad["kind"] == "NaN"

    def _is_full(self) -> bool:
        """Whether the record has as much as will be shown."""
        return (
            len(self._record.nodes) >= self.caps["max_nodes"]
            or len(self._record.steps) >= self.caps["max_steps"]
        )

    def _leaves_out(self, thing: Tensor | BackwardFunction) -> bool:
        """Whether a step of a tensor or node is left out, which is counted: there are as many as
        will be shown, or it has no node and will get none."""
        full = len(self._record.steps) >= self.caps["max_steps"] or (
            self._is_full() and self._record.find(thing) is None
        )
        self._record.left_out += full
        return full

    def _is_gathered(self, number: int | None) -> TypeGuard[int]:
        """Whether a node stands for the operations of a module."""
        return number is not None and "gathers" in self._record.nodes[number]


# A variable of a function or a file that has come to an instruction, or to its end.
_Variable = tuple[CodeType, str, int | None]


def _message(error: BaseException) -> str:
    try:
        return str(error)[:LONGEST]
    except Exception as other:  # of the program's own making
        return f"(its message cannot be shown: {type(other).__name__})"


class _Walk:
    """One walk back: what has arrived where, and what is still awaited."""

    def __init__(
        self,
        start: Mapping[Receiver, Tensor],
        inputs: Collection[Receiver] | None,
        retain_graph: bool,
    ) -> None:
        self.retain_graph = retain_graph
        # The sum that has arrived, and how it is told.
        self.gathered: dict[Receiver, tuple[Array, dict[str, Any]]] = {}
        self.got: Counter[Receiver] = Counter()
        self.awaited: Counter[Receiver] = Counter()
        # The steps of what a backward that is recorded has computed since the last node ran.
        self.made: list[dict[str, Any]] = []
        self._useful = None if inputs is None else on_the_way(start, inputs)
        stack, seen = list(start), set(start)
        while stack:
            node = stack.pop()
            if not isinstance(node, BackwardFunction):
                continue
            for receiver in node._receivers:
                if receiver is None or not self.wants(receiver):
                    continue
                self.awaited[receiver] += 1
                if receiver not in seen:
                    seen.add(receiver)
                    stack.append(receiver)

    def keep(self, receiver: Receiver, gradient: Array, told: dict[str, Any]) -> None:
        """Notes what has arrived there so far."""
        self.gathered[receiver] = gradient, told

    def wants(self, receiver: Receiver) -> bool:
        """Whether a gradient goes there."""
        return self._useful is None or receiver in self._useful
