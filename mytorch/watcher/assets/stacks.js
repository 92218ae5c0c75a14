// Equal modules in a row, as the layers of a deep net, put into one more module around them.

const FEWEST = 3;

/** The modules, each stack of equal ones in a module of its own behind the others; `first` is the
 * number of the first. */
export function stacked(modules, first, nodes, edges) {
  const all = modules.map((module) => ({ ...module }));
  const looks = looksOf(all, first, nodes);
  for (const row of rowsOf(all, looks)) {
    if (row.length < FEWEST || !isClosed(row, all, first, nodes, edges)) continue;
    const [start, end] = [all[row[0]], all[row.at(-1)]];
    const last = start.path === end.path ? `call ${end.call}` : end.path.split(".").at(-1);
    const [path, kind] = [`${start.path} … ${last}`, `${row.length} × ${start.kind}`];
    for (const place of row) all[place].parent = first + all.length;
    all.push({ path, kind, options: "", call: 1, parent: start.outer ?? null, stack: row.length });
  }
  return all;
}

/** What is in each module: kinds, options, and the shapes of results. */
function looksOf(all, first, nodes) {
  const looks = all.map(({ kind, options }) => [kind, options]);
  const note = (module, words) => {
    for (let at = module; at !== null && at !== undefined; at = all[at - first].parent)
      looks[at - first].push(words);
  };
  for (const { parent, kind, options } of all) note(parent, `${kind} ${options}`);
  for (const { module, op, value } of nodes) if (op) note(module, `${op} ${value.s}`);
  return looks.map((words) => words.join("\n"));
}

/** The rows of equal neighbours: `layers.0`, `layers.1` ..., or one module called again and again. */
function rowsOf(all, looks) {
  const rows = [];
  const latest = new Map();
  for (const [place, module] of all.entries()) {
    module.outer = module.parent;
    const stem = module.path.replace(/\.\d+$/, "");
    const key = `${module.parent} ${stem}`;
    const row = latest.get(key);
    if (row && looks[row[0]] === looks[place]) row.push(place);
    else {
      latest.set(key, [place]);
      rows.push(latest.get(key));
    }
  }
  return rows;
}

/** Whether nothing that comes out of a row goes into it again by way of something else. */
function isClosed(row, all, first, nodes, edges) {
  const inside = new Set(row);
  const isIn = (node) => {
    for (let at = node.module; at !== null && at !== undefined; at = all[at - first].outer)
      if (inside.has(at - first)) return true;
    return false;
  };
  const within = new Map(nodes.map((node) => [node.id, isIn(node)]));
  const reached = new Set();
  for (const { from, to } of edges) {
    const out = within.get(from) || reached.has(from);
    if (out && !within.get(to)) reached.add(to);
    else if (reached.has(from) && within.get(to)) return false;
  }
  return true;
}
