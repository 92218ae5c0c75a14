// The questions that a run raises, and their answers.

import { normCurves } from "./curve.js";
import { shortName } from "./layout.js";
import { digits, escapeText, isScalar, listed, numeric, plural, show } from "./numbers.js";
import { ordersOf } from "./orders.js";
import { amount, equation, equations, operator, slope, tile } from "./tiles.js";

const MOST_PATHS = 16;
// What is left of a gradient by rounding, of what arrived.
const ROUNDING = { float64: 1e-12, float32: 1e-6, float16: 1e-3 };

/** The questions about a run: their words, and the place to go to or the answer. */
export function questionsOf(run) {
  const found = [];
  const ask = (words, answer, bad = false) => found.push({ words, answer, bad });
  const code = (id, more = "") => `<code>${escapeText(run.label(id))}${more}</code>`;
  const first = (kind, phases) =>
    run.recorded.findIndex(
      (step) => step.bad?.first && step.bad.kind === kind && phases.includes(step.kind),
    );
  const infinity = first("Inf", ["op"]);
  const nan = first("NaN", ["op"]);
  const spoiled = run.recorded.findIndex((step) => step.bad && step.kind === "arrive");
  const given = (kind) => run.nodes.find(({ bad }) => bad?.first && bad.kind === kind);
  for (const [kind, step, words] of [
    ["Inf", infinity, "Where does the first infinity appear?"],
    ["NaN", nan, "Where does it become NaN?"],
  ]) {
    if (given(kind)) ask(words, { kind: "given", n: given(kind).id }, true);
    else if (step >= 0) ask(words, { step }, true);
  }
  if (spoiled >= 0) ask("Which gradient is spoiled first?", { step: spoiled }, true);
  const stored = run.recorded.filter((step) => step.kind === "store");
  // An engine that stores each part as it comes has the whole in the last one.
  const whole = (step) => (run.trace.engine ? step === lastStored(run, step.n) : !step.before);
  if (nan < 0) {
    const scalars = stored.filter(
      (step) =>
        isScalar(step.after) &&
        whole(step) &&
        (pathsTo(run, step.n).length || (!run.trace.engine && partsOf(run, step.n))),
    );
    for (const step of scalars.slice(0, 2).sort((a, b) => a.n - b.n))
      ask(`Why is ${code(step.n, ".grad")} ${digits(step.after.d[0])}?`, {
        kind: pathsTo(run, step.n).length ? "paths" : "parts",
        n: step.n,
      });
  }
  const named = run.nodes.filter((node) => node.name && run.root !== null);
  for (const node of named
    .filter(
      (other) =>
        other.kind === "const" && run.outs.get(other.id).some((edge) => run.node(edge.to).time),
    )
    .slice(0, 1))
    ask(`Why is ${code(node.id, ".grad")} None?`, { kind: "none", n: node.id });
  for (const node of named
    .filter(
      (other) =>
        other.kind === "op" &&
        other.time &&
        other.id !== run.root &&
        !stored.some((step) => step.n === other.id),
    )
    .slice(0, 1))
    ask(
      found.at(-1)?.answer.kind === "none"
        ? `And ${code(node.id, ".grad")}?`
        : `Why is ${code(node.id, ".grad")} None?`,
      { kind: "none", n: node.id },
    );
  if (ordersOf(run)) ask("Does the order matter?", { kind: "order" });
  if (run.nodes.some((node) => node.time && run.bytes(node)))
    ask("What is kept in memory?", { kind: "memory" });
  const still = stored.find((step) => !run.trace.engine && isStill(run, step));
  if (still) ask(`Why is ${code(still.n, ".grad")} 0?`, { kind: "still", n: still.n });
  const update = run.recorded.findIndex((step) => step.kind === "opt");
  if (update >= 0) ask("Where do the weights change?", { step: update });
  const reached = new Set(stored.map((step) => step.n));
  const missed = stored.length
    ? run.nodes.filter((node) => node.kind === "param" && !reached.has(node.id))
    : [];
  if (missed.length)
    ask(`Why has ${code(missed[0].id)} no gradient?`, {
      kind: "missed",
      ns: missed.map((node) => node.id),
    });
  const stop = run.recorded.findIndex((step) => step.kind === "stop");
  if (stop >= 0) ask("Where did it stop?", { step: stop }, true);
  return found;
}

const lastStored = (run, n) =>
  run.recorded.findLast((step) => step.kind === "store" && step.n === n);

/** Whether all of a gradient is 0 but for rounding. */
function isStill(run, { n, after }) {
  const most = (value) => Math.max(0, ...(value?.d ?? []).map((x) => Math.abs(numeric(x))));
  const arrived = run.recorded.filter((step) => step.kind === "arrive" && step.n === n);
  const above = arrived.map(({ from }) =>
    run.recorded.findLast((step) => step.kind === "run" && step.n === from),
  );
  const rounding = (ROUNDING[after.t] ?? 0) * Math.max(...above.map((step) => most(step?.g)));
  return after.d?.length > 0 && most(after) <= rounding;
}

/** Where more paths lead to a number than one likes to read: the node nearest to it that several
 * gradients reach, these, and the slope from there; or null. */
function partsOf(run, n) {
  let [id, slope] = [n, 1];
  for (;;) {
    const parts = run.recorded.filter((step) => step.kind === "arrive" && step.n === id);
    if (!parts.length || parts.some(({ v, from }) => from === undefined || !isScalar(v)))
      return null;
    if (parts.length > 1) return { id, slope, parts };
    const [{ from, v }] = parts;
    const above = run.recorded.find((step) => step.kind === "run" && step.n === from).g;
    slope *= numeric(v.d[0]) / numeric(above.d?.[0]);
    if (!Number.isFinite(slope)) return null;
    id = from;
  }
}

/** All ways from the end to a node, with the slopes along each. */
export function pathsTo(run, target) {
  const along = new Map();
  const total = new Map();
  for (const step of run.recorded) {
    if (step.kind === "seed") total.set(step.n, step.v);
    if (step.kind === "hook") return [];
    if (step.kind !== "arrive") continue;
    along.set(step.e, step.v);
    total.set(step.n, step.after);
  }
  const found = [];
  const walk = (id, edges, nodes, slopes) => {
    if (found.length > MOST_PATHS) return;
    if (id === target) {
      found.push({ edges, nodes, slopes, product: slopes.reduce((a, b) => a * b, 1) });
      return;
    }
    for (const edge of run.ins.get(id)) {
      const [part, whole] = [along.get(edge.id), total.get(id)];
      if (!edge.grad || !part || !whole || !isScalar(part) || !isScalar(whole)) continue;
      walk(
        edge.from,
        [...edges, edge.id],
        [...nodes, edge.from],
        [...slopes, numeric(part.d[0]) / numeric(whole.d[0])],
      );
    }
  };
  if (run.root !== null) walk(run.root, [], [run.root], []);
  // Where nothing came there is no slope to be seen.
  const seen = found.every((path) => Number.isFinite(path.product));
  return found.length > MOST_PATHS || !seen ? [] : found;
}

/** The answer to a question: head, body and reasons, as a step has them. */
export function answer(run, question, stepNumber) {
  return ANSWERS[question.kind](run, question, stepNumber);
}

const named = (run, id) => `<code>${escapeText(run.label(id))}</code>`;

const ANSWERS = {
  norms: normCurves,
  paths(run, { n }) {
    const paths = pathsTo(run, n);
    const total = paths.reduce((sum, path) => sum + path.product, 0);
    const root = shortName(run, run.node(run.root));
    const head =
      paths.length > 1
        ? `${paths.length} paths lead from it to ${named(run, run.root)}, and their effects add up`
        : `one path leads from it to ${named(run, run.root)}`;
    const rows = paths.map(
      (path, i) =>
        `<button type="button" class="prow" data-path="${i}" aria-pressed="false"><span class="t">${path.nodes.map((id) => escapeText(shortName(run, run.node(id)))).join(" → ")}</span><span>${path.slopes.map((x) => digits(x)).join(" · ")}</span><b>${digits(path.product)}</b></button>`,
    );
    const [name, is] = [`<code>${escapeText(run.label(n))}.grad</code>`, digits(total)];
    const found = digits(lastStored(run, n).after.d[0]);
    const agrees = !run.trace.engine || found === is;
    const terms = paths.map((path) => amount(path.product)).join(operator("+"));
    return {
      head: agrees ? `${name} is ${is}: ${head}` : `${name} is ${found}, not ${is}: ${head}`,
      body: `<div class="paths" role="group" aria-label="Paths">${rows.join("")}</div>${equations([equation(`${slope(root, shortName(run, run.node(n)))}${operator("=")}${terms}${operator("=")}${amount(total, "res")}`)])}`,
      why: [
        "Along a path the slopes are multiplied; over the paths the products are added. Point at a path to see it in the graph. The walk back goes over what paths share only once.",
      ],
      paths,
    };
  },
  given(run, { n }) {
    const { bad, value } = run.node(n);
    const what = bad.kind === "NaN" ? "NaN" : "an infinity";
    const where = bad.index.length ? `, at [${bad.index.join(", ")}]` : "";
    return {
      head: `${named(run, n)} comes with ${what}${where}: it is there before anything is computed`,
      body: `<div class="tiles">${tile(value, escapeText(run.label(n)))}</div>`,
      why: [
        "No operation makes it, so the cure is where the numbers come from: look for missing entries and for divisions by 0 there. Every result that it goes into is spoiled, and so are the gradients of what it is multiplied by.",
      ],
    };
  },
  parts(run, { n }, stepNumber) {
    const { id, slope: along, parts } = partsOf(run, n);
    const rows = parts
      .slice(0, MOST_PATHS)
      .map((step) =>
        jumpTo(
          run.steps.indexOf(step),
          `${show(step.v)} from ${named(run, step.from)}`,
          stepNumber,
        ),
      );
    if (parts.length > MOST_PATHS)
      rows.push(`<p class="why">${parts.length - MOST_PATHS} more</p>`);
    const total = parts.at(-1).after;
    const further = id === n ? "" : `, times the slope ${digits(along)} from there`;
    return {
      head: `<code>${escapeText(run.label(n))}.grad</code> is ${show(lastStored(run, n).after)}: ${parts.length} gradients reach ${named(run, id)} and add up to ${show(total)}${further}`,
      body: rows.join(""),
      why: [
        `More than ${MOST_PATHS} paths lead from it to ${named(run, run.root)}. Each of these gradients is the sum over all the paths that come in there: the walk back goes over what paths share only once.`,
      ],
    };
  },
  none(run, { n }) {
    const node = run.node(n);
    const users = listed(run.outs.get(n).map((edge) => named(run, edge.to)));
    if (node.kind === "const")
      return {
        head: `<code>${escapeText(run.label(n))}.grad</code> is None because nobody asked for it`,
        body: "",
        why: [
          `${named(run, n)} was made without <code>requires_grad=True</code>. It is a constant: ${users} did not even compute a gradient for it. Its edge is drawn with dashes.`,
          `If you want one, say so where it is made: <code>${escapeText(run.label(n))} = Tensor(..., requires_grad=True)</code>.`,
        ],
      };
    const parents = listed(
      run.ins
        .get(n)
        .filter((edge) => edge.grad)
        .map((edge) => named(run, edge.from)),
    );
    return {
      head: `<code>${escapeText(run.label(n))}.grad</code> is None because gradients only pass through`,
      body: "",
      why: [
        `${named(run, n)} is the result of an operation. Its gradient arrived, was used to compute those of ${parents}, and was dropped. Only leaves keep theirs.`,
        run.trace.engine
          ? ""
          : `If you want to see it: <code>${escapeText(run.label(n))}.retain_grad()</code> before <code>backward()</code>.`,
      ].filter(Boolean),
    };
  },
  missed(run, { ns }) {
    return {
      head: `${named(run, ns[0])} was not reached by the walk`,
      body: "",
      why: [
        `No way leads from ${named(run, run.root)} to ${listed(ns.slice(0, 6).map((id) => named(run, id)))}: what was computed with ${ns.length > 1 ? "them" : "it"} did not go into the result, or was detached.`,
      ],
    };
  },
  still(run, { n }, stepNumber) {
    const stored = run.recorded.find((step) => step.kind === "store" && step.n === n);
    const arrived = run.recorded.findIndex((step) => step.kind === "arrive" && step.n === n);
    const user = run.node(run.outs.get(n)[0]?.to ?? n);
    const next = run.outs.get(user.id)[0];
    const norm = run.node(next?.to ?? n).op === "BatchNorm";
    return {
      head: `${named(run, n)} cannot change the result${norm ? ": the batch norm after it takes it out again" : ""}`,
      body: `<div class="tiles">${tile(stored.after, ".grad", { fine: true })}</div>${arrived < 0 ? "" : jumpTo(arrived, "Watch it arrive", stepNumber)}`,
      why: norm
        ? [
            `What is left is rounding. ${named(run, user.id)} adds it to every row; ${named(run, next.to)} subtracts the mean of each column, and with it this number.`,
            "A cure, if you want fewer numbers to train: <code>bias=False</code>. The batch norm has a bias of its own.",
          ]
        : [
            "Every slope on the way to it was 0 here: a ReLU that is cut off, a saturated sigmoid, or a part that was not chosen.",
          ],
    };
  },
  order(run) {
    const orders = ordersOf(run);
    const row = (name, { runs, wrong = [], cut = false }, key) =>
      `<tr><td>${name}</td><td class="num">${cut ? "over " : ""}${runs}</td><td class="num ${wrong.length ? "wrong" : "right"}">${wrong.length ? `${escapeText(run.label(wrong[0].n))}.grad = ${digits(wrong[0].found)} ✗ (${digits(wrong[0].right)})` : "✓"}</td><td><button type="button" class="btn" data-order="${key}">Watch</button></td></tr>`;
    return {
      head: "It does: a node that does not wait sends the same gradient twice",
      body: `<table class="cmp"><thead><tr><th scope="col">order</th><th scope="col" class="num">nodes run</th><th scope="col" class="num">gradients</th><th scope="col"><span class="sr">watch</span></th></tr></thead><tbody>${row("latest first, each waits for all (MyTorch)", orders.waiting, "waiting")}${row("run at each arrival, send all that has gathered", orders.greedy, "greedy")}${row("run at each arrival, send the new part alone", orders.every, "every")}</tbody></table>`,
      why: [
        "The second order counts what came first once more. The third is right, but a node runs once for every path: for 60 doublings one after the other that would be 2<sup>60</sup> runs; waiting needs 60. Both are walked on the slopes of this run.",
      ],
    };
  },
  memory(run) {
    const kept = run.nodes
      .filter((node) => node.time && run.bytes(node))
      .sort((a, b) => run.bytes(b) - run.bytes(a));
    const total = kept.reduce((sum, node) => sum + run.bytes(node), 0);
    const rows = kept
      .slice(0, 12)
      .map(
        (node) =>
          `<div class="row">${named(run, node.id)}<span class="by">${plural(run.bytes(node), "byte")}</span></div>`,
      );
    return {
      head: `${plural(total, "byte")} are kept for backward`,
      body: `<div class="keep">${rows.join("")}</div>${kept.length > 12 ? `<p class="why">and ${plural(kept.length - 12, "other operation")}</p>` : ""}`,
      why: [
        "Every operation keeps what its slope depends on, and no more. Tensors are kept by reference, so an input that exists anyway costs nothing new. All of it is let go at the end of the walk.",
      ],
    };
  },
  node(run, { n, marked }, stepNumber) {
    const node = run.node(n);
    const kinds = {
      op: node.gathers
        ? `${plural(node.gathers, "operation")} of ${node.op}, beyond the cap`
        : `a result of ${node.op}`,
      const: "a constant",
      param: "a parameter",
      leaf: "a leaf that requires a gradient",
    };
    const rows = [];
    for (const [i, step] of run.steps.entries()) {
      const words = storyOf(run, step, n);
      if (words) rows.push(jumpTo(i, words, stepNumber));
    }
    return {
      head: `${named(run, n)}, ${escapeText(kinds[node.kind])}`,
      body: `<div class="tiles">${tile(node.value, "value")}${node.gradient ? tile(node.gradient, "gradient") : ""}</div><p class="why"><button type="button" class="btn" data-mark="${n}" aria-pressed="${marked.has(n)}">${marked.has(n) ? "Stops" : "Stop"} at this tensor</button></p>${rows.slice(0, 60).join("")}`,
      why: [
        ...(rows.length > 60 ? [`and ${plural(rows.length - 60, "more step")}`] : []),
        ...(node.gathers
          ? [
              `They keep ${plural(run.bytes(node), "byte")} for backward; their steps are not recorded.`,
            ]
          : []),
      ],
    };
  },
};

const jumpTo = (i, words, stepNumber) =>
  `<button type="button" class="prow" data-jump="${i}"><span>${words}</span><span class="t">step ${stepNumber(i)}</span><b></b></button>`;

function storyOf(run, step, n) {
  const short = (id) => escapeText(shortName(run, run.node(id)));
  if (step.kind === "arrive" && step.n === n)
    return `receives ${show(step.v)}${step.from === undefined ? "" : ` from ${short(step.from)}`}`;
  if (step.kind === "arrive" && step.from === n) return `sends ${show(step.v)} to ${short(step.n)}`;
  if (step.kind === "op" && run.ins.get(step.n).some((edge) => edge.from === n))
    return `is used by ${short(step.n)}`;
  if (step.n !== n && step.n2 !== n && !step.ns?.includes(n)) return null;
  return {
    op: "is made",
    seed: "starts the walk",
    run: "runs",
    hook: "is seen by a hook",
    store: `.grad becomes ${step.after ? show(step.after) : ""}`,
    opt: "is updated",
    zero: "its gradient is forgotten",
    free: "lets go of what it kept",
    write: "is changed in place",
  }[step.kind];
}
