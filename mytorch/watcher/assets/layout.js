// Where the cards of the graph lie, and how their edges run. Layout by dagre; it runs once per folding.

import { digits, isScalar, show, sizeOf } from "./numbers.js";
import { isSatellite, ownerOf } from "./stops.js";

const HEIGHT = 66;
const LOW = 46;
const GAP = 8;
const NARROW = 620;
// Beyond so many cards dagre takes longer than one likes to wait.
const MANY_CARDS = 150;
const FONTS = {
  name: "620 13.5px Inter, system-ui, sans-serif",
  code: '600 12.5px "JetBrains Mono", Menlo, Consolas, monospace',
  text: "13px Inter, system-ui, sans-serif",
  small: "10.5px Inter, system-ui, sans-serif",
};

const canvas = document.createElement("canvas").getContext("2d");
const widths = new Map();
export function widthOf(text, font) {
  const key = `${font}:${text}`;
  if (!widths.has(key)) {
    canvas.font = FONTS[font];
    widths.set(key, canvas.measureText(text).width);
  }
  return widths.get(key);
}

export const hasPicture = (value) =>
  value.s.length > 0 && !(value.s.length === 1 && sizeOf(value) <= 3);
export const cardValue = (value) =>
  isScalar(value) || !value.d || hasPicture(value)
    ? show(value)
    : `[${value.d.map((x) => digits(x, true)).join(", ")}]`;

/** The name of a node on its card: without the module's path, which is on the box. */
export function shortName(run, node) {
  if (node.kind === "param" && node.name) return node.name.split(".").at(-1);
  if (node.kind === "op" && !node.name && node.module !== null && node.module !== undefined)
    return node.op;
  return fitted(run.label(node.id), 17);
}

/** Whether its name is the expression that made it. */
export const isCode = (node) => !node.name && (node.module === null || node.module === undefined);

export const fitted = (text, most) =>
  text.length > most ? `${text.slice(0, most - 1).trimEnd()}…` : text;

/** Lays the graph out for a width and height in pixels. */
export function layoutOf(run, folded, width, height) {
  const narrow = width < NARROW;
  const direction = narrow ? "TB" : "LR";
  const blocks = blocksOf(run, folded);
  const graph = new dagre.graphlib.Graph({ multigraph: true });
  graph.setGraph({
    rankdir: direction,
    nodesep: narrow ? 22 : 30,
    ranksep: narrow ? 40 : 62,
    marginx: 4,
    marginy: 4,
  });
  graph.setDefaultEdgeLabel(() => ({}));
  const room = run.modules.length ? 1 : 0;
  for (const block of blocks.values()) {
    measure(run, block);
    const below = block.satellites.length * (LOW + GAP);
    if (direction === "LR")
      graph.setNode(block.key, { width: block.w + 12, height: block.h + 2 * below + room * 52 });
    else
      graph.setNode(block.key, {
        width: block.w + (below ? 256 : 0),
        height: Math.max(block.h, below) + room * 34,
      });
  }
  const keyOf = new Map();
  for (const block of blocks.values()) {
    for (const node of block.nodes) keyOf.set(node.id, block.key);
    for (const node of block.satellites) keyOf.set(node.id, `s${node.id}`);
  }
  const blockOf = (id) => {
    const key = keyOf.get(id);
    return key[0] === "s" ? keyOf.get(run.outs.get(id)[0].to) : key;
  };
  for (const edge of run.edges) {
    const [from, to] = [blockOf(edge.from), blockOf(edge.to)];
    if (from !== to) graph.setEdge(from, to, { weight: edge.grad ? 3 : 1 }, `e${edge.id}`);
  }
  if (blocks.size > MANY_CARDS) placeQuickly(graph, direction);
  else dagre.layout(graph);
  const cards = cardsOf(blocks, graph, direction);
  const boxes = boxesOf(run, folded, cards);
  const edges = edgesOf(run, cards, keyOf, blockOf, graph, direction);
  const extent = extentOf(cards, boxes, edges, narrow ? 12 : 22);
  const fit = Math.min((width - 4) / extent.w, narrow ? 9 : (height - 4) / extent.h);
  return {
    direction,
    cards,
    boxes,
    edges,
    keyOf,
    extent,
    scale: Math.max(narrow ? 0.8 : 0.7, Math.min(1.4, fit)),
  };
}

/** Places the cards of a large graph: in layers by the longest way to each, in a layer by where its
 * neighbours lie. Edges run straight. */
function placeQuickly(graph, direction) {
  const keys = graph.nodes();
  const layer = new Map(keys.map((key) => [key, 0]));
  const waiting = new Map(keys.map((key) => [key, graph.inEdges(key).length]));
  const ready = keys.filter((key) => !waiting.get(key));
  const order = [];
  while (ready.length) {
    const key = ready.pop();
    order.push(key);
    for (const { w } of graph.outEdges(key)) {
      layer.set(w, Math.max(layer.get(w), layer.get(key) + 1));
      waiting.set(w, waiting.get(w) - 1);
      if (!waiting.get(w)) ready.push(w);
    }
  }
  // What nothing leads to stands right before what it is used for.
  for (const key of order) {
    const users = graph.outEdges(key).map(({ w }) => layer.get(w));
    if (!graph.inEdges(key).length && users.length) layer.set(key, Math.min(...users) - 1);
  }
  const layers = [];
  for (const key of keys) {
    layers[layer.get(key)] ??= [];
    layers[layer.get(key)].push(key);
  }
  const [along, across] = direction === "LR" ? ["width", "height"] : ["height", "width"];
  const middle = new Map();
  const settle = (row, edgesOf, end) => {
    const wish = (key) => {
      const places = edgesOf(key)
        .map((edge) => middle.get(edge[end]))
        .filter((at) => at !== undefined);
      return places.length
        ? places.reduce((a, b) => a + b) / places.length
        : (middle.get(key) ?? 0);
    };
    const wanted = new Map(row.map((key) => [key, wish(key)]));
    row.sort((a, b) => wanted.get(a) - wanted.get(b));
    let free = Number.NEGATIVE_INFINITY;
    for (const key of row) {
      const half = graph.node(key)[across] / 2 + 12;
      const at = Math.max(wanted.get(key), free + half);
      middle.set(key, at);
      free = at + half;
    }
  };
  for (const row of layers) if (row) settle(row, (key) => graph.inEdges(key), "v");
  for (const row of layers.toReversed()) if (row) settle(row, (key) => graph.outEdges(key), "w");
  for (const row of layers) if (row) settle(row, (key) => graph.inEdges(key), "v");
  let start = 0;
  for (const row of layers) {
    if (!row) continue;
    const deep = Math.max(...row.map((key) => graph.node(key)[along]));
    for (const key of row) {
      const node = graph.node(key);
      const at = start + deep / 2;
      [node.x, node.y] = direction === "LR" ? [at, middle.get(key)] : [middle.get(key), at];
    }
    start += deep + 62;
  }
  for (const edge of graph.edges()) graph.edge(edge).points = [];
}

function blocksOf(run, folded) {
  const blocks = new Map();
  const block = (key, fields) => {
    if (!blocks.has(key)) blocks.set(key, { key, nodes: [], satellites: [], ...fields });
    return blocks.get(key);
  };
  for (const node of run.nodes) {
    const owner = ownerFor(run, folded, node);
    if (owner !== undefined) block(`m${owner}`, { module: owner }).nodes.push(node);
    else if (isSatellite(run, node)) block(`n${run.outs.get(node.id)[0].to}`).satellites.push(node);
    else block(`n${node.id}`).nodes.push(node);
  }
  return blocks;
}

/** The collapsed module that a node is in; parameters are in that of the operation that uses them. */
function ownerFor(run, folded, node) {
  const user = isSatellite(run, node) ? run.node(run.outs.get(node.id)[0].to) : node;
  return ownerOf(run, folded, user);
}

function measure(run, block) {
  if (block.module !== undefined) {
    const module = run.module(block.module);
    block.w = Math.max(
      150,
      widthOf(fitted(module.path, 24), "name") + 60,
      widthOf(module.kind, "text") + 34,
    );
    block.h = HEIGHT + 4;
    return;
  }
  const [node] = block.nodes;
  const picture = hasPicture(node.value) ? 76 : 30;
  const value = cardValue(node.value);
  block.w = Math.max(
    104,
    widthOf(shortName(run, node), isCode(node) ? "code" : "name") +
      widthOf(run.tag(node.id), "small") +
      46,
    widthOf(value, "text") + picture,
    widthOf(`grad ${value}`, "text") + picture,
    widthOf("no gradient", "text") + picture,
  );
  block.h = HEIGHT;
}

function cardsOf(blocks, graph, direction) {
  const cards = new Map();
  for (const block of blocks.values()) {
    const at = graph.node(block.key);
    const [x, y] = [at.x - block.w / 2, at.y - block.h / 2];
    cards.set(block.key, {
      key: block.key,
      x,
      y,
      w: block.w,
      h: block.h,
      node: block.nodes[0],
      nodes: block.nodes,
      module: block.module,
    });
    block.satellites.forEach((node, place) => {
      const all = block.satellites.length * (LOW + GAP) - GAP;
      const corner =
        direction === "LR"
          ? { x, y: y + block.h + 14 + place * (LOW + GAP), w: block.w }
          : { x: x + block.w + 22, y: y + block.h / 2 - all / 2 + place * (LOW + GAP), w: 118 };
      cards.set(`s${node.id}`, {
        key: `s${node.id}`,
        ...corner,
        h: LOW,
        node,
        satellite: true,
        place,
      });
    });
  }
  return cards;
}

/** A box around each module that is open and has something in it, the outer ones first. */
function boxesOf(run, folded, cards) {
  const boxes = new Map();
  const order = [];
  for (const card of cards.values()) {
    const node = card.satellite ? run.node(run.outs.get(card.node.id)[0].to) : card.node;
    const inner =
      card.module === undefined
        ? run.around(node)
        : run.around({ module: run.module(card.module).parent });
    for (const at of inner) {
      if (folded.has(at)) break;
      if (!boxes.has(at)) {
        boxes.set(at, {
          module: at,
          x: 1e9,
          y: 1e9,
          right: -1e9,
          bottom: -1e9,
          depth: run.around({ module: at }).length,
        });
        order.push(at);
      }
      const box = boxes.get(at);
      box.x = Math.min(box.x, card.x);
      box.y = Math.min(box.y, card.y);
      box.right = Math.max(box.right, card.x + card.w);
      box.bottom = Math.max(box.bottom, card.y + card.h);
    }
  }
  const heights = new Map();
  for (const at of order) {
    const around = run.around({ module: at });
    for (const [place, outer] of around.entries())
      heights.set(outer, Math.max(heights.get(outer) ?? 1, around.length - place));
  }
  return order
    .map((at) => boxes.get(at))
    .map((box) => {
      const levels = heights.get(box.module);
      const [side, top] = [9 * levels, 28 * levels];
      return {
        ...box,
        x: box.x - side,
        y: box.y - top,
        w: box.right - box.x + 2 * side,
        h: box.bottom - box.y + top + side,
      };
    })
    .sort((a, b) => a.depth - b.depth);
}

function edgesOf(run, cards, keyOf, blockOf, graph, direction) {
  const wide = direction === "LR";
  const axis = wide ? "y" : "x";
  const height = (id) => cards.get(keyOf.get(id))[axis];
  const found = [];
  for (const edge of run.edges) {
    const [from, to] = [keyOf.get(edge.from), keyOf.get(edge.to)];
    if (from === to || blockOf(edge.from) === blockOf(edge.to)) {
      if (from[0] === "s" && blockOf(edge.from) === to)
        found.push(hanging(edge, cards.get(from), cards.get(to), wide));
      continue;
    }
    const [a, b] = [cards.get(from), cards.get(to)];
    const outs = run.outs.get(edge.from).filter((other) => keyOf.get(other.to) !== from);
    outs.sort((p, q) => height(p.to) - height(q.to) || p.arg - q.arg);
    const ins = run.ins
      .get(edge.to)
      .filter((other) => keyOf.get(other.from)[0] !== "s" && keyOf.get(other.from) !== to);
    ins.sort((p, q) => height(p.from) - height(q.from) || p.arg - q.arg);
    const off = spread(outs.indexOf(edge), outs.length, 22, 44);
    const on = spread(ins.indexOf(edge), ins.length, 24, 46);
    const start = wide ? [a.x + a.w, a.y + a.h / 2 + off] : [a.x + a.w / 2 + off * 1.4, a.y + a.h];
    const end = wide ? [b.x, b.y + b.h / 2 + on] : [b.x + b.w / 2 + on * 1.4, b.y];
    const way = graph.edge(blockOf(edge.from), blockOf(edge.to), `e${edge.id}`).points.slice(1, -1);
    const between =
      way.length > 1
        ? way.filter((_, i) => i % 2 === 0 || way.length < 4).map((point) => [point.x, point.y])
        : [];
    const points = [start, ...between, end];
    found.push({ edge, points, path: curve(points, wide) });
  }
  return found;
}

const spread = (place, count, most, all) =>
  (place - (count - 1) / 2) * Math.min(most, all / Math.max(1, count - 1));

/** The short edge between an operation and what hangs below it. */
function hanging(edge, a, b, wide) {
  const x = a.x + a.w - 14 - a.place * 14;
  const points = wide
    ? [
        [x, a.y],
        [x, b.y + b.h],
      ]
    : [
        [a.x, a.y + a.h / 2],
        [b.x + b.w, b.y + b.h / 2 + (a.y + a.h / 2 - b.y - b.h / 2) * 0.4],
      ];
  return { edge, points, path: curve(points, !wide), satellite: true };
}

function curve(points, wide) {
  const text = (x) => x.toFixed(1);
  let path = `M${text(points[0][0])} ${text(points[0][1])}`;
  for (let i = 1; i < points.length; i++) {
    const [[a, b], [c, d]] = [points[i - 1], points[i]];
    const bend = wide
      ? Math.max(10, (c - a) * 0.45)
      : Math.max(6, Math.abs(d - b) * 0.45) * Math.sign(d - b || 1);
    path += wide
      ? `C${text(a + bend)} ${text(b)} ${text(c - bend)} ${text(d)} ${text(c)} ${text(d)}`
      : `C${text(a)} ${text(b + bend)} ${text(c)} ${text(d - bend)} ${text(c)} ${text(d)}`;
  }
  return path;
}

function extentOf(cards, boxes, edges, margin) {
  let [x, y, right, bottom] = [1e9, 1e9, -1e9, -1e9];
  const grow = (left, top, w, h) => {
    x = Math.min(x, left);
    y = Math.min(y, top);
    right = Math.max(right, left + w);
    bottom = Math.max(bottom, top + h);
  };
  for (const part of [...cards.values(), ...boxes]) grow(part.x, part.y, part.w, part.h);
  for (const { points } of edges) for (const [left, top] of points) grow(left, top, 0, 0);
  if (x > right) return { x: 0, y: 0, w: 1, h: 1 };
  return { x: x - margin, y: y - margin, w: right - x + 2 * margin, h: bottom - y + 2 * margin };
}
