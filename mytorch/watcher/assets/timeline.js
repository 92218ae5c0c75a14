// The timeline: a glyph for each step, bands by phase where there are many.

import { phaseOf } from "./run.js";
import { shownAt } from "./stops.js";

const MANY = 150;
const NEAR = 20;

const headAt = (x, y) => `M${x - 1} ${y - 13}h2v26h-2zM${x - 5} ${y - 14}h10l-5 6z`;

export class Timeline {
  constructor(box) {
    this.svg = box.querySelector("svg");
    this.box = box;
    this.range = box.querySelector("input");
  }

  draw(run, stops, coarse, marked) {
    Object.assign(this, { run, stops, coarse, marked });
    this.range.max = Math.max(0, stops.length - 1);
    this.width = this.box.clientWidth;
    this.y = this.box.clientHeight < 40 ? 18 : 28;
    this.svg.innerHTML = `${this.bands()}<g></g><path class="head"/>`;
    [this.marks, this.head] = [...this.svg.children].slice(-2);
    this.glyphs = new Map();
    this.paint(0);
  }

  x(place) {
    const { stops, width } = this;
    return 8 + (stops.length > 1 ? place / (stops.length - 1) : 0) * (width - 16);
  }

  paint(place) {
    const wanted = this.shown(place);
    for (const [at, mark] of this.glyphs) {
      if (wanted.has(at)) continue;
      mark.remove();
      this.glyphs.delete(at);
    }
    for (const at of wanted) {
      if (!this.glyphs.has(at)) {
        this.marks.insertAdjacentHTML("beforeend", this.glyph(at));
        this.glyphs.set(at, this.marks.lastElementChild);
      }
      this.glyphs.get(at).classList.toggle("fut", at > place);
    }
    this.head.setAttribute("d", headAt(this.x(place), this.y));
  }

  /** The lines of the phases, with their names. */
  bands() {
    const { stops, run, y } = this;
    const phases = stops.map((i) => phaseOf(run.steps[i]));
    const lines = [];
    let from = 0;
    for (let at = 0; at < stops.length; at++) {
      if (at < stops.length - 1 && phases[at + 1] === phases[at]) continue;
      const [left, right] = [this.x(from), this.x(at)];
      const kind = { forward: "kf", backward: "kb", update: "ku" }[phases[at]];
      lines.push(
        stops.length > MANY
          ? `<rect class="${kind} band" x="${left}" y="${y - 3}" width="${Math.max(1, right - left)}" height="6" rx="3"/>`
          : `<path class="band" d="M${left} ${y}H${right}"/>`,
      );
      if (right - left > 52)
        lines.push(
          `<text class="pl" x="${(left + right) / 2}" y="10" text-anchor="middle">${phases[at]}</text>`,
        );
      from = at + 1;
    }
    return lines.join("");
  }

  /** The places whose glyphs are seen: of many steps those near the head, the spoiled ones, and where
   * it stops. */
  shown(place) {
    const { stops, run, marked } = this;
    const near = (at) => stops.length <= MANY || Math.abs(at - place) <= NEAR;
    const always = (step) => step.bad?.first || step.kind === "stop" || marked.has(step.n);
    return new Set([...stops.keys()].filter((at) => near(at) || always(run.steps[stops[at]])));
  }

  glyph(at) {
    const i = this.stops[at];
    const step = this.run.steps[i];
    const { kind } = shownAt(this.run, i, this.coarse);
    const [x, y] = [this.x(at), this.y];
    const small = this.stops.length > MANY ? 0.7 : 1;
    const shapes = {
      op: `M-4.5-4.5h9v9h-9z`,
      run: "M5-6v12l-10-6z",
      seed: "M5-6v12l-10-6z",
      store: "M-6-4h12l-6 9z",
      opt: "M-6 4h12l-6-9z",
      stop: "M-5-5l10 10M-5 5l10-10",
      hook: "M0-6l6 6-6 6-6-6z",
      write: "M0-6l6 6-6 6-6-6z",
    };
    const colour = step.bad || kind === "stop" ? "kx" : `k${phaseOf(step)[0]}`;
    const open = kind === "free" || kind === "zero" || kind === "stop";
    const classes = `tk ${open ? `kn ${kind === "stop" ? "kxs" : ""}` : colour}`;
    const inner = shapes[kind] ? `<path d="${shapes[kind]}"` : `<circle r="${open ? 4 : 3.2}"`;
    return `${inner} class="${classes}" transform="translate(${x.toFixed(1)} ${y}) scale(${small})"/>`;
  }
}
