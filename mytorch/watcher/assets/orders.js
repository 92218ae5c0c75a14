// The same graph walked by two orders that do not wait: what they would do, on the recorded slopes.

import { isScalar, numeric, show } from "./numbers.js";

const MOST_RUNS = 400;
const scalar = (x) => ({ s: [], t: "float64", d: [x] });

/** The slope along each edge, or null if the graph is not one of single numbers. */
function slopesOf(run) {
  const slopes = new Map();
  for (const step of run.recorded) {
    if (step.kind !== "run") continue;
    if (!isScalar(step.g) || !numeric(step.g.d[0])) return null;
    for (const part of step.parts) {
      if (part.e === undefined || part.e === null || !isScalar(part.v)) return null;
      slopes.set(part.e, numeric(part.v.d[0]) / numeric(step.g.d[0]));
    }
  }
  return slopes.size ? slopes : null;
}

/** Whether the order can make a difference: some node waits for two, and the numbers are single. */
export function ordersOf(run) {
  const seed = run.recorded.find((step) => step.kind === "seed");
  const waits = run.recorded.some(
    (step) => step.kind === "arrive" && step.of > 1 && run.node(step.n).kind === "op",
  );
  const slopes =
    !run.trace.engine &&
    seed &&
    waits &&
    run.recorded.filter((step) => step.kind === "seed").length === 1
      ? slopesOf(run)
      : null;
  if (!slopes) return null;
  return {
    waiting: {
      runs: run.recorded.filter((step) => step.kind === "run").length,
      steps: run.recorded,
    },
    greedy: walked(run, seed, slopes, true),
    every: walked(run, seed, slopes, false),
  };
}

/** Each node runs as soon as something arrives, and sends on all it has gathered or the new part. */
function walked(run, seed, slopes, whole) {
  const steps = run.recorded.slice(0, run.recorded.indexOf(seed) + 1);
  const gathered = new Map();
  const got = new Map();
  const again = new Map();
  let runs = 0;
  const visit = (id, part) => {
    if (runs >= MOST_RUNS) return;
    const sent = whole ? (gathered.get(id) ?? part) : part;
    const ins = run.ins.get(id).filter((edge) => edge.grad && slopes.has(edge.id));
    again.set(id, (again.get(id) ?? 0) + 1);
    runs += 1;
    const label = run.label(id);
    steps.push({
      kind: "run",
      n: id,
      g: scalar(sent),
      parts: ins.map((edge) => ({ e: edge.id, v: scalar(sent * slopes.get(edge.id)) })),
      again: again.get(id),
      says: again.get(id) > 1 ? `${label} runs again` : `${label} runs at once`,
    });
    for (const edge of ins) {
      const to = edge.from;
      const value = sent * slopes.get(edge.id);
      const before = gathered.get(to);
      const after = (before ?? 0) + value;
      gathered.set(to, after);
      got.set(to, (got.get(to) ?? 0) + 1);
      steps.push({
        kind: "arrive",
        n: to,
        from: id,
        e: edge.id,
        v: scalar(value),
        ...(before === undefined ? {} : { before: scalar(before) }),
        after: scalar(after),
        got: got.get(to),
        of: run.waits(to),
        says: `${run.label(to)} receives ${show(scalar(value))}`,
      });
      if (run.node(to).kind === "op") visit(to, value);
    }
  };
  gathered.set(seed.n, numeric(seed.v.d[0]));
  visit(seed.n, numeric(seed.v.d[0]));
  const stored = run.recorded.filter((step) => step.kind === "store");
  const wrong = [];
  for (const step of stored) {
    const after = gathered.get(step.n);
    if (after === undefined) continue;
    const right = numeric(step.v.d[0]);
    if (Math.abs(after - right) > 1e-6 * Math.max(1, Math.abs(right)))
      wrong.push({ n: step.n, found: after, right });
    steps.push({
      ...step,
      v: scalar(after),
      after: scalar(after),
      says: `${run.label(step.n)}.grad becomes ${show(scalar(after))}`,
    });
  }
  return { runs, steps, wrong, cut: runs >= MOST_RUNS };
}
