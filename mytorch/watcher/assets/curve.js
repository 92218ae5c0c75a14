// Curves over the iterations: the losses, and of a parameter the norms of gradient and update.

import { digits, escapeText, numeric } from "./numbers.js";

const [ACROSS, DOWN] = [220, 34];
const amountOf = (x) => (x === null || x === undefined ? "unknown" : digits(x));

/** A curve of the numbers of every so-manieth iteration; `dot` draws one of an iteration. */
function curveOf(numbers, every, count, iterations, dot) {
  const known = numbers.map((x) => (x === null ? null : numeric(x)));
  const finite = known.filter((x) => x !== null && Number.isFinite(x));
  const [low, high] = [Math.min(0, ...finite), Math.max(...finite, 1e-12)];
  const x = (i) => (6 + ((i - 1) / (count - 1)) * (ACROSS - 12)).toFixed(1);
  const y = (value) =>
    (3 + (1 - ((Number.isFinite(value) ? value : high) - low) / (high - low)) * (DOWN - 6)).toFixed(
      1,
    );
  const line = known
    .map((value, at) =>
      value !== null && Number.isFinite(value) ? `${x(1 + at * every)} ${y(value)}` : null,
    )
    .filter(Boolean);
  const dots = iterations.map(({ i }, place) => {
    const at = (i - 1) / every;
    return known[at] === undefined || (known[at] === null && !dot)
      ? ""
      : (dot ?? plainDot)(place, x(i), y(known[at] ?? high));
  });
  return `<path class="loss" d="M${line.join("L")}"/>${dots.join("")}`;
}

const plainDot = (_, x, y) => `<circle cx="${x}" cy="${y}" r="3"/>`;

/** The curve of the losses: iterations that were recorded whole are buttons. */
export function lossCurve(trace, place) {
  const { losses, iterations, norms } = trace;
  const { i, loss } = iterations[place];
  const button = (at, x, y) => {
    const [one, here] = [iterations[at], at === place];
    return `<g class="mtog" role="button" tabindex="0" data-iteration="${at}" aria-pressed="${here}" aria-label="Iteration ${one.i}, loss ${amountOf(one.loss)}"><rect x="${x - 12}" y="${y - 12}" width="24" height="24" rx="8" fill-opacity="0" stroke-opacity="0"/><circle class="${here ? "here" : ""}" cx="${x}" cy="${y}" r="${here ? 6 : 4.2}"/></g>`;
  };
  const more = norms?.of.length
    ? '<button type="button" class="btn quiet" data-norms="0">Norms</button>'
    : "";
  return `<span class="lab">iteration <b>${i}</b> of ${losses.length}<br>loss <b>${amountOf(loss)}</b></span><svg width="${ACROSS}" height="${DOWN}" role="group" aria-label="Loss over ${losses.length} iterations; those recorded whole are buttons">${curveOf(losses, 1, losses.length, iterations, button)}</svg>${more}`;
}

/** Of a parameter: how large its gradient was and how far it moved, over the iterations. */
export function normCurves({ trace, iteration }, { at }) {
  const { every, of } = trace.norms;
  const { name, gradient, update } = of[at];
  const here = (iteration.i - 1) / every;
  const drawn = [
    ["gradient", gradient],
    ["update", update],
  ].map(
    ([word, norms]) =>
      `<div class="curve"><svg width="${ACROSS}" height="${DOWN}" role="img" aria-label="Norm of the ${word} over ${trace.losses.length} iterations, as in the table">${curveOf(norms, every, trace.losses.length, [iteration])}</svg><span class="lab">norm of the ${word}<br><b>${amountOf(norms[here])}</b></span></div>`,
  );
  const options = of.map(
    (one, i) =>
      `<option value="${i}"${i === at ? " selected" : ""}>${escapeText(one.name)}</option>`,
  );
  const rows = gradient.map(
    (norm, i) => `<tr><td>${1 + i * every}<td>${amountOf(norm)}<td>${amountOf(update[i])}`,
  );
  const some = every > 1 ? `, one iteration in ${every}` : "";
  return {
    head: `How large the gradient of <code>${escapeText(name)}</code> was, and how far it moved`,
    body: `<p class="tools"><label>Parameter <select name="norms">${options.join("")}</select></label></p>${drawn.join("")}<details class="all"><summary>Norms as a table</summary><div class="scroll" tabindex="0" role="region" aria-label="Norms over the iterations"><table class="st"><thead><tr><th scope="col">iteration<th scope="col">gradient<th scope="col">update</thead><tbody>${rows.join("")}</tbody></table></div></details>`,
    why: [
      `Each norm is the root of the sum of squares of all its numbers: of the gradient as the optimizer found it, and of the parameter after the step less before${some}.`,
    ],
  };
}
