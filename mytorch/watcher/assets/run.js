// One recorded run: the iteration that is shown, and the state after each of its steps.

import { stacked } from "./stacks.js";

const EVERY = 64;
// A graph of more nodes opens with modules folded.
export const MOST_SEEN = 40;
const PHASES = { opt: "update", zero: "update", op: "forward", write: "forward", stop: "forward" };

export const phaseOf = (step) =>
  step.phase ?? (step.by === undefined ? (PHASES[step.kind] ?? "backward") : "backward");

/** The page's data with the values themselves where it has their numbers. */
export function unpacked({ runs, rules, values }) {
  const put = (tree) => {
    if (tree === null || typeof tree !== "object") return tree;
    const names = Object.keys(tree);
    if (names.length === 1 && names[0] === "v" && typeof tree.v === "number") return values[tree.v];
    for (const name of names) tree[name] = put(tree[name]);
    return tree;
  };
  return { runs: put(runs), rules };
}

export class Run {
  constructor(trace, place) {
    this.trace = trace;
    this.place = Math.max(0, Math.min(place, trace.iterations.length - 1));
    this.iteration = trace.iterations[this.place] ?? {
      i: 1,
      loss: null,
      steps: [0, 0],
      nodes: [0, 0],
      edges: [0, 0],
      modules: [0, 0],
    };
    const part = (name) => trace[name].slice(...this.iteration[name]);
    this.firstNode = this.iteration.nodes[0];
    this.firstEdge = this.iteration.edges[0];
    this.nodes = part("nodes");
    this.edges = part("edges");
    this.firstModule = this.iteration.modules[0];
    this.modules = part("modules");
    if (this.nodes.length > MOST_SEEN)
      this.modules = stacked(this.modules, this.firstModule, this.nodes, this.edges);
    this.recorded = part("steps");
    this.outs = new Map(this.nodes.map((node) => [node.id, []]));
    this.ins = new Map(this.nodes.map((node) => [node.id, []]));
    for (const edge of this.edges) {
      this.outs.get(edge.from).push(edge);
      this.ins.get(edge.to).push(edge);
    }
    for (const inputs of this.ins.values()) inputs.sort((a, b) => a.arg - b.arg);
    this.appear = this.appearances();
    this.homes = new Map();
    for (const node of this.nodes) this.home(node);
    this.use(this.recorded);
  }

  /** From now on these steps are shown: the recorded ones, or those of another order. */
  use(steps) {
    this.steps = steps;
    this.snapshots = [];
    this.latest = { i: Number.NaN, state: null };
    const seed = steps.find((step) => step.kind === "seed");
    this.root = seed?.n ?? null;
    this.backwardPlace = seed?.src ?? null;
    this.awaited = new Map();
    for (const step of steps) if (step.kind === "arrive") this.awaited.set(step.n, step.of);
  }

  node(id) {
    return this.nodes[id - this.firstNode];
  }

  edge(id) {
    return this.edges[id - this.firstEdge];
  }

  module(number) {
    return this.modules[number - this.firstModule];
  }

  label(id) {
    return this.trace.labels[id];
  }

  tag(id) {
    return this.trace.tags[id];
  }

  /** The tensors that are not there from the beginning, by the operation that they appear with. */
  appearances() {
    const operations = this.recorded.filter((step) => step.kind === "op").map((step) => step.n);
    const found = new Map();
    for (const node of this.nodes) {
      const with_ = operations.find((n) => n >= node.since);
      if (node.kind === "param" || with_ === undefined) continue;
      if (!found.has(with_)) found.set(with_, []);
      found.get(with_).push(node.id);
    }
    return found;
  }

  /** The modules around a node, the outermost first, by their numbers. A parameter, and a number that
   * goes with other arguments, is in those that all its users are in. */
  around(node) {
    const known = this.homes.get(node.id);
    if (known) return known;
    const found = [];
    for (let at = node.module; at !== null && at !== undefined; at = this.module(at).parent)
      found.unshift(at);
    return found;
  }

  home(node) {
    const outs = this.outs.get(node.id);
    const beside = ({ arg, to }) =>
      arg > 0 || this.ins.get(to).some((edge) => this.node(edge.from).kind === "op");
    const own = node.kind === "param" || (node.kind === "const" && outs.every(beside));
    if (!own || !outs.length) return;
    const [first, ...others] = outs.map(({ to }) => this.around(this.node(to)));
    const shared = first.findIndex((at, depth) => others.some((around) => around[depth] !== at));
    this.homes.set(node.id, shared < 0 ? first : first.slice(0, shared));
  }

  /** How many gradients come to a node. */
  waits(id) {
    if (id === this.root && !this.awaited.has(id)) return 1;
    return this.awaited.get(id) ?? 0;
  }

  bytes(node) {
    return (node.saved ?? []).reduce((sum, saved) => sum + saved.bytes, 0);
  }

  /** What is so after step i. */
  stateAt(i) {
    const { latest } = this;
    if (latest.i === i) return latest.state;
    const state = latest.i === i - 1 ? copied(latest.state) : this.replayed(i - 1);
    this.advance(state, this.steps[i]);
    this.latest = { i, state };
    return state;
  }

  /** The state after step i, from the snapshot before it on. */
  replayed(i) {
    const from = Math.min(Math.floor((i + 1) / EVERY), this.snapshots.length);
    let state = from ? copied(this.snapshots[from - 1]) : this.blank();
    for (let at = from * EVERY; at <= i; at++) {
      this.advance(state, this.steps[at]);
      if ((at + 1) % EVERY === 0 && this.snapshots.length === (at + 1) / EVERY - 1) {
        this.snapshots.push(state);
        state = copied(state);
      }
    }
    return state;
  }

  blank() {
    const late = new Set([...this.appear.values()].flat());
    const early = (node) => !late.has(node.id) && (node.kind !== "op" || !node.time);
    return {
      made: new Set(this.nodes.filter(early).map((node) => node.id)),
      kept: new Set(),
      freed: new Set(),
      sum: new Map(),
      got: new Map(),
      ran: [],
      runs: new Set(),
      along: new Map(),
      grad: new Map(),
      value: new Map(),
      seeded: false,
    };
  }

  advance(state, step) {
    const { n } = step;
    switch (step.kind) {
      case "op":
        for (const id of [n, ...(this.appear.get(n) ?? [])]) state.made.add(id);
        if (this.node(n).time && this.bytes(this.node(n))) state.kept.add(n);
        break;
      case "seed":
        if (state.freed.size || state.ran.length) {
          state.sum.clear();
          state.got.clear();
          state.along.clear();
          state.runs.clear();
          state.ran = [];
        }
        state.seeded = true;
        state.sum.set(n, step.v);
        state.got.set(n, 1);
        break;
      case "run":
        state.ran = [...state.ran, n];
        state.runs.add(n);
        break;
      case "arrive":
        state.sum.set(n, step.after);
        state.got.set(n, step.got);
        if (step.e !== undefined) state.along.set(step.e, step.v);
        break;
      case "hook":
        state.sum.set(n, step.after);
        break;
      case "store":
        state.grad.set(n, step.after);
        break;
      case "free":
        for (const id of step.ns) {
          state.kept.delete(id);
          state.freed.add(id);
        }
        break;
      case "opt":
        state.value.set(n, step.after);
        break;
      case "write":
        state.value.set(step.n2, step.after);
        break;
      case "zero":
        for (const id of step.ns) {
          const { s, t } = state.grad.get(id) ?? {};
          if (step.to_none) state.grad.delete(id);
          else if (s) state.grad.set(id, { s, t, d: zeros(s) });
        }
        break;
    }
  }
}

/** The numbers of a small array of zeros; of a larger one nothing but the shape is shown. */
function zeros(shape) {
  const size = shape.reduce((product, length) => product * length, 1);
  return size <= 64 ? Array(size).fill(0) : undefined;
}

function copied(state) {
  return Object.fromEntries(
    Object.entries(state).map(([name, part]) => [
      name,
      part instanceof Map ? new Map(part) : part instanceof Set ? new Set(part) : part,
    ]),
  );
}
