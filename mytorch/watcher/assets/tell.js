// What the middle panel says of a step: its sentence, numbers and reasons.

import { operandOf } from "./cells.js";
import { shortName } from "./layout.js";
import {
  digits,
  escapeText,
  isScalar,
  isSpoiled,
  listed,
  numeric,
  ordinal,
  plural,
  shapeOf,
  show,
  sizeOf,
} from "./numbers.js";
import { amount, equation, equations, operator, sign, slope, sum, term, tile } from "./tiles.js";

const SIGNS = { Add: "+", Sub: "−", Mul: "·", Div: "/", MatMul: "·" };

export class Teller {
  constructor(run, rules, sentences) {
    this.run = run;
    this.rules = rules;
    this.sentences = sentences;
    this.order = new Map();
    let place = 0;
    for (const node of run.nodes) if (node.time) this.order.set(node.id, ++place);
  }

  code(id) {
    return `<code>${escapeText(this.run.label(id))}</code>`;
  }

  /** The sentence as HTML, what is code in it marked. */
  head(step, i) {
    return step.says === undefined
      ? this.sentences(this.run.iteration.steps[0] + i).innerHTML
      : escapeText(step.says);
  }

  sentence(step, i) {
    return step.says ?? this.sentences(this.run.iteration.steps[0] + i).textContent;
  }

  /** The parts of what is shown: head, body (HTML) and reasons. */
  tell(step, i) {
    const told = { head: this.head(step, i), body: "", why: [] };
    if (step.kind === "run") tellRun(this, step, told, i);
    else this[step.kind]?.(step, told, i);
    if (step.bad && step.kind !== "op") told.why.unshift(this.spoiled(step));
    return told;
  }

  spoiled(step) {
    const what = step.bad.kind === "NaN" ? "NaN" : "infinity";
    const where = step.bad.index.length ? ` at [${step.bad.index.join(", ")}]` : "";
    return step.bad.first
      ? `<b>Here the first ${what} enters${where}.</b>`
      : `It has ${what}${where}.`;
  }

  op(step, told) {
    const { run } = this;
    const node = run.node(step.n);
    const ins = run.ins.get(step.n);
    const operands = ins.map((edge) => run.node(edge.from));
    const rule = this.rules[node.op];
    if (
      operands.length &&
      operands.every((operand) => isScalar(operand.value)) &&
      isScalar(node.value)
    ) {
      const numbers = operands
        .map((operand) => amount(operand.value.d[0], "inn"))
        .join(operator(SIGNS[node.op] ?? ","));
      const made =
        operands.length === 1
          ? `<mtext>${escapeText(run.tag(node.id))}</mtext><mo>(</mo>${numbers}<mo>)</mo>`
          : numbers;
      told.body = equations([
        equation(
          `${term(shortName(run, node), true)}${operator("=")}${made}${operator("=")}${amount(node.value.d[0], "inn")}`,
        ),
      ]);
    } else {
      const shown = operands
        .filter((operand) => sizeOf(operand.value) > 0)
        .map((operand) => tile(operand.value, escapeText(shortName(run, operand))));
      told.body = `<div class="tiles">${shown.join(SIGNS[node.op] ? sign(SIGNS[node.op]) : "")}${sign("→")}${tile(node.value, escapeText(shortName(run, node)))}</div>`;
    }
    if (step.bad)
      told.why.push(...(step.bad.first ? this.cure(step, node, operands) : [this.spoiled(step)]));
    if (!node.time) {
      told.why.push(
        "No node is made and nothing is kept: recording is off here, or nothing before it requires a gradient.",
      );
      return;
    }
    const keeps = (node.saved ?? []).map((saved) =>
      saved.node === null
        ? `an array ${shapeOf({ s: saved.shape })}`
        : saved.node === node.id
          ? "its result"
          : this.code(saved.node),
    );
    const because = rule ? `: ${escapeText(rule.keeps)}` : "";
    if (!run.trace.engine)
      told.why.push(
        keeps.length
          ? `Kept for backward: ${listed(keeps)}${because}.`
          : `Nothing is kept for backward${because}.`,
      );
    const asked = operands
      .filter((operand) => operand.requires_grad)
      .map((operand) => this.code(operand.id));
    const constant = operands
      .filter((operand) => !operand.requires_grad)
      .map((operand) => this.code(operand.id));
    const none = constant.length
      ? `; ${listed(constant)} ${constant.length > 1 ? "are constants and get" : "is a constant and gets"} none`
      : "";
    told.why.push(
      `It becomes node ${this.order.get(node.id)} of the graph. Its gradient will go on to ${listed(asked)}${none}.`,
    );
    if (node.view_of !== null && node.view_of !== undefined)
      told.why.push(`It is a view: it shows the memory of ${this.code(node.view_of)}.`);
  }

  cure(step, node, operands) {
    const at = step.bad.index;
    const place = at.reduce((sum_, index, axis) => sum_ * node.value.s[axis] + index, 0);
    const numbers = operands
      .filter(({ value }) => value.d && value.s.join() === node.value.s.join())
      .map((operand) => `${this.code(operand.id)} is <b>${digits(operand.value.d[place])}</b>`);
    const found = [];
    const where = at.length ? `At [${at.join(", ")}] ` : "";
    if (numbers.length)
      found.push(
        `${where}${listed(numbers)}. ${step.bad.kind === "NaN" ? "That has no value, and every later sum with it has none." : "All inputs before were finite: this is where it starts."}`,
      );
    const cures = {
      Log: "A cure: keep the argument away from 0, as by <code>p.clamp(min=1e-12)</code>, or use a loss that takes logits.",
      Div: "A cure: keep the divisor away from 0, as by <code>d + 1e-12</code> or <code>where</code>.",
      Sqrt: "A cure: add a small number below the root.",
      Exp: "A cure: subtract the largest first, as <code>softmax</code> and <code>logsumexp</code> do.",
    };
    if (cures[node.op]) found.push(cures[node.op]);
    return found;
  }

  seed(step, told) {
    const name = this.run.label(step.n);
    told.body = isScalar(step.v)
      ? equations([equation(`${slope(name, name)}${operator("=")}${amount(step.v.d[0], "res")}`)])
      : `<div class="tiles">${tile(step.v, "the gradient passed in")}</div>`;
    told.why.push(
      `How fast does ${this.code(step.n)} grow with itself? At the rate 1. From here on every gradient is the slope of ${this.code(step.n)} along something before it.`,
    );
    told.why.push(
      "Orange rings on a node are the gradients it waits for, one for each use of its result. It runs when all are full. Nothing is stored yet.",
    );
  }

  arrive(step, told, i) {
    const { run } = this;
    const node = run.node(step.n);
    const from = step.from === undefined ? null : run.node(step.from);
    if (from && step.e !== undefined) {
      const runStep = this.lastRun(i, step.from);
      if (runStep) told.body = this.rule(runStep, from, [{ e: step.e, v: step.v }]);
    }
    if (isScalar(step.v)) {
      told.body += sum(
        [
          ["before", step.before ? show(step.before) : "none"],
          ["incoming", show(step.v)],
          ["after", show(step.after)],
        ],
        isSpoiled(step.after) ? "x" : "",
      );
    } else if (step.before) {
      told.body += `<div class="tiles">${tile(step.before, "before")}${sign("+")}${tile(step.v, "incoming")}${sign("=")}${tile(step.after, "after")}</div>`;
    }
    const leaf = node.kind !== "op";
    if (step.got > step.of)
      told.why.push(`That is gradient number ${step.got}, and only ${step.of} should come.`);
    else if (step.got < step.of)
      told.why.push(
        `It waits for ${plural(step.of - step.got, "more gradient")}${run.trace.engine ? "" : `: its result was used in ${step.of} places, so ${step.of} gradients will come`}.`,
      );
    else if (leaf)
      told.why.push(
        `That was the last one it waited for.${step.of > 1 ? " Each is the effect along one path; the effects add up." : ""}${run.trace.engine ? "" : " It is written into <code>.grad</code> at the end of the walk."}`,
      );
    else
      told.why.push(
        step.of > 1 ? "Now it is complete and may run." : "It waits for no other, so it may run.",
      );
  }

  lastRun(i, id) {
    for (let at = i; at >= 0; at--)
      if (this.run.steps[at].kind === "run" && this.run.steps[at].n === id)
        return this.run.steps[at];
    return null;
  }

  hook(step, told) {
    told.body = isScalar(step.before)
      ? sum([
          ["before the hook", show(step.before)],
          ["after it", show(step.after)],
        ])
      : `<div class="tiles">${tile(step.before, "before the hook")}${sign("→")}${tile(step.after, "after it")}</div>`;
    told.why.push(
      "A function that was registered by <code>register_hook</code> has seen the gradient. What it returns takes the gradient's place.",
    );
  }

  store(step, told) {
    const { engine } = this.run.trace;
    told.body = isScalar(step.after)
      ? sum([
          [".grad before", step.before ? show(step.before) : "None"],
          ["gathered in this walk", show(step.v)],
          [".grad after", show(step.after)],
        ])
      : `<div class="tiles">${step.before ? `${tile(step.before, ".grad before")}${sign("+")}` : ""}${tile(step.v, "gathered", { fine: true })}${step.before ? `${sign("=")}${tile(step.after, ".grad after")}` : ""}</div>`;
    if (step.disagrees)
      told.why.push(
        engine
          ? '<b class="wrong">What is stored is not what was there plus what came.</b>'
          : '<b class="wrong">What was recorded on the way does not add up to this: please report it.</b>',
      );
    if (engine) return;
    if (step.before)
      told.why.push(
        "A second <code>backward()</code> adds to what is there. If that is not meant, call <code>zero_grad()</code> between.",
      );
    const several = this.run.waits(step.n) > 1;
    if (several)
      told.why.push(
        "The write-up writes each part into <code>.grad</code> as it comes. MyTorch gathers first and writes once, so that an error half-way leaves every <code>.grad</code> as it was; the number is the same.",
      );
    told.why.push("The walk is over, and nothing can fail any more: only now is a tensor changed.");
  }

  free(step, told) {
    if (!step.ns.length) {
      told.why.push("What was kept stays, so that one can walk back a second time.");
      return;
    }
    const held = step.ns.filter((id) => this.run.bytes(this.run.node(id)));
    const names = held.slice(0, 8).map((id) => this.code(id));
    if (held.length > 8) names.push(plural(held.length - 8, "other"));
    told.why.push(
      `${names.length ? `${listed(names)} ${names.length > 1 ? "drop" : "drops"} what had been kept. ` : ""}Walking back a second time is an error now, unless you ask for <code>retain_graph=True</code>.`,
    );
  }

  opt(step, told) {
    const options = Object.entries(step.options)
      .filter(([, value]) => typeof value !== "boolean" && value !== 0)
      .map(
        ([name, value]) =>
          `${name} ${Array.isArray(value) ? value.map((x) => digits(x)).join(", ") : typeof value === "string" ? escapeText(value) : digits(value)}`,
      );
    const formula = UPDATES[step.optimizer]?.(step.options);
    if (formula)
      told.body = equations(
        formula.split("; ").map((line) => equation(`<mtext>${escapeText(line)}</mtext>`)),
      );
    told.body += `<div class="tiles">${tile(step.before, "before", { fine: true })}${tile(step.g, "grad")}${sign("→")}${tile(step.after, "after", { fine: true })}</div>`;
    const remembered = Object.entries(step.state_after ?? {}).filter(([, value]) => value.s.length);
    if (remembered.length)
      told.body += `<div class="tiles">${remembered.map(([name, value]) => tile(value, escapeText(name), { fine: true })).join("")}</div>`;
    told.why.push(`${escapeText(step.optimizer)} with ${listed(options) || "its defaults"}.`);
    if (step.per_cent !== undefined)
      told.why.push(`The change is ${digits(step.per_cent)} % of the weight's size.`);
  }

  zero(step, told) {
    const names = step.ns.slice(0, 8).map((id) => this.code(id));
    if (step.ns.length > 8) names.push(plural(step.ns.length - 8, "other"));
    told.why.push(
      `${listed(names)}. Otherwise this step's gradients would be added to those of the last one.`,
    );
  }

  write(step, told) {
    told.body = `<div class="tiles">${tile(this.run.node(step.n).value, "before")}${sign("→")}${tile(step.after, "after")}</div>`;
    if (step.n !== step.n2)
      told.why.push(
        `The memory was changed in place. From now on the tensor has the history of ${this.code(step.n2)}; ${this.code(step.n)} is what it was before.`,
      );
    else told.why.push("The memory was changed in place, and nothing of it is recorded.");
    const views = this.run.nodes
      .filter((node) => node.view_of === step.n)
      .map((node) => this.code(node.id));
    if (views.length)
      told.why.push(
        `${listed(views)} ${views.length > 1 ? "show" : "shows"} the same memory and ${views.length > 1 ? "follow" : "follows"}.`,
      );
  }

  stop(step, told, i) {
    if (!this.sentence(step, i).endsWith(step.message))
      told.body = `<pre class="cell">${escapeText(step.message)}</pre>`;
    if (step.expected)
      told.body += `<div class="tiles">${tile(step.expected, "expected")}${step.after ? tile(step.after, "found") : ""}</div>`;
    told.why.push(
      this.run.trace.engine
        ? "The test ended here. Go back step by step: at which one does a number stop being what you expect?"
        : "The program ended here. Everything before it is as it was recorded.",
    );
  }

  /** How a node turned its gradient into those of its arguments. */
  rule(step, node, parts) {
    const { run } = this;
    const ins = run.ins.get(node.id);
    const rule = this.rules[node.op];
    const root = run.root === null ? "" : shortName(run, run.node(run.root));
    if (isScalar(step.g) && ins.every((edge) => isScalar(run.node(edge.from).value))) {
      return equations(
        parts.map((part) => {
          const target = run.node(run.edge(part.e).from);
          const local = numeric(part.v.d[0]) / numeric(step.g.d[0]);
          const [above, here, below] = [root, shortName(run, node), shortName(run, target)];
          const shown = Number.isFinite(local)
            ? `${amount(step.g.d[0])}${operator("·")}${amount(+local.toPrecision(7))}${operator("=")}`
            : "";
          return equation(
            `${slope(above, below)}${operator(run.waits(target.id) > 1 ? "←" : "=")}${slope(above, here)}${operator("·")}${slope(here, below)}${operator("=")}${shown}${amount(part.v.d[0], "res")}`,
            run.waits(target.id) > 1 ? `one of ${run.waits(target.id)} parts, which are added` : "",
          );
        }),
      );
    }
    let line =
      '<p class="cell" id="cell" aria-live="polite">Point at a number of the result to see the numbers it is made of.</p>';
    return parts
      .map((part) => {
        const edge = run.edge(part.e);
        const target = run.node(edge.from);
        const words = rule
          ? rule.parts[Math.min(edge.arg, rule.parts.length - 1)]
          : `G times the slope of ${node.op}`;
        const operand = operandOf(
          rule,
          edge.arg,
          ins.map((other) => run.node(other.from)),
        );
        const beside =
          operand?.value.d && sizeOf(operand.value) > 1
            ? `${sign("·")}${tile(operand.value, escapeText(shortName(run, operand)), { id: "X" })}`
            : "";
        const less =
          part.v.s.join() !== step.g.s.join() &&
          ["same", "signed", "product", "quotient"].includes(rule?.cells)
            ? `, then <b>summed over the axes along which it was repeated</b>: ${shapeOf(step.g)} → ${shapeOf(part.v)}`
            : "";
        const able = Boolean(rule?.cells && part.v.d && step.g.d);
        const shown = able ? line : "";
        if (able) line = "";
        return `<p class="why">to ${this.code(target.id)}: <b>${escapeText(words)}</b>${less}</p>${shown}<div class="tiles">${tile(step.g, "G", { id: "G" })}${beside}${sign("→")}${tile(part.v, `∂ ${escapeText(shortName(run, target))}`, { id: part.e, cells: able })}</div>`;
      })
      .join("");
  }
}

// `run` is a property of each Teller, so the method for steps of that kind has its place here.
export function tellRun(teller, step, told, i) {
  const { run } = teller;
  const node = run.node(step.n);
  told.body = teller.rule(step, node, step.parts.slice(0, 3));
  if (step.parts.length > 3)
    told.why.push(`And ${plural(step.parts.length - 3, "more gradient")}, in the next steps.`);
  const constants = run.ins
    .get(step.n)
    .filter((edge) => !edge.grad)
    .map((edge) => teller.code(edge.from));
  if (constants.length)
    told.why.push(
      `${listed(constants)} ${constants.length > 1 ? "are constants" : "is a constant"}: no gradient is computed there.`,
    );
  if (run.trace.engine && step.again === undefined) return;
  const state = run.stateAt(i);
  const others = [...state.sum.keys()].filter(
    (id) => id !== step.n && run.node(id).kind === "op" && !state.runs.has(id),
  );
  if (step.again === undefined) {
    const here = teller.order.get(step.n);
    if (here === undefined) return;
    told.why.push(
      others.length
        ? `Of the nodes with a gradient the latest made runs first: node ${here} before ${listed(others.slice(0, 4).map((id) => `node ${teller.order.get(id)}`))}. Nothing made later is left that could still send it something.`
        : `It is node ${here}, the latest that has a gradient. Nothing made later is left, so nothing more can come to it.`,
    );
  } else if (step.again > 1)
    told.why.push(
      `It runs for the ${ordinal(step.again)} time. Every path through the graph makes it run once more: of 60 doublings one after the other that would be 2<sup>60</sup> runs.`,
    );
  else told.why.push("Nobody counts how many gradients are still to come: the node does not wait.");
}

const UPDATES = {
  SGD: (options) =>
    options.momentum
      ? `change = ${digits(options.momentum)} · change − ${digits(options.lr)} · grad; weight + change`
      : `weight − ${digits(options.lr)} · grad`,
  Adam: (options) =>
    `weight − ${digits(options.lr)} · mean / (√mean of squares + ε); both means corrected for their start`,
  AdamW: (options) =>
    `weight · (1 − ${digits(options.lr)} · decay) − ${digits(options.lr)} · mean / (√mean of squares + ε)`,
  RMSprop: (options) => `weight − ${digits(options.lr)} · grad / (√mean of squares + ε)`,
  Adagrad: (options) => `weight − ${digits(options.lr)} · grad / (√sum of squares + ε)`,
};
