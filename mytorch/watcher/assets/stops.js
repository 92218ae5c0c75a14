// Where the steps stop: at each gradient, or at each node; those inside a collapsed module are stepped over.

import { MOST_SEEN } from "./run.js";

/** The outermost collapsed module around a node, or undefined. */
export const ownerOf = (run, folded, node) => run.around(node).find((at) => folded.has(at));

/** The places of the steps at which one stops: always at those at which a marked tensor gets a gradient. */
export function stopsOf(run, folded, coarse, marked) {
  const { steps } = run;
  const places = [];
  for (const [i, step] of steps.entries()) {
    const next = steps[i + 1];
    if (isHalt(step, marked)) {
      places.push(i);
      continue;
    }
    if (coarse && next?.kind === "arrive" && (step.kind === "run" || step.kind === "arrive"))
      continue;
    if (folded.size && isInside(run, folded, step, next)) continue;
    places.push(i);
  }
  return places.length ? places : steps.length ? [steps.length - 1] : [];
}

/** Whether a marked tensor gets a gradient at a step. */
export const isHalt = (step, marked) =>
  marked.has(step.n) && (step.kind === "arrive" || step.kind === "store");

function isInside(run, folded, step, next) {
  if (!next || step.n === undefined) return false;
  const owner = ownerOf(run, folded, run.node(step.n));
  if (owner === undefined) return false;
  if (step.kind === "op" || step.kind === "run" || step.kind === "arrive") {
    const other = next.from ?? next.n;
    return (
      other !== undefined &&
      next.kind !== "store" &&
      ownerOf(run, folded, run.node(next.n ?? other)) === owner
    );
  }
  return false;
}

/** The step that is told at a place: with whole nodes a run stands for its deliveries. */
export function shownAt(run, i, coarse) {
  let at = i;
  if (coarse) while (run.steps[at].kind === "arrive" && at > 0) at--;
  return run.steps[at];
}

/** Which modules are collapsed at first where many nodes would be seen: those in stacks and the stacks
 * themselves, then the innermost until few nodes are seen. */
export function foldedAtFirst(run) {
  const folded = new Set();
  const visible = () => {
    const seen = new Set();
    let loose = 0;
    for (const node of run.nodes) {
      const owner = ownerOf(run, folded, node);
      if (owner === undefined) loose += isSatellite(run, node) ? 0 : 1;
      else seen.add(owner);
    }
    return loose + seen.size;
  };
  if (visible() <= MOST_SEEN) return folded;
  for (const [place, { stack, parent }] of run.modules.entries())
    if (stack || run.module(parent)?.stack) folded.add(run.firstModule + place);
  const inside = new Map();
  for (const node of run.nodes)
    for (const at of run.around(node)) inside.set(at, (inside.get(at) ?? 0) + 1);
  // The innermost first: what is left open is as much as can be.
  const depth = (at) => run.around({ module: at }).length;
  const order = [...inside.keys()].sort(
    (a, b) => depth(b) - depth(a) || inside.get(b) - inside.get(a) || a - b,
  );
  for (const at of order) {
    if (visible() <= MOST_SEEN) break;
    if (inside.get(at) > 1) folded.add(at);
  }
  return folded;
}

/** Whether a node hangs below the one operation in a module that uses it. */
export function isSatellite(run, node) {
  const outs = run.outs.get(node.id);
  if (node.kind === "op" || outs.length !== 1) return false;
  const user = run.node(outs[0].to);
  if (user.module === null || user.module === undefined) return false;
  return node.kind === "param" || (node.kind === "const" && outs[0].arg > 0);
}
