// The graph as SVG: drawn once per folding, painted for each step.

import { cardValue, fitted, hasPicture, isCode, layoutOf, shortName, widthOf } from "./layout.js";
import { digits, escapeText, isBad, isScalar, isSpoiled, shapeOf, show } from "./numbers.js";
import { phaseOf } from "./run.js";

const f = (x) => x.toFixed(1);
// Graphs of more cards are painted in slices of so many milliseconds, first what is near the sight.
const AT_ONCE = 60;
const MARGIN = 150;
const SLICE = 6;
const SHADES = 6;
// Steps about more nodes are about the graph as a whole.
const FEW = 40;
const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

export class Graph {
  constructor(box) {
    this.box = box;
    this.zoom = 1;
    this.flight = 0;
    this.late = [];
    this.timer = 0;
  }

  draw(run, folded) {
    this.run = run;
    this.late = [];
    const { box } = this;
    const layout = layoutOf(run, folded, box.clientWidth, Math.max(240, box.clientHeight));
    Object.assign(this, layout, { folded });
    const { extent } = layout;
    const arrow =
      '<defs><marker id="arrow" viewBox="0 0 8 8" refX="13" refY="4" markerUnits="userSpaceOnUse" markerWidth="9" markerHeight="9" overflow="visible" orient="auto-start-reverse"><path d="M0 .8 7.4 4 0 7.2z" fill="context-stroke"/></marker></defs>';
    const label = `Graph of ${run.nodes.length} nodes. Arrow keys walk along its edges.`;
    const parts = [
      ...this.boxes.map(boxOf),
      ...this.edges.map(edgeLine),
      // Names of boxes lie on the edges that cross them.
      ...this.boxes.map((part) => this.head(part)),
      ...[...this.cards.values()].map((card) => this.card(card)),
      ...this.edges.map(socket),
    ];
    const view = [extent.x, extent.y, extent.w, extent.h].map(f).join(" ");
    box.innerHTML = `<svg viewBox="${view}" role="group" aria-label="${label}">${arrow}${parts.join("")}<g class="chips"></g><circle class="dot" r="6" visibility="hidden"/></svg>`;
    this.svg = box.firstElementChild;
    this.resize();
    this.parts = new Map();
    for (const part of this.svg.querySelectorAll("[data-e]")) {
      const id = +part.dataset.e;
      if (!this.parts.has(id)) this.parts.set(id, {});
      this.parts.get(id)[part.dataset.part] = part;
    }
    this.painted = new Map();
    this.pictured = new Map();
    this.shapes = new Map(
      [...this.svg.querySelectorAll(".nd")].map((part) => [part.dataset.k, part]),
    );
    this.svg.querySelector(".nd")?.setAttribute("tabindex", "0");
    this.dot = this.svg.lastElementChild;
    this.chips();
  }

  resize() {
    const scale = this.scale * this.zoom;
    this.svg.setAttribute("width", (this.extent.w * scale).toFixed(0));
    this.svg.setAttribute("height", (this.extent.h * scale).toFixed(0));
  }

  zoomBy(factor) {
    this.zoom = factor === 0 ? 1 : Math.max(0.5, Math.min(3, this.zoom * factor));
    this.resize();
  }

  /** What a box has at its top: its button and its name. */
  head(part) {
    const module = this.run.module(part.module);
    const name = part.depth > 1 ? module.path.split(".").at(-1) : module.path;
    const whole = `${name}  ${module.kind === module.path ? "" : module.kind}`.trim();
    const room = Math.floor((part.w - 42) / 6.4);
    return `${toggle(part.x + 9, part.y + 6, part.module, module, false)}<text class="mlab" x="${f(part.x + 32)}" y="${f(part.y + 18.5)}">${escapeText(whole.length <= room ? whole : fitted(name, Math.max(3, room)))}</text>`;
  }

  card(card) {
    const { x, y, w, h, key } = card;
    const ring = (rx) =>
      `<rect class="ring" x="${f(x - 5)}" y="${f(y - 5)}" width="${f(w + 10)}" height="${f(h + 10)}" rx="${rx}"/>`;
    const back = (rx, by) =>
      `<rect class="box" x="${f(x + by)}" y="${f(y + by)}" width="${f(w)}" height="${f(h)}" rx="${rx}"/>`;
    const text = (kind, dx, dy, words = "") =>
      `<text class="${kind}" x="${f(x + dx)}" y="${f(y + dy)}">${escapeText(words)}</text>`;
    if (card.module !== undefined) {
      const module = this.run.module(card.module);
      return `<g class="nd module" data-k="${key}" tabindex="-1" role="button">${ring(16)}${module.stack ? back(12, 8) : ""}${back(12, 4)}${back(12, 0)}${text("t1", 34, 22, fitted(module.path, 24))} ${text("v dim", 12, 42, module.kind)} ${text("g", 12, 60)}</g>${toggle(x + 10, y + 9, card.module, module, true)}`;
    }
    const { node, satellite } = card;
    const leaf = node.kind !== "op";
    const rx = leaf ? (satellite ? 16 : 20) : 9;
    const pad = leaf ? 16 : 12;
    const code = isCode(node) ? " code" : "";
    const first = satellite ? 18 : 22;
    const tag =
      satellite && node.kind === "param"
        ? ""
        : `<text class="tag" text-anchor="end" x="${f(x + w - pad)}" y="${f(y + first - 0.5)}">${escapeText(this.run.tag(node.id))}</text>`;
    const rest = satellite ? text("v", pad, 36) : `${text("v", pad, 41)} ${text("g", pad, 58)}`;
    return `<g class="nd ${node.kind}" data-k="${key}" data-n="${node.id}" tabindex="-1" role="button">${ring(rx + 4)}${back(rx, 0)}${text(`t1${code}`, pad, first, shortName(this.run, node))} ${tag} ${rest}<g class="picture"></g></g>`;
  }

  chips() {
    const group = this.svg.querySelector(".chips");
    for (const line of this.edges) {
      const { edge, satellite } = line;
      if (!edge.grad || satellite) continue;
      line.middle = middleOf(line.points);
      group.insertAdjacentHTML(
        "beforeend",
        '<g class="chip"><rect rx="8" height="17"/><text></text></g>',
      );
      this.parts.get(edge.id).chip = group.lastElementChild;
    }
  }

  /** Paints the state after a step; `hot` lights up a path.
   * Of a large graph what is not in sight is painted when the page has time. */
  paint(step, state, { hot = null, selected = null, marked = new Set() } = {}) {
    const active = activeOf(this.run, step);
    const seen = this.sight();
    this.svg.classList.toggle("path", hot !== null);
    clearTimeout(this.timer);
    this.late = [];
    const paint = (now, job) => (now ? job() : this.late.push(job));
    for (const card of this.cards.values()) {
      const part = this.shapes.get(card.key);
      const now = seen(card.x, card.y, card.x + card.w, card.y + card.h);
      if (card.module !== undefined) paint(now, () => this.paintModule(card, part, state, active));
      else
        paint(now || (active.nodes.size < FEW && active.nodes.has(card.node.id)), () =>
          this.paintNode(card, part, state, active, { hot, selected, marked }),
        );
    }
    for (const line of this.edges) {
      const [start, end] = [line.points[0], line.points.at(-1)];
      const xs = [start[0], end[0]];
      const ys = [start[1], end[1]];
      const now = seen(Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys));
      paint(now || active.edges.has(line.edge.id), () =>
        this.paintEdge(line, state, active, hot, step),
      );
    }
    this.goOn();
  }

  /** Whether a rectangle of the graph is in sight, or near it; of a small graph all is. */
  sight() {
    if (this.cards.size <= AT_ONCE) return () => true;
    const { box, extent } = this;
    const scale = this.scale * this.zoom;
    const [left, top] = [extent.x + box.scrollLeft / scale, extent.y + box.scrollTop / scale];
    const [right, bottom] = [left + box.clientWidth / scale, top + box.clientHeight / scale];
    return (x, y, toX, toY) =>
      x < right + MARGIN && toX > left - MARGIN && y < bottom + MARGIN && toY > top - MARGIN;
  }

  /** Paints what is left, a little at a time or at once. */
  goOn(all = false) {
    const start = performance.now();
    while (this.late.length && (all || performance.now() - start < SLICE)) this.late.pop()();
    if (this.late.length) this.timer = setTimeout(() => this.goOn());
  }

  paintModule(card, part, state, active) {
    const { nodes } = card;
    const operations = nodes.filter((node) => node.kind === "op");
    const last = operations.at(-1);
    const parameters = nodes.filter((node) => node.kind === "param");
    const arrived = parameters.filter(
      (node) => state.grad.has(node.id) || state.sum.has(node.id),
    ).length;
    const made = last === undefined || operations.some((node) => state.made.has(node.id));
    const on = nodes.map((node) => active.nodes.get(node.id)).find(Boolean) ?? "";
    const spoiled = nodes.some(
      (node) =>
        isSpoiled(state.sum.get(node.id)) || (state.made.has(node.id) && isSpoiled(node.value)),
    );
    let words = "";
    if (made && !state.seeded) words = last ? shapeOf(last.value) : "";
    else if (made)
      words = parameters.length
        ? `${arrived} of ${parameters.length} gradients`
        : last && state.runs.has(last.id)
          ? "passed on"
          : "waits";
    const done =
      operations.length && operations.every((node) => state.runs.has(node.id)) ? " done" : "";
    const classes = `nd module${made ? "" : " ghost"} ${on}${done}${spoiled ? " bad" : ""}`;
    if (!this.isNew(card.key, `${classes}|${words}`)) return;
    part.setAttribute("class", classes);
    part.querySelector(".g").textContent = words;
    part.setAttribute("aria-label", `${seen(part)}. Collapsed module of ${nodes.length} nodes`);
  }

  paintNode(card, part, state, active, { hot, selected, marked }) {
    const { node, satellite } = card;
    const { id } = node;
    const leaf = node.kind !== "op";
    const made = state.made.has(id);
    const value = state.value.get(id) ?? node.value;
    const [sum, grad] = [state.sum.get(id), state.grad.get(id)];
    const room = card.w - (leaf ? 32 : 24) - (hasPicture(node.value) ? 62 : 0);
    const fits = (text, otherwise) => (widthOf(text, "text") > room ? otherwise : text);
    const told = made ? this.gradientWords(node, state) : "";
    const words = fits(told, told.replace(/\[.*/, shapeOf(node.value)));
    const spoiled = [made && value, sum, grad].some((part_) => part_ && isSpoiled(part_));
    const classes = ["nd", node.kind, active.nodes.get(id) ?? ""];
    const flags = {
      ghost: !made,
      bad: spoiled,
      done: state.runs.has(id) || grad !== undefined,
      freed: state.freed.has(id),
      sel: selected === id,
      hot: hot?.nodes.has(id),
      mark: marked.has(id),
      second: node.order === 2,
    };
    const all = [...classes, ...Object.keys(flags).filter((name) => flags[name])].join(" ");
    const shown = state.value.has(id) ? value : (grad ?? (state.seeded ? sum : undefined) ?? value);
    if (!this.isNew(card.key, `${all}|${words}`, shown)) return;
    part.setAttribute("class", all);
    const number = node.kind === "const" && !node.name;
    const valueWords =
      !made || number
        ? ""
        : hasPicture(value) && isSpoiled(value)
          ? `NaN in ${shapeOf(value)}`
          : fits(cardValue(value), shapeOf(value));
    const waiting = /^(waits|no )/.test(words) ? " dim" : "";
    const bad = isSpoiled(sum) || isSpoiled(grad) ? " isbad" : "";
    const [first, second] = [part.querySelector(".v, .g.v"), part.querySelector("text.g:not(.v)")];
    if (!satellite) {
      first.textContent = valueWords;
      first.setAttribute("class", `v${made && isSpoiled(value) ? " isbad" : ""}`);
      second.textContent = words;
      second.setAttribute("class", `g${waiting}${bad}`);
    } else {
      const gradient = node.kind !== "const" && words;
      first.textContent = gradient
        ? words.replace(/^∂ \(.*/, "∂ arrived").replace(/^grad \(.*/, "grad ✓")
        : valueWords || show(value);
      first.setAttribute("class", gradient ? `v g${waiting}${bad}` : "v");
    }
    const pictured = made && hasPicture(shown) && !(satellite && node.kind === "const");
    const cells = pictured ? shown : null;
    if (this.pictured.get(id) !== cells) {
      part.querySelector(".picture").innerHTML = cells ? picture(cells, card) : "";
      this.pictured.set(id, cells);
    }
    const whole = this.run.label(id) === shortName(this.run, node) ? "" : `${this.run.label(id)}, `;
    const said = made ? `value ${show(value)}` : leaf ? "not there yet" : "not computed yet";
    part.setAttribute(
      "aria-label",
      `${seen(part)}. ${whole}${said}${words ? `, gradient ${words.replace(/^(∂|grad) /, "")}` : ""}`,
    );
  }

  /** Whether a part is to be painted otherwise than it was. */
  isNew(key, looks, value = null) {
    const before = this.painted.get(key);
    if (before && before.looks === looks && before.value === value) return false;
    this.painted.set(key, { looks, value });
    return true;
  }

  /** What a card says of its gradient. */
  gradientWords(node, state) {
    const { id } = node;
    if (!state.seeded && !state.grad.has(id)) return "";
    if (node.gradient) return `∂ ${cardValue(node.gradient)}`;
    if (state.value.has(id) && node.kind !== "op") return "updated";
    if (!node.requires_grad) return node.kind === "const" ? "no gradient" : "";
    const [sum, grad] = [state.sum.get(id), state.grad.get(id)];
    if (grad) return `grad ${hasPicture(grad) ? "✓" : cardValue(grad)}`;
    const [got, of] = [state.got.get(id) ?? 0, this.run.waits(id)];
    if (got && got < of)
      return `${isScalar(sum) ? `∂ ${digits(sum.d[0])}` : "∂"} · ${got} of ${of}`;
    if (got) return `∂ ${cardValue(sum)}`;
    if (!of) return "";
    return of > 1 ? `waits for ${of}` : "waits";
  }

  paintEdge(line, state, active, hot, step) {
    const { edge } = line;
    const { id } = edge;
    const part = this.parts.get(id);
    const along = state.along.get(id);
    const on = active.edges.has(id);
    const now = on && phaseOf(step) === "backward";
    const warm = hot?.edges.has(id) ? " hot" : "";
    if (!this.isNew(id, `${state.made.has(edge.to)}|${on}|${now}|${warm}`, along ?? null)) return;
    part.line.setAttribute(
      "class",
      `ed${edge.grad ? "" : " none"}${state.made.has(edge.to) ? "" : " ghost"}${on && !now ? " onf" : ""}${along && !now ? " under" : ""}`,
    );
    if (!edge.grad) return;
    part.back.setAttribute(
      "class",
      `eb${along || now ? " show" : ""}${now ? " now" : ""}${isSpoiled(along) ? " bad" : ""}${warm}`,
    );
    part.socket.setAttribute(
      "class",
      `sock${state.made.has(edge.to) ? " show" : ""}${along ? " full" : ""}${now ? " now" : ""}`,
    );
    if (!part.chip) return;
    part.chip.setAttribute(
      "class",
      `chip${along ? " show" : ""}${now ? " now" : ""}${isSpoiled(along) ? " bad" : ""}${warm}`,
    );
    if (!along) return;
    const words = isScalar(along)
      ? digits(along.d[0])
      : isSpoiled(along)
        ? "NaN"
        : along.s.join("×");
    const w = Math.max(22, words.length * 7.1 + 12);
    const [x, y] = line.middle;
    const [back, text] = part.chip.children;
    back.setAttribute("x", f(x - w / 2));
    back.setAttribute("y", f(y - 8.5));
    back.setAttribute("width", f(w));
    text.textContent = words;
    text.setAttribute("x", f(x));
    text.setAttribute("y", f(y + 4));
  }

  /** A dot flies along the edge of a gradient that arrives. */
  fly(step) {
    const { dot } = this;
    cancelAnimationFrame(this.flight);
    dot.setAttribute("visibility", "hidden");
    const path = step.kind === "arrive" ? this.parts.get(step.e)?.line : null;
    if (calm() || !path) return;
    const length = path.getTotalLength();
    const start = performance.now();
    dot.setAttribute("visibility", "visible");
    const frame = (now) => {
      const part = Math.min(1, (now - start) / 420);
      const at = path.getPointAtLength(length * (1 - part) ** 3);
      dot.setAttribute("cx", f(at.x));
      dot.setAttribute("cy", f(at.y));
      if (part < 1) this.flight = requestAnimationFrame(frame);
      else dot.setAttribute("visibility", "hidden");
    };
    this.flight = requestAnimationFrame(frame);
  }

  /** Scrolls so that a node is seen. */
  follow(id) {
    const { box } = this;
    const part = id === undefined ? null : this.shapes.get(this.keyOf.get(id));
    if (
      !part ||
      (box.scrollWidth <= box.clientWidth + 2 && box.scrollHeight <= box.clientHeight + 2)
    )
      return;
    const [card, frame] = [part.getBoundingClientRect(), box.getBoundingClientRect()];
    const outside = (from, to, low, high) => from < low + 12 || to > high - 12;
    const left = outside(card.left, card.right, frame.left, frame.right)
      ? card.left + card.width / 2 - frame.left - frame.width / 2
      : 0;
    const top = outside(card.top, card.bottom, frame.top, frame.bottom)
      ? card.top + card.height / 2 - frame.top - frame.height / 2
      : 0;
    const far = Math.abs(left) > box.clientWidth || Math.abs(top) > box.clientHeight;
    if (left || top) box.scrollBy({ left, top, behavior: calm() || far ? "instant" : "smooth" });
  }

  /** Moves the focus from a card to the next one in a direction, along an edge if there is one. */
  walk(part, key) {
    const from = this.cards.get(part.dataset.k);
    const [dx, dy] = {
      ArrowLeft: [-1, 0],
      ArrowRight: [1, 0],
      ArrowUp: [0, -1],
      ArrowDown: [0, 1],
    }[key];
    const linked = new Set();
    for (const { edge } of this.edges) {
      const ends = [this.keyOf.get(edge.from), this.keyOf.get(edge.to)];
      if (ends.includes(from.key)) for (const end of ends) linked.add(end);
    }
    let [best, least] = [null, Number.POSITIVE_INFINITY];
    for (const card of this.cards.values()) {
      if (card === from) continue;
      const [x, y] = [
        card.x + card.w / 2 - from.x - from.w / 2,
        card.y + card.h / 2 - from.y - from.h / 2,
      ];
      const ahead = x * dx + y * dy;
      if (ahead <= 4) continue;
      const distance = ahead + 2 * Math.abs(dx ? y : x) - (linked.has(card.key) ? 400 : 0);
      if (distance < least) [best, least] = [card, distance];
    }
    if (best) this.focus(this.shapes.get(best.key));
  }

  focus(part) {
    for (const other of this.svg.querySelectorAll('.nd[tabindex="0"]'))
      other.setAttribute("tabindex", "-1");
    part.setAttribute("tabindex", "0");
    part.focus();
  }

  /** The picture as a file of its own. */
  asFile(style) {
    this.goOn(true);
    const copy = this.svg.cloneNode(true);
    copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
    copy.dataset.theme = document.documentElement.dataset.theme;
    copy.insertAdjacentHTML("afterbegin", `<style>${style}</style>`);
    return copy.outerHTML;
  }
}

// What is read aloud begins with what is seen.
const seen = (part) =>
  [...part.querySelectorAll("text")]
    .map((text) => text.textContent)
    .filter(Boolean)
    .join(" ");

const boxOf = ({ x, y, w, h }) =>
  `<rect class="mbox" x="${f(x)}" y="${f(y)}" width="${f(w)}" height="${f(h)}" rx="14"/>`;

function edgeLine({ edge, path }) {
  const back = edge.grad
    ? `<path class="eb" data-e="${edge.id}" data-part="back" d="${path}" marker-start="url(#arrow)"/>`
    : "";
  return `<path class="ed${edge.grad ? "" : " none"}" data-e="${edge.id}" data-part="line" d="${path}"/>${back}`;
}

/** The middle of the middle part of an edge. */
function middleOf(points) {
  const at = Math.floor((points.length - 1) / 2);
  const [[a, b], [c, d]] = [points[at], points[at + 1]];
  return [(a + c) / 2, (b + d) / 2];
}

function socket({ edge, points }) {
  if (!edge.grad) return "";
  const [x, y] = points[0];
  return `<circle class="sock" data-e="${edge.id}" data-part="socket" cx="${f(x)}" cy="${f(y)}" r="4.6"/>`;
}

function toggle(x, y, number, module, isFolded) {
  const sign = isFolded ? `M${f(x + 8)} ${f(y + 4.5)}v7` : "";
  return `<g class="mtog" role="button" tabindex="0" data-fold="${number}" aria-expanded="${!isFolded}" aria-label="Module ${escapeText(module.path)}, ${isFolded ? "collapsed" : "expanded"}"><rect x="${f(x - 4)}" y="${f(y - 4)}" width="24" height="24" rx="7" fill-opacity="0" stroke-opacity="0"/><rect x="${f(x)}" y="${f(y)}" width="16" height="16" rx="5"/><path d="M${f(x + 4.5)} ${f(y + 8)}h7${sign}"/></g>`;
}

/** A value as small squares, the darker the larger. */
function picture(value, card) {
  const [cells, columns] = value.d
    ? [value.d, value.s.at(-1)]
    : value.q
      ? [value.q.tile.flat(), value.q.tile[0].length]
      : [[], 1];
  if (!cells.length || !columns) return "";
  const rows = cells.length / columns;
  const [w, h] = [58, card.satellite ? 28 : 34];
  const side = Math.max(2.5, Math.min(7, (h - 1) / rows, w / columns));
  if (side * rows > 48 || side * columns > 70) return "";
  const right = card.x + card.w - (card.node.kind === "op" ? 12 : 16);
  const [left, top] = [
    right - side * columns,
    card.y + (card.satellite ? card.h / 2 : card.h - 24) - (side * rows) / 2,
  ];
  const most = Math.max(1e-12, ...cells.filter((x) => !isBad(x)).map((x) => Math.abs(x)));
  // One shape for all squares of a shade: of shapes a page has no end, and each costs at every step.
  const shades = new Map();
  const square = `h${f(side - 0.8)}v${f(side - 0.8)}h${f(0.8 - side)}z`;
  for (const [i, x] of cells.entries()) {
    const shade = isBad(x) ? "cb" : `c m${Math.ceil((SHADES * Math.abs(x)) / most)}`;
    const at = `M${f(left + (i % columns) * side)} ${f(top + Math.floor(i / columns) * side)}`;
    shades.set(shade, (shades.get(shade) ?? "") + at + square);
  }
  return [...shades].map(([shade, d]) => `<path class="${shade}" d="${d}"/>`).join("");
}

/** Which nodes and edges a step is about. */
function activeOf(run, step) {
  const nodes = new Map();
  const edges = new Set();
  if (!step) return { nodes, edges };
  const colour = { forward: "onf", backward: "onb", update: "onu" }[phaseOf(step)];
  for (const id of step.ns ?? []) nodes.set(id, colour);
  if (step.kind === "free") nodes.clear();
  if (step.n !== undefined) nodes.set(step.n, colour);
  if (step.n2 !== undefined) nodes.set(step.n2, colour);
  if (step.kind === "op") for (const edge of run.ins.get(step.n)) edges.add(edge.id);
  if (step.kind === "arrive" && step.e !== undefined) edges.add(step.e);
  return { nodes, edges };
}
