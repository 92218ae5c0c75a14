// How a number of a gradient is made: the terms of its sum, and where they stand.

import { digits, numeric } from "./numbers.js";

const G = (i) => ["G", i];
const count = (n) => Array.from({ length: n }, (_, i) => i);
const all = (value) => count(value.d.length);

// The slope of each number by itself, from operand x and result y.
const SLOPES = {
  Neg: () => -1,
  Abs: (x) => Math.sign(x),
  Exp: (_, y) => y,
  Expm1: (_, y) => y + 1,
  Log: (x) => 1 / x,
  Log1p: (x) => 1 / (1 + x),
  Log2: (x) => 1 / (x * Math.LN2),
  Log10: (x) => 1 / (x * Math.LN10),
  Sqrt: (_, y) => 0.5 / y,
  Rsqrt: (_, y) => -0.5 * y ** 3,
  Reciprocal: (_, y) => -y * y,
  Sin: (x) => Math.cos(x),
  Cos: (x) => -Math.sin(x),
  Erf: (x) => (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x),
  Erfc: (x) => (-2 / Math.sqrt(Math.PI)) * Math.exp(-x * x),
  ReLU: (_, y) => (y > 0 ? 1 : 0),
  Sigmoid: (_, y) => y * (1 - y),
  Tanh: (_, y) => 1 - y * y,
  SiLU: (x) => (1 + x * (1 - logistic(x))) * logistic(x),
  LogSigmoid: (x) => logistic(-x),
  Hardswish: (x) => (x <= -3 ? 0 : x < 3 ? x / 3 + 0.5 : 1),
  Hardsigmoid: (x) => (Math.abs(x) < 3 ? 1 / 6 : 0),
};
const logistic = (x) => 1 / (1 + Math.exp(-x));

/** A place in an array of one shape as the place in one that was repeated to it. */
function repeated(place, from, to) {
  let [rest, step, found] = [place, 1, 0];
  for (let axis = from.length - 1, other = to.length - 1; axis >= 0; axis--, other--) {
    const at = rest % from[axis];
    rest = Math.floor(rest / from[axis]);
    if (other < 0) continue;
    if (to[other] !== 1) found += at * step;
    step *= to[other];
  }
  return found;
}

/** The places of G that were added up into a place of a smaller gradient. */
const summed = (g, part, j) => all(g).filter((i) => repeated(i, g.s, part.s) === j);

// Each formula: (j, g, part, arg, operands, result) to terms, products of [tile, place] and numbers.
const FORMULAS = {
  same: (j, g, part) => summed(g, part, j).map((i) => [G(i)]),
  signed: (j, g, part, arg) => summed(g, part, j).map((i) => (arg ? [-1, G(i)] : [G(i)])),
  zero: () => [[0]],
  all: (j, g, part) => [[G(repeated(j, part.s, shrunk(g, part)))]],
  mean: (j, g, part) => [[G(repeated(j, part.s, shrunk(g, part))), g.d.length / part.d.length]],
  product: (j, g, part, arg, operands) => {
    const other = operands[1 - arg];
    return summed(g, part, j).map((i) => [G(i), ["X", repeated(i, g.s, other.s)]]);
  },
  quotient: (j, g, part, arg, [a, b]) =>
    summed(g, part, j).map((i) => {
      const [x, y] = [numeric(a.d[repeated(i, g.s, a.s)]), numeric(b.d[repeated(i, g.s, b.s)])];
      return [G(i), arg ? -x / (y * y) : 1 / y];
    }),
  slope: (j, _g, _part, _arg, [x], result, op) => {
    const rule = SLOPES[op];
    return rule ? [[G(j), rule(numeric(x.d[j]), numeric(result.d[j]))]] : null;
  },
  matmul: (j, g, part, arg, [a, b]) => {
    if (a.s.length !== 2 || b.s.length !== 2) return null;
    const [rows, columns] = g.s;
    const [r, c] = [Math.floor(j / part.s[1]), j % part.s[1]];
    if (arg === 0) return count(columns).map((k) => [G(r * columns + k), ["X", c * columns + k]]);
    return count(rows).map((k) => [G(k * columns + c), ["X", k * part.s[0] + r]]);
  },
  linear: (j, g, part, arg, [x, weight]) => {
    if (g.s.length !== 2) return null;
    const [rows, outs] = g.s;
    if (arg === 2) return count(rows).map((n) => [G(n * outs + j)]);
    const [r, c] = [Math.floor(j / part.s[1]), j % part.s[1]];
    if (arg === 1) return count(rows).map((n) => [G(n * outs + r), ["X", n * x.s[1] + c]]);
    return count(outs).map((o) => [G(r * outs + o), ["X", o * weight.s[1] + c]]);
  },
  columns: (j, g, _part, arg) => {
    if (arg !== 2 || g.s.length !== 2) return null;
    return count(g.s[0]).map((n) => [G(n * g.s[1] + j)]);
  },
  softmax: () => null,
  chosen: () => null,
  power: (j, g, part, arg, [a, b], result) =>
    summed(g, part, j).map((i) => {
      const [x, p] = [numeric(a.d[repeated(i, g.s, a.s)]), numeric(b.d[repeated(i, g.s, b.s)])];
      return [G(i), arg ? numeric(result.d[i]) * Math.log(x) : p * x ** (p - 1)];
    }),
  cross_entropy: (j, _g, _part, _arg, [x, labels]) => {
    if (x.s.length !== 2 || !labels?.d || labels.s.length !== 1) return null;
    const [rows, classes] = x.s;
    const [n, c] = [Math.floor(j / classes), j % classes];
    const row = x.d.slice(n * classes, (n + 1) * classes).map(numeric);
    const most = Math.max(...row);
    const parts = row.map((value) => Math.exp(value - most));
    const share = parts[c] / parts.reduce((a, b) => a + b);
    return [[G(0), (share - (labels.d[n] === c ? 1 : 0)) / rows]];
  },
};

/** The shape of a reduced G with the axes kept, as far as it can be told. */
function shrunk(g, part) {
  if (g.s.length === part.s.length) return g.s;
  const left = [...g.s];
  return part.s.map((side) => (left[0] === side ? left.shift() : 1));
}

/** The operand that a formula reads beside G, or null. */
export function operandOf(rule, arg, operands) {
  if (!rule) return null;
  if (rule.cells === "product") return operands[1 - arg] ?? null;
  if (rule.cells === "matmul") return operands[1 - arg] ?? null;
  if (rule.cells === "linear") return arg === 1 ? operands[0] : arg === 0 ? operands[1] : null;
  if (rule.cells === "slope") return operands[0];
  return null;
}

/** The sum of one number: its text, the places it is made of, and whether it gives the number. */
export function explain({ rule, op, j, g, part, arg, operands, result, name }) {
  const formula = FORMULAS[rule?.cells];
  if (!formula || !g.d || !part.d || operands.some((value) => !value.d) || !result.d) return null;
  const terms = formula(j, g, part, arg, operands, result, op);
  if (!terms) return null;
  const beside = operandOf(rule, arg, operands);
  const places = [];
  const worth = (factor) => {
    if (!Array.isArray(factor)) return factor;
    places.push(factor);
    return numeric(factor[0] === "G" ? g.d[factor[1]] : beside.d[factor[1]]);
  };
  const bracketed = (x) => (x < 0 ? `(${digits(x, true)})` : digits(x, true));
  let total = 0;
  const words = terms.map((factors) => {
    const numbers = factors.map(worth);
    total += numbers.reduce((a, b) => a * b, 1);
    return numbers.map(bracketed).join("·");
  });
  const told = numeric(part.d[j]);
  // Of a product of 0 and infinity the engine may know better.
  const agrees =
    !Number.isFinite(total) ||
    Math.abs(total - told) <= 1e-3 * Math.max(Math.abs(told), 1e-3 * largest(part));
  const at =
    part.s.length === 2
      ? `[${Math.floor(j / part.s[1])}, ${j % part.s[1]}]`
      : part.s.length === 1
        ? `[${j}]`
        : "";
  const shown = words.length > 24 ? [...words.slice(0, 24), `… ${words.length - 24} more`] : words;
  const text = `${name}${at} = ${shown.join(" + ") || "0"} = <b>${digits(told)}</b>`;
  return {
    text: agrees
      ? text
      : `${text} <b class="wrong">the rule's numbers do not agree: ${digits(total)}</b>`,
    places,
    agrees,
  };
}

const largest = (value) =>
  Math.max(0, ...value.d.map((x) => Math.abs(numeric(x))).filter(Number.isFinite));
