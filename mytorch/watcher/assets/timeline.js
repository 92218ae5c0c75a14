// The timeline: a glyph for each step, bands by phase where there are many.

import { phaseOf } from "./run.js";
import { shownAt } from "./stops.js";

const MANY = 150;
const NEAR = 20;

// How far apart glyphs are under the lens.
const APART = 9.5;

const headAt = (x, y) => `M${x - 1} ${y - 13}h2v26h-2zM${x - 5} ${y - 14}h10l-5 6z`;

export class Timeline {
  constructor(box) {
    this.svg = box.querySelector("svg");
    this.box = box;
    this.range = box.querySelector("input");
  }

  /** Where there are many steps, the band stands for all, and above it a lens shows those near. */
  draw(run, stops, coarse, marked) {
    Object.assign(this, { run, stops, coarse, marked });
    this.range.max = Math.max(0, stops.length - 1);
    this.width = this.box.clientWidth;
    const low = this.box.clientHeight < 40;
    this.dense = stops.length > MANY;
    this.y = this.dense ? (low ? 9 : 13) : low ? 18 : 28;
    this.bandAt = this.dense ? (low ? 26 : 36) : this.y;
    const all = (this.width - 16) / Math.max(1, stops.length - 1);
    this.gap = this.dense ? Math.min(APART, (this.width - 16) / (2 * NEAR)) : all;
    this.svg.innerHTML = `${this.bands()}<g></g><g></g><path class="head"/>`;
    [this.points, this.marks, this.head] = [...this.svg.children].slice(-3);
    this.glyphs = new Map();
    this.pointed = null;
    this.paint(0);
  }

  x(place) {
    const { stops, width } = this;
    return 8 + (stops.length > 1 ? place / (stops.length - 1) : 0) * (width - 16);
  }

  paint(place) {
    const last = this.stops.length - 1;
    const [from, to] = this.dense
      ? [Math.max(0, place - NEAR), Math.min(last, place + NEAR)]
      : [0, last];
    for (const [at, mark] of this.glyphs) {
      if (at >= from && at <= to) continue;
      mark.remove();
      this.glyphs.delete(at);
    }
    for (let at = from; at <= to; at++) {
      if (!this.glyphs.has(at)) {
        this.marks.insertAdjacentHTML("beforeend", this.glyph(at, at * this.gap, 0));
        this.glyphs.set(at, this.marks.lastElementChild);
      }
      this.glyphs.get(at).classList.toggle("fut", at > place);
    }
    const x = this.x(place);
    const most = this.width - 8 - (to - from) * this.gap;
    const left = Math.max(8, Math.min(most, x - (place - from) * this.gap)) - from * this.gap;
    this.marks.setAttribute("transform", `translate(${left.toFixed(1)} ${this.y})`);
    const band = this.dense ? `M${x - 1.5} ${this.bandAt - 9}h3v18h-3z` : "";
    this.head.setAttribute("d", headAt(left + place * this.gap, this.y) + band);
    if (this.dense) this.point();
  }

  /** Marks on the band what is spoiled or stored, and where it stops. */
  point() {
    const { stops, run, marked } = this;
    const key = [...marked].join();
    if (key === this.pointed) return;
    this.pointed = key;
    let stored = "";
    const points = [];
    for (const [at, i] of stops.entries()) {
      const step = run.steps[i];
      const x = this.x(at);
      if (step.kind === "store") stored += `M${x.toFixed(1)} ${this.bandAt + 4}v5`;
      if (step.bad?.first || step.kind === "stop" || marked.has(step.n))
        points.push(this.glyph(at, x, this.bandAt));
    }
    this.points.innerHTML = `<path class="stored" d="${stored}"/>${points.join("")}`;
  }

  /** The lines of the phases, with their names. */
  bands() {
    const { stops, run, dense, bandAt: y } = this;
    const phases = stops.map((i) => phaseOf(run.steps[i]));
    const lines = [];
    let from = 0;
    for (let at = 0; at < stops.length; at++) {
      if (at < stops.length - 1 && phases[at + 1] === phases[at]) continue;
      const [left, right] = [this.x(from), this.x(at)];
      const kind = { forward: "kf", backward: "kb", update: "ku" }[phases[at]];
      lines.push(
        dense
          ? `<rect class="${kind} band" x="${left}" y="${y - 6}" width="${Math.max(1, right - left)}" height="12" rx="3"/>`
          : `<path class="band" d="M${left} ${y}H${right}"/>`,
      );
      if (right - left > 52)
        lines.push(
          `<text class="pl" x="${(left + right) / 2}" y="${dense ? y + 4 : 10}" text-anchor="middle">${phases[at]}</text>`,
        );
      from = at + 1;
    }
    return lines.join("");
  }

  glyph(at, x, y) {
    const i = this.stops[at];
    const step = this.run.steps[i];
    const { kind } = shownAt(this.run, i, this.coarse);
    const small = this.dense ? 0.7 : 1;
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
