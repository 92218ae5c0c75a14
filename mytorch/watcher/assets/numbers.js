// Numbers and values of a trace as text.

const WORDS = { NaN: Number.NaN, Inf: Number.POSITIVE_INFINITY, "-Inf": Number.NEGATIVE_INFINITY };

export const escapeText = (text) =>
  String(text).replace(
    /[&<>"]/g,
    (sign) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[sign],
  );

/** A number of the trace as a number: NaN and infinities are words there. */
export const numeric = (x) => (typeof x === "string" ? WORDS[x] : x);
export const isBad = (x) => typeof x === "string";

/** Four digits, or with `brief` two or three. */
export function digits(x, brief = false) {
  if (typeof x === "string") return { NaN: "NaN", Inf: "∞", "-Inf": "−∞" }[x];
  if (Number.isNaN(x)) return "NaN";
  const size = Math.abs(x);
  let text = "0";
  if (size >= 1e5 || (size > 0 && size < 1e-3))
    text = x.toExponential(brief ? 0 : 1).replace("e+", "e");
  else if (size > 0) text = String(+x.toPrecision(brief ? (size < 1 ? 2 : 3) : 4));
  return text.replace("-", "−");
}

export const isScalar = (value) => value.s.length === 0 && value.d !== undefined;
export const sizeOf = (value) => value.s.reduce((size, side) => size * side, 1);
export const shapeOf = (value) =>
  value.s.length ? `(${value.s.join(", ")}${value.s.length === 1 ? "," : ""})` : "scalar";
export const isSpoiled = (value) =>
  Boolean(value) &&
  (value.d
    ? value.d.some(isBad)
    : value.q
      ? value.q.nan + value.q.posinf + value.q.neginf > 0
      : false);

/** A value in a few characters. */
export function show(value) {
  if (!value) return "None";
  if (isScalar(value)) return digits(value.d[0]);
  if (value.d && value.s.length === 1 && value.d.length <= 3)
    return `[${value.d.map((x) => digits(x, true)).join(", ")}]`;
  return shapeOf(value);
}

export const plural = (count, word) =>
  `${count.toLocaleString("en")} ${word}${count === 1 ? "" : "s"}`;
export const ordinal = (n) =>
  ["", "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth"][n] ?? `${n}th`;
export const listed = (words) =>
  words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
