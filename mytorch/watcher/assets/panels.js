// The panels beside the step: the program's lines, and the state after the step.

import { shortName } from "./layout.js";
import {
  escapeText,
  isScalar,
  isSpoiled,
  listed,
  plural,
  shapeOf,
  show,
  sizeOf,
} from "./numbers.js";
import { phaseOf } from "./run.js";

const KEYWORDS = /\b(from|import|for|in|def|class|return|with|as|True|False|None|if|else|while)\b/g;
const coloured = (line) => {
  const [text, ...comment] = line.split(/(?=#)/);
  const rest = comment.length ? `<span class="s">${escapeText(comment.join(""))}</span>` : "";
  return escapeText(text).replace(KEYWORDS, '<span class="k">$1</span>') + rest;
};

/** The place in the source that a step belongs to. */
export function placeOf(run, step) {
  if (!step) return null;
  if (step.src) return step.src;
  if (step.kind === "arrive" && step.from !== undefined) return run.node(step.from).src ?? null;
  if (step.n !== undefined && run.node(step.n).src) return run.node(step.n).src;
  return run.backwardPlace;
}

/** The lines of the files, the active expression marked. */
export function codePanel(run, step, state) {
  const place = placeOf(run, step);
  const back = phaseOf(step) === "backward" ? run.backwardPlace : null;
  const values = valuesByLine(run, state);
  const able = linesOf(run);
  const parts = run.trace.files.map((file, number) => {
    const lines = Object.keys(file.lines).map(Number);
    if (!lines.length) return "";
    const rows = lines.map((line, i) => {
      const here = place?.[0] === number && line >= place[1] && line <= place[2];
      const also = back?.[0] === number && line === back[1];
      const gap = i && lines[i - 1] !== line - 1 ? '<li class="gap" aria-hidden="true">⋯</li>' : "";
      const inner = here ? marked(file.lines[line], place, line) : coloured(file.lines[line]);
      const beside = [...(values.get(`${number}:${line}`)?.values() ?? [])].join("");
      return `${gap}<li${here || also ? ' class="cur" aria-current="true"' : ""} data-line="${number}:${line}">${able.has(`${number}:${line}`) ? `<button type="button" class="n" aria-label="${line}, to the next step of this line">${line}</button>` : `<span class="n">${line}</span>`}<span class="c">${inner || " "}</span>${beside}</li>`;
    });
    const heading = run.trace.files.length > 1 ? `<h3>${escapeText(file.name)}</h3>` : "";
    return `${heading}<ol class="src">${rows.join("")}</ol>`;
  });
  return parts.join("") || '<p class="empty">No source was recorded.</p>';
}

const known = new WeakMap();

/** The lines that steps belong to. */
function linesOf(run) {
  if (!known.has(run)) {
    const lines = new Set();
    for (const step of run.recorded) {
      const [file, first, last] = placeOf(run, step) ?? [];
      for (let line = first; line <= last; line++) lines.add(`${file}:${line}`);
    }
    known.set(run, lines);
  }
  return known.get(run);
}

function marked(text, place, line) {
  const start = line === place[1] ? place[3] : text.length - text.trimStart().length;
  const end = line === place[2] ? place[4] : text.length;
  return `${coloured(text.slice(0, start))}<mark>${coloured(text.slice(start, end))}</mark>${coloured(text.slice(end))}`;
}

function valuesByLine(run, state) {
  const found = new Map();
  for (const node of run.nodes) {
    if (!node.name || !state.made.has(node.id)) continue;
    const [file, line] = node.src ? [node.src[0], node.src[2]] : (node.assigned ?? []);
    const grad = state.grad.get(node.id);
    const value =
      isScalar(node.value) || sizeOf(node.value) <= 3
        ? `= ${show(node.value)}`
        : shapeOf(node.value);
    const words = `<span class="in">${escapeText(node.name)} ${value}${grad ? ` <span class="gb">grad ${show(grad)}</span>` : ""}</span>`;
    // Of a variable that a loop gives many values the latest one.
    const key = `${file}:${line}`;
    if (!found.has(key)) found.set(key, new Map());
    found.get(key).set(node.name.replace(/ \(\d+\)$/, ""), words);
  }
  return found;
}

/** Leaves and their gradients, the order of the walk, what is kept. */
export function statePanel(run, step, state) {
  return leaves(run, step, state) + (state.seeded ? walk(run, state) : "") + memory(run, state);
}

function leaves(run, step, state) {
  const rows = run.nodes
    .filter(
      (node) =>
        state.made.has(node.id) &&
        (node.kind === "leaf" ||
          node.kind === "param" ||
          (node.kind === "const" && node.name && isScalar(node.value))),
    )
    .map((node) => {
      const value = state.value.get(node.id) ?? node.value;
      const [grad, sum] = [state.grad.get(node.id), state.sum.get(node.id)];
      const active =
        step.n === node.id && ["store", "arrive", "opt"].includes(step.kind) ? ' class="hot"' : "";
      let words = `<span class="no">None${sum ? `, ${show(sum)} gathered` : ""}</span>`;
      if (!node.requires_grad) words = '<span class="no">None, a constant</span>';
      else if (grad)
        words = `<span class="g${isSpoiled(grad) ? " wrong" : ""}">${show(grad)}</span>`;
      return `<tr${active}><td>${escapeText(run.label(node.id))}</td><td>${show(value)}</td><td>${words}</td></tr>`;
    });
  if (!rows.length) return "";
  return `<table class="gt"><caption class="sr">Leaves and their gradients</caption><thead><tr><th scope="col">tensor</th><th scope="col">value</th><th scope="col">.grad</th></tr></thead><tbody>${rows.join("")}</tbody></table>`;
}

function walk(run, state) {
  const pill = (id, kind, more) =>
    `<span class="pill${kind}">${escapeText(shortName(run, run.node(id)))}${more ? ` <small>${more}</small>` : ""}</span>`;
  const number = (id) => `#${run.node(id).time ?? "?"}`;
  const ready = [...state.sum.keys()]
    .filter((id) => run.node(id).kind === "op" && !state.runs.has(id))
    .sort((a, b) => (run.node(b).time ?? 0) - (run.node(a).time ?? 0));
  const gathering = [...state.got.keys()].filter(
    (id) => run.node(id).kind !== "op" && state.got.get(id) < run.waits(id),
  );
  const ran = state.ran.slice(-12).map((id) => pill(id, " ran", number(id)));
  if (state.ran.length > 12)
    ran.unshift(`<span class="empty">${plural(state.ran.length - 12, "node")}, then</span>`);
  const waiting = ready
    .slice(0, 12)
    .map((id, i) =>
      pill(
        id,
        i === 0 ? " next" : "",
        `${number(id)}${run.waits(id) > 1 ? ` ${state.got.get(id)}/${run.waits(id)}` : ""}${i === 0 ? " next" : ""}`,
      ),
    );
  const rows = [
    ["ran", ran.join("") || '<span class="empty">none yet</span>'],
    ["has a gradient", waiting.join("") || '<span class="empty">none</span>'],
  ];
  if (gathering.length)
    rows.push([
      "gathering",
      gathering
        .slice(0, 12)
        .map((id) => pill(id, "", `${state.got.get(id)} of ${run.waits(id)}`))
        .join(""),
    ]);
  return `<h3>Order of the walk</h3><dl class="q">${rows.map(([word, inner]) => `<dt>${word}</dt><dd>${inner}</dd>`).join("")}</dl>`;
}

function memory(run, state) {
  if (run.trace.engine) return "";
  const bytes = (nodes) => nodes.reduce((sum, node) => sum + run.bytes(node), 0);
  const kept = [...state.kept].map((id) => run.node(id));
  const all = bytes(run.nodes.filter((node) => node.time));
  const now = bytes(kept);
  const meter = all
    ? `<svg class="meter" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true"><rect class="t" width="100" height="6"/><rect class="u" width="${((100 * now) / all).toFixed(1)}" height="6"/></svg>`
    : "";
  const rows = kept.slice(-10).map((node) => {
    const what = listed(
      node.saved.map((saved) =>
        saved.node === null
          ? shapeOf({ s: saved.shape })
          : saved.node === node.id
            ? "its result"
            : escapeText(shortName(run, run.node(saved.node))),
      ),
    );
    return `<div class="row"><code>${escapeText(shortName(run, node))}</code><span class="no">${what}</span><span class="by">${run.bytes(node).toLocaleString("en")}</span></div>`;
  });
  const more =
    kept.length > 10 ? `<p class="empty">and ${plural(kept.length - 10, "other")}</p>` : "";
  const none = state.freed.size ? "Nothing: the graph was let go." : "Nothing.";
  return `<h3>Kept for backward <span class="r">${plural(now, "byte")}</span></h3>${meter}${rows.length ? `<div class="keep">${rows.join("")}</div>${more}` : `<p class="empty">${none}</p>`}`;
}
