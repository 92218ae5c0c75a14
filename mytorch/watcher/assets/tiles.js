// Arrays as tables of numbers, larger ones as means and statistics; equations as MathML.

import { digits, escapeText, isBad, numeric, plural, shapeOf } from "./numbers.js";

// Of a vector so many numbers stand in a row.
const LONG_ROW = 8;

/** A value as a figure. `cells` makes its numbers buttons, `id` is how these are found. */
export function tile(value, title, { id = "", cells = false, fine = false } = {}) {
  const caption = `<figcaption><b>${title}</b> ${shapeOf(value)}</figcaption>`;
  const name = id === "" ? "" : ` data-tile="${id}"`;
  if (!value.d && !value.q)
    return `<figure class="tilebox"${name}>${caption}<span class="mono">not recorded</span></figure>`;
  const plain = escapeText(title.replace(/<[^>]*>/g, ""));
  if (value.q)
    return `<figure class="tilebox"${name}>${caption}${grid(value.q.tile.flat(), value.q.tile[0].length, `${plain}, means of blocks`, false, false)}${statistics(value.q)}</figure>`;
  const long = value.s.length === 1 && value.d.length > LONG_ROW;
  const columns = long ? LONG_ROW : (value.s.at(-1) ?? 1);
  if (!value.d.length)
    return `<figure class="tilebox"${name}>${caption}<span class="mono">empty</span></figure>`;
  return `<figure class="tilebox"${name}>${caption}${grid(value.d, columns, `${plain} ${shapeOf(value)}`, cells, fine)}</figure>`;
}

function grid(numbers, columns, label, cells, fine) {
  const most = Math.max(1e-12, ...numbers.filter((x) => !isBad(x)).map((x) => Math.abs(x)));
  const rows = [];
  for (let start = 0; start < numbers.length; start += columns) {
    const row = numbers.slice(start, start + columns).map((x, j) => {
      const at = start + j;
      const size = isBad(x) ? 0 : Math.ceil((Math.abs(x) / most) * 6);
      const kind = isBad(x) ? "bad" : `${x < 0 ? "n " : ""}m${size}`;
      const text = digits(x, !fine);
      const inner = cells
        ? `<button type="button" data-cell="${at}" tabindex="${at ? -1 : 0}">${text}</button>`
        : `<span>${text}</span>`;
      return `<td class="${kind}" data-i="${at}">${inner}</td>`;
    });
    rows.push(`<tr>${row.join("")}</tr>`);
  }
  return `<table class="tile" aria-label="${label}"><tbody>${rows.join("")}</tbody></table>`;
}

function statistics(q) {
  const words = [
    ["from", q.min],
    ["to", q.max],
    ["mean", q.mean],
    ["deviation", q.std],
  ]
    .filter(([, x]) => x !== undefined)
    .map(([word, x]) => `${word} ${digits(x, true)}`);
  const spoiled = q.nan + q.posinf + q.neginf;
  if (q.zeros) words.push(plural(q.zeros, "zero"));
  if (spoiled) words.push(`<b class="wrong">${spoiled} not finite</b>`);
  return `<p class="stat">${words.join(" · ")}</p>`;
}

const math = (inner) => `<math displaystyle="true"><mrow>${inner}</mrow></math>`;

/** A line with an equation, and a remark behind it. */
export const equation = (inner, remark = "") =>
  `<div class="eq">${math(inner)}${remark ? `<span class="note">${remark}</span>` : ""}</div>`;
export const equations = (lines) =>
  lines.length ? `<div class="eqs">${lines.join("")}</div>` : "";

/** A name, or an expression in brackets. */
export function term(text, bare = false) {
  if (/^[a-z]$/i.test(text)) return `<mi>${text}</mi>`;
  const word = `<mtext>${escapeText(text)}</mtext>`;
  return /\s/.test(text) && !bare ? `<mrow><mo>(</mo>${word}<mo>)</mo></mrow>` : word;
}
export const slope = (above, below) =>
  `<mfrac><mrow><mo>∂</mo>${term(above)}</mrow><mrow><mo>∂</mo>${term(below)}</mrow></mfrac>`;
export const amount = (x, kind = "") => `<mn${kind ? ` class="${kind}"` : ""}>${digits(x)}</mn>`;
export const operator = (sign) => `<mo>${sign}</mo>`;

/** Three or more boxes that are added up. */
export const sum = (parts, kind = "") =>
  `<div class="sum${kind ? ` ${kind}` : ""}">${parts.map(([word, text]) => `<div><small>${word}</small><b>${text}</b></div>`).join("")}</div>`;

export const sign = (text) => `<span class="opr">${text}</span>`;
export const finite = (x) => Number.isFinite(numeric(x));
