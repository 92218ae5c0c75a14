// The page: what is shown, and what buttons and keys do.

import { explain } from "./cells.js";
import { lossCurve } from "./curve.js";
import { Graph } from "./graph.js";
import { digits, escapeText, isScalar, numeric } from "./numbers.js";
import { ordersOf } from "./orders.js";
import { codePanel, placeOf, statePanel } from "./panels.js";
import { put } from "./put.js";
import { answer, questionsOf } from "./questions.js";
import { phaseOf, Run, unpacked } from "./run.js";
import { foldedAtFirst, isHalt, ownerOf, shownAt, stopsOf } from "./stops.js";
import { Teller } from "./tell.js";
import { Timeline } from "./timeline.js";

const $ = (id) => document.getElementById(id);
const { runs: TRACES, rules: RULES } = read();
const BUTTONS = Object.fromEntries(
  ["first", "prev", "next", "last"].map((name) => [
    name,
    document.querySelector(`[data-go="${name}"]`),
  ]),
);
const ORDERS = { waiting: "Latest first", greedy: "Don’t wait", every: "Every path" };
const SPEEDS = [0.5, 1, 2, 4];
const PAUSE = 1100;
const REST = 150;

const page = {
  trace: 0,
  iteration: 0,
  order: "waiting",
  at: 0,
  coarse: false,
  folded: new Set(),
  view: null,
  selected: null,
  hot: null,
  marked: new Set(),
  quiz: false,
  timer: 0,
  link: 0,
  speed: 1,
  row: null,
};
const graph = new Graph($("graph"));
const timeline = new Timeline($("timeline"));
let run;
let teller;
let stops = [];
let questions = [];
let told;

/** The data; where a page was cut off on its way, what is there without. */
function read() {
  try {
    return unpacked(JSON.parse($("traces").textContent));
  } catch (error) {
    $("empty").textContent =
      `What is left of this page is its table: its data is damaged (${error.message}).`;
    $("empty").hidden = false;
    document.querySelector(".all").open = true;
    throw error;
  }
}

// ------------------------------------------------------------------ opening

const ROWS = [...$("table").tBodies].map((body) => [...body.rows]);
const rowOf = (number) => ROWS[page.trace][number];
const sentenceOf = (number) => rowOf(number).cells[2];

/** Shows a run, an iteration of it, or an order, from its first step on. */
function open({ keep = false } = {}) {
  const trace = TRACES[page.trace];
  run = new Run(trace, page.iteration);
  const orders = ordersOf(run);
  if (page.order !== "waiting" && orders) run.use(orders[page.order].steps);
  else page.order = "waiting";
  teller = new Teller(run, RULES, sentenceOf);
  if (!keep) {
    page.folded = foldedAtFirst(run);
    page.at = 0;
  }
  Object.assign(page, { view: null, selected: null, hot: null });
  questions = questionsOf(run);
  showQuestions(orders);
  showCurve();
  for (const [place, rows] of ROWS.entries())
    for (const [number, row] of rows.entries())
      row.hidden = place !== page.trace || !inIteration(number);
  const notes = [trace.truncated, ...(trace.notes ?? [])].filter(Boolean);
  $("note").textContent = notes.join(". ");
  $("note").hidden = !notes.length;
  const empty = !run.steps.length;
  const forward = !empty && !run.steps.some(({ kind }) => kind === "seed" || kind === "stop");
  $("empty").hidden = !(empty || forward);
  $("empty").textContent = empty
    ? "Nothing was recorded: no operation ran in the block, or only in another thread. Compute inside it, as: with mytorch.watch(“run.html”): loss = criterion(net(x), y); loss.backward()"
    : `Only forward was recorded${run.nodes.some((node) => node.time) ? "" : ", and no operation became a node: nothing requires a gradient, or all is under no_grad"}: call backward() inside the block to see the walk back.`;
  // Last: it takes the room that is left.
  layOut();
}

const inIteration = (number) => number >= run.iteration.steps[0] && number < run.iteration.steps[1];

function layOut() {
  const i = stops[page.at];
  stops = stopsOf(run, page.folded, page.coarse, page.marked);
  if (i !== undefined)
    page.at = Math.max(
      0,
      stops.findIndex((stop) => stop >= i),
    );
  page.at = Math.min(page.at, Math.max(0, stops.length - 1));
  graph.draw(run, page.folded);
  timeline.draw(run, stops, page.coarse, page.marked);
}

function showQuestions(orders) {
  $("asks").innerHTML = questions
    .map(
      ({ words, bad }, i) =>
        `<button type="button" class="ask${bad ? " bad" : ""}" data-ask="${i}" aria-pressed="false">${words}</button>`,
    )
    .join("");
  const box = $("order");
  box.hidden = page.order === "waiting" || !orders;
  const choices = Object.entries(ORDERS).map(
    ([key, words]) =>
      `<label><input type="radio" name="order" value="${key}"${page.order === key ? " checked" : ""}>${words}</label>`,
  );
  box.innerHTML = `<legend class="sr">Order of the walk back</legend>${choices.join("")}`;
}

function showCurve() {
  const trace = TRACES[page.trace];
  $("curve").hidden = trace.losses.length < 2;
  if (!$("curve").hidden) $("curve").innerHTML = lossCurve(trace, page.iteration);
}

// ------------------------------------------------------------------ showing

function render({ quiet = false } = {}) {
  const i = stops[page.at];
  if (i === undefined) {
    $("phase").textContent = "Nothing";
    $("count").textContent = "no steps";
    for (const id of ["say", "state", "code"])
      $(id).innerHTML = '<p class="empty">Nothing was recorded.</p>';
    return;
  }
  const step = shownAt(run, i, page.coarse);
  const asked = page.quiz && !page.view ? quizOf(i) : null;
  const state = run.stateAt(asked ? i - 1 : i);
  const lastBack =
    page.view?.kind === "paths" ? run.steps.findLastIndex((other) => other.kind === "store") : -1;
  const looked = lastBack >= 0 ? lastBack : i;
  const phase = lastBack >= 0 ? "backward" : phaseOf(step);
  const arrows =
    graph.direction === "LR"
      ? { forward: "Forward →", backward: "← Backward", update: "Update" }
      : { forward: "Forward ↓", backward: "Backward ↑", update: "Update" };
  // First, as it asks what is in sight: nothing is changed yet that would have to be laid out for it.
  graph.paint(
    lastBack >= 0 ? run.steps[looked] : step,
    lastBack >= 0 ? run.stateAt(looked) : state,
    { hot: page.hot, selected: page.selected, marked: page.marked },
  );
  $("phase").textContent =
    run.root !== null && step.by !== undefined ? "← Backward, recorded" : arrows[phase];
  $("phase").className = `phase ${phase}`;
  $("code").className = phase;
  put($("code"), codePanel(run, step, state));
  put($("state"), statePanel(run, step, state));
  say(step, i, asked);
  const place = page.at;
  $("count").innerHTML = `<b>${place + 1}</b> of ${stops.length}`;
  const sentence = asked?.words ?? teller.sentence(step, i);
  timeline.paint(place);
  timeline.range.value = place;
  timeline.range.setAttribute(
    "aria-valuetext",
    `Step ${place + 1} of ${stops.length}: ${sentence}`,
  );
  page.row?.classList.remove("cur");
  page.row = page.order === "waiting" ? rowOf(run.iteration.steps[0] + i) : null;
  page.row?.classList.add("cur");
  for (const [name, button] of Object.entries(BUTTONS))
    button.setAttribute(
      "aria-disabled",
      name === "first" || name === "prev" ? place === 0 : place === stops.length - 1,
    );
  if (!quiet && !page.timer)
    announce(page.view ? $("say").firstElementChild.textContent : `Step ${place + 1}. ${sentence}`);
  remember();
  settle(step);
}

function say(step, i, asked) {
  const number = (at) => stops.findIndex((stop) => stop >= at) + 1;
  told = page.view
    ? answer(run, { ...page.view, marked: page.marked }, number)
    : teller.tell(step, i);
  const back = page.view
    ? ` <span class="r"><button type="button" class="btn quiet" data-close="1">Back to step ${page.at + 1}</button></span>`
    : "";
  $("hstep").innerHTML = `${page.view ? "Answer" : "This step"}${back}`;
  if (asked) {
    $("say").innerHTML = asked.form;
    return;
  }
  put(
    $("say"),
    `<p class="say">${told.head}</p>${told.body}${told.why.map((reason) => `<p class="why">${reason}</p>`).join("")}`,
  );
}

/** In the quiz: the question for a single gradient, which the page shows as it is before. */
function quizOf(i) {
  const step = run.steps[i];
  if (step.kind !== "arrive" || !isScalar(step.v)) return null;
  const name = escapeText(run.label(step.n));
  const from =
    step.from === undefined ? "" : ` from <code>${escapeText(run.label(step.from))}</code>`;
  const words = `Which gradient reaches ${run.label(step.n)}?`;
  const form = `<p class="say">Which gradient reaches <code>${name}</code>${from}?</p><form id="guess"><label>Your number <input name="number" inputmode="text" autocomplete="off" required></label> <button class="btn" type="submit">Compare</button></form><p class="why" id="verdict" aria-live="polite"></p>`;
  return { words, form };
}

/** Scrolls to what a step is about, and lets the keyboard into what can be scrolled. All is measured
 * before anything is changed: the page is laid out once. */
function settle(step) {
  const wide = [...$("say").querySelectorAll(".eqs, .tilebox")].filter(
    (box) => box.scrollWidth > box.clientWidth || box.scrollHeight > box.clientHeight,
  );
  const [line, panel] = [$("code").querySelector(".cur"), $("code").parentElement];
  const scrolls = line && panel.scrollHeight > panel.clientHeight + 4;
  const top = scrolls ? line.offsetTop - panel.offsetTop - panel.clientHeight / 2 : 0;
  graph.follow(step.n);
  if (scrolls) panel.scrollTop = Math.max(0, top);
  for (const box of wide) {
    box.tabIndex = 0;
    box.setAttribute("role", "group");
    box.setAttribute("aria-label", "Scrollable");
  }
}

function announce(text) {
  $("live").textContent = text;
}

/** Writes into the address what is shown; when one has come to rest, for browsers count how often. */
function remember() {
  clearTimeout(page.link);
  page.link = setTimeout(() => {
    const folds = [...page.folded].map((at) => at - run.firstModule).join(".");
    const parts = [`run=${TRACES[page.trace].id}`, `step=${page.at + 1}`];
    if (page.iteration) parts.push(`iteration=${run.iteration.i}`);
    if (folds) parts.push(`folded=${folds}`);
    try {
      history.replaceState(null, "", `#${parts.join("&")}`);
    } catch {
      // Some viewers allow no history: the link is a comfort alone.
    }
  }, REST);
}

// ------------------------------------------------------------------- moving

function go(place, { view = null } = {}) {
  const to = Math.max(0, Math.min(stops.length - 1, place));
  const moved = to !== page.at;
  Object.assign(page, { at: to, view, selected: null, hot: null });
  for (const ask of $("asks").children) ask.setAttribute("aria-pressed", "false");
  render();
  if (moved && stops.length && !page.coarse) graph.fly(run.steps[stops[page.at]]);
}

const jump = (i, options) =>
  go(
    stops.findIndex((stop) => stop >= i),
    options,
  );

function nextNode(by) {
  let place = page.at + by;
  while (
    place > 0 &&
    place < stops.length - 1 &&
    !["op", "run", "seed"].includes(shownAt(run, stops[place], page.coarse).kind)
  )
    place += by;
  go(place);
}

function nextPhase(by) {
  const phases = stops.map((i) => phaseOf(run.steps[i]));
  let place = page.at;
  if (by > 0) while (place < phases.length - 1 && phases[place] === phases[page.at]) place++;
  else {
    place = Math.max(0, place - 1);
    while (place > 0 && phases[place - 1] === phases[place]) place--;
  }
  go(place);
}

function play(on) {
  clearTimeout(page.timer);
  const was = page.timer;
  page.timer = 0;
  $("playicon").setAttribute("d", on ? "M4 3h3v10H4zM9 3h3v10H9z" : "M5 3v10l8-5z");
  document.querySelector('[data-go="play"]').setAttribute("aria-label", on ? "Pause" : "Play");
  if (!on) {
    if (was && stops.length)
      announce(
        `Step ${page.at + 1}. ${teller.sentence(run.steps[stops[page.at]], stops[page.at])}`,
      );
    return;
  }
  if (page.at === stops.length - 1) go(0);
  const tick = () => {
    page.timer = setTimeout(() => {
      go(page.at + 1);
      if (page.at === stops.length - 1 || isHalt(run.steps[stops[page.at]], page.marked))
        play(false);
      else tick();
    }, PAUSE / page.speed);
  };
  tick();
}

function fold(number) {
  if (!page.folded.delete(number)) page.folded.add(number);
  layOut();
  render({ quiet: true });
  graph.svg.querySelector(`[data-fold="${number}"]`)?.focus();
}

function story(id) {
  Object.assign(page, { view: { kind: "node", n: id }, selected: id, hot: null });
  render();
}

function light(place) {
  const path = told?.paths?.[place];
  page.hot = path ? { edges: new Set(path.edges), nodes: new Set(path.nodes) } : null;
  for (const button of document.querySelectorAll("[data-path]"))
    button.setAttribute("aria-pressed", +button.dataset.path === place);
  const last = run.steps.findLastIndex((step) => step.kind === "store");
  graph.paint(run.steps[last], run.stateAt(last), { hot: page.hot });
}

function showCell(button) {
  const figure = button.closest("[data-tile]");
  const edge = run.edge(+figure.dataset.tile);
  const node = run.node(edge.to);
  const step = teller.lastRun(stops[page.at], node.id);
  const ins = run.ins.get(node.id);
  for (const cell of document.querySelectorAll("td.hi, td.from"))
    cell.classList.remove("hi", "from");
  button.parentElement.classList.add("hi");
  const found = explain({
    rule: RULES[node.op],
    op: node.op,
    j: +button.dataset.cell,
    g: step.g,
    part: step.parts.find((part) => part.e === edge.id).v,
    arg: edge.arg,
    operands: ins.map((other) => run.node(other.from).value),
    result: node.value,
    name: escapeText(run.label(edge.from)),
  });
  const line = $("cell");
  if (!line) return;
  line.innerHTML = found
    ? found.text
    : `<b>${button.textContent}</b>: ${escapeText(RULES[node.op]?.parts.at(-1) ?? "")}`;
  for (const [name, place] of found?.places ?? [])
    figure.parentElement
      .querySelector(`[data-tile="${name}"] td[data-i="${place}"]`)
      ?.classList.add("from");
}

// ------------------------------------------------------------------ finding

function find(text) {
  const wanted = text.trim().toLowerCase();
  const rows = [];
  for (const node of run.nodes) {
    const path = run.around(node).map((at) => run.module(at).path);
    const line = node.src ? `line ${node.src[1]}` : "";
    const words = [run.label(node.id), node.op ?? node.kind, path.at(-1) ?? "", line];
    if (!wanted || words.join(" ").toLowerCase().includes(wanted))
      rows.push(
        `<button type="button" class="prow" data-found="${node.id}"><span>${escapeText(words[0])}</span><span class="t">${escapeText(words.slice(1).filter(Boolean).join(" · "))}</span></button>`,
      );
    if (rows.length >= 40) break;
  }
  $("found").innerHTML =
    rows.join("") ||
    '<p class="empty">Nothing has that in its name, operation, module or line.</p>';
}

function reveal(id) {
  $("finder").close();
  for (
    let owner = ownerOf(run, page.folded, run.node(id));
    owner !== undefined;
    owner = ownerOf(run, page.folded, run.node(id))
  )
    page.folded.delete(owner);
  layOut();
  story(id);
  const part = graph.shapes.get(graph.keyOf.get(id));
  if (part) graph.focus(part);
}

// ---------------------------------------------------------------- exporting

function download(name, text, type) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

function exported(kind) {
  const name = TRACES[page.trace].id;
  if (kind === "svg")
    download(
      `${name}.svg`,
      graph.asFile(document.querySelector("style").textContent),
      "image/svg+xml",
    );
  if (kind === "json") {
    const { labels: _labels, tags: _tags, id: _id, ...trace } = TRACES[page.trace];
    download(`${name}.json`, JSON.stringify(trace), "application/json");
  }
  if (kind === "csv") {
    const rows = [...document.querySelectorAll("#table tr:not([hidden])")].map((row) =>
      [...row.children].map((cell) => `"${cell.textContent.replaceAll('"', '""')}"`).join(","),
    );
    download(`${name}.csv`, `${rows.join("\r\n")}\r\n`, "text/csv");
  }
}

// ----------------------------------------------------------------- controls

const MOVES = {
  first: () => go(0),
  prev: () => go(page.at - 1),
  next: () => go(page.at + 1),
  last: () => go(stops.length - 1),
  node: () => nextNode(1),
  nodeback: () => nextNode(-1),
  phase: () => nextPhase(1),
  phaseback: () => nextPhase(-1),
  play: () => play(!page.timer),
};

// What an element with data-NAME does when it is pressed.
const CLICKS = {
  go(name) {
    if (name !== "play") play(false);
    MOVES[name]();
  },
  ask(place) {
    play(false);
    const { answer: to } = questions[+place];
    if (to.step !== undefined) jump(to.step);
    else {
      Object.assign(page, { view: to, hot: null, selected: null });
      render();
    }
    for (const ask of $("asks").children)
      ask.setAttribute("aria-pressed", ask.dataset.ask === place);
  },
  close: () => go(page.at),
  path: (place) => light(+place),
  jump: (i) => jump(+i),
  row(number) {
    jump(+number - run.iteration.steps[0]);
  },
  line(key) {
    const [file, line] = key.split(":").map(Number);
    const here = (i) => {
      const place = placeOf(run, run.steps[i]);
      return place && place[0] === file && line >= place[1] && line <= place[2];
    };
    const next = stops.findIndex((i, at) => at > page.at && here(i));
    const first = stops.findIndex(here);
    if (next >= 0 || first >= 0) go(next >= 0 ? next : first);
  },
  order(key) {
    page.order = key;
    open();
    jump(run.steps.findIndex((step) => step.kind === "seed"));
  },
  fold: (number) => fold(+number),
  iteration(place) {
    const { at, view } = page;
    page.iteration = +place;
    open();
    go(at, { view: view?.kind === "norms" ? view : null });
    document.querySelector(`[data-iteration="${place}"]`)?.focus({ preventScroll: true });
  },
  norms(at) {
    Object.assign(page, { view: { kind: "norms", at: +at }, hot: null, selected: null });
    render();
    document.querySelector("[name=norms]").focus();
  },
  mark(id) {
    if (!page.marked.delete(+id)) page.marked.add(+id);
    layOut();
    render();
    document.querySelector("[data-mark]").focus();
  },
  found: (id) => reveal(+id),
  zoom(factor) {
    graph.zoomBy(+factor);
  },
  export: exported,
  dialog(id) {
    $(id).showModal();
    if (id === "finder") {
      $("query").value = "";
      find("");
      $("query").focus();
    }
  },
  tint() {
    setTheme(document.documentElement.dataset.theme === "dark" ? "light" : "dark");
  },
  quiz() {
    page.quiz = !page.quiz;
    document.querySelector("[data-quiz]").setAttribute("aria-pressed", page.quiz);
    render();
  },
  n: (id) => story(+id),
};

const PRESSED = Object.keys(CLICKS)
  .map((name) => `[data-${name}]`)
  .join(",");

document.addEventListener("click", (event) => {
  const target = event.target.closest(PRESSED);
  if (!target || target.disabled) return;
  const name = Object.keys(CLICKS).find((key) => target.dataset[key] !== undefined);
  CLICKS[name](target.dataset[name]);
});

for (const kind of ["mouseover", "focusin"])
  document.addEventListener(kind, (event) => {
    const path = event.target.closest?.("[data-path]");
    if (path) light(+path.dataset.path);
    const cell = event.target.closest?.("[data-cell]");
    if (cell) showCell(cell);
  });

document.addEventListener("change", (event) => {
  const { name, value } = event.target;
  if (name === "run") {
    play(false);
    Object.assign(page, { trace: +value, iteration: 0, order: "waiting" });
    page.marked.clear();
    open();
    render();
  } else if (name === "detail") {
    page.coarse = value === "coarse";
    layOut();
    render({ quiet: true });
  } else if (name === "order") {
    CLICKS.order(value);
    document.querySelector(`[name=order][value="${value}"]`)?.focus();
  } else if (name === "norms") CLICKS.norms(value);
  else if (name === "speed") page.speed = +value;
});

document.addEventListener("input", (event) => {
  if (event.target === timeline.range) {
    play(false);
    go(+event.target.value);
  } else if (event.target === $("query")) find(event.target.value);
});

document.addEventListener("submit", (event) => {
  if (event.target.id !== "guess") return;
  event.preventDefault();
  const step = run.steps[stops[page.at]];
  const right = numeric(step.v.d[0]);
  const guess = Number(event.target.elements.number.value.replace(",", "."));
  const near =
    Math.abs(guess - right) <= 5e-3 * Math.max(Math.abs(right), 1e-6) || Object.is(guess, right);
  $("verdict").innerHTML = near
    ? `<b class="right">Right: ${digits(right)}.</b> Step on.`
    : `<b class="wrong">Not ${escapeText(event.target.elements.number.value)}:</b> it is ${digits(right)}. ${escapeText(teller.sentence(step, stops[page.at]))}.`;
});

const KEYS = {
  ArrowRight: (shift) => (shift ? nextNode(1) : MOVES.next()),
  ArrowLeft: (shift) => (shift ? nextNode(-1) : MOVES.prev()),
  Home: MOVES.first,
  End: MOVES.last,
  PageDown: MOVES.phase,
  PageUp: MOVES.phaseback,
};

document.addEventListener("keydown", (event) => {
  const { target, key } = event;
  if (event.altKey || event.ctrlKey || event.metaKey || document.querySelector("dialog[open]"))
    return;
  if (page.timer && key !== " " && key !== "Shift") play(false);
  const done = () => event.preventDefault();
  const cell = target.closest?.("[data-cell]");
  if (cell && key.startsWith("Arrow")) {
    moveCell(cell, key);
    return done();
  }
  const card = target.closest?.(".nd");
  if (card && key.startsWith("Arrow")) {
    graph.walk(card, key);
    return done();
  }
  const drawn = card ?? target.closest?.(".mtog");
  if (drawn && (key === "Enter" || key === " ")) {
    drawn.dispatchEvent(new MouseEvent("click", { bubbles: true }));
    return done();
  }
  if (key === "Escape" && page.view) {
    const id = page.selected;
    go(page.at);
    if (id !== null) graph.shapes.get(graph.keyOf.get(id))?.focus();
    return done();
  }
  const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(target.tagName) && target.type !== "range";
  const choosing = target.type === "radio" && /^Arrow| /.test(key);
  if ((typing && target.type !== "radio") || choosing) return;
  if (target.type === "range" && !event.shiftKey && !/Page/.test(key)) return;
  if (key === " ") {
    if (/^(BUTTON|SUMMARY|A)$/.test(target.tagName)) return;
    play(!page.timer);
    return done();
  }
  if (!KEYS[key]) return;
  KEYS[key](event.shiftKey);
  done();
});

function moveCell(cell, key) {
  const td = cell.parentElement;
  const tr = td.parentElement;
  const [x, y] = [[...tr.children].indexOf(td), [...tr.parentElement.children].indexOf(tr)];
  const [dx, dy] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[
    key
  ];
  const to = tr.parentElement.children[y + dy]?.children[x + dx]?.firstElementChild;
  if (!to) return;
  cell.tabIndex = -1;
  to.tabIndex = 0;
  to.focus();
}

// On paper nothing can be opened.
const table = document.querySelector(".all");
let wasOpen = false;
addEventListener("beforeprint", () => {
  wasOpen = table.open;
  table.open = true;
});
addEventListener("afterprint", () => {
  table.open = wasOpen;
});

// The numbers of rows are buttons as soon as the table is seen.
table.addEventListener(
  "toggle",
  () => {
    for (const rows of ROWS)
      for (const [number, row] of rows.entries())
        row.cells[0].innerHTML = `<button type="button" data-row="${number}" aria-label="Go to step ${number + 1}">${number + 1}</button>`;
  },
  { once: true },
);

$("graph").addEventListener(
  "wheel",
  (event) => {
    if (!event.ctrlKey) return;
    event.preventDefault();
    graph.zoomBy(event.deltaY < 0 ? 1.1 : 1 / 1.1);
  },
  { passive: false },
);

function setTheme(name) {
  document.documentElement.dataset.theme = name;
  document
    .querySelector("[data-tint]")
    .setAttribute("aria-label", `Change to the ${name === "dark" ? "light" : "dark"} theme`);
}

// ----------------------------------------------------------------- starting

setTheme(matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
document.documentElement.classList.add("js");
$("runs").hidden = TRACES.length < 2;
$("runs").insertAdjacentHTML(
  "beforeend",
  TRACES.map(
    ({ title }, i) =>
      `<label><input type="radio" name="run" value="${i}">${escapeText(title)}</label>`,
  ).join(""),
);
$("speeds").insertAdjacentHTML(
  "beforeend",
  SPEEDS.map(
    (speed) => `<option value="${speed}"${speed === 1 ? " selected" : ""}>${speed} ×</option>`,
  ).join(""),
);

function restore() {
  const wanted = new URLSearchParams(location.hash.slice(1));
  page.trace = Math.max(
    0,
    TRACES.findIndex(({ id }) => id === wanted.get("run")),
  );
  const place = TRACES[page.trace].iterations.findIndex(({ i }) => i === +wanted.get("iteration"));
  page.iteration = Math.max(0, place);
  const radio = document.querySelector(`[name=run][value="${page.trace}"]`);
  if (radio) radio.checked = true;
  open();
  const folds = wanted.get("folded");
  if (folds) {
    page.folded = new Set(
      folds
        .split(".")
        .map((at) => +at + run.firstModule)
        .filter((at) => run.module(at)),
    );
    layOut();
  }
  const stopped = run.steps.findIndex((step) => step.kind === "stop");
  if (wanted.get("step"))
    page.at = Math.max(0, Math.min(+wanted.get("step") || 1, stops.length) - 1);
  else if (stopped >= 0) page.at = stops.findIndex((stop) => stop >= stopped);
  render({ quiet: true });
}

restore();
addEventListener("hashchange", () => {
  const wanted = new URLSearchParams(location.hash.slice(1));
  if (+wanted.get("step") !== page.at + 1 || wanted.get("run") !== TRACES[page.trace].id) restore();
});
let resizing = 0;
let lastWidth = innerWidth;
addEventListener("resize", () => {
  if (innerWidth === lastWidth) return;
  lastWidth = innerWidth;
  clearTimeout(resizing);
  resizing = setTimeout(() => {
    layOut();
    render({ quiet: true });
  }, 120);
});
