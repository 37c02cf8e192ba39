// The page: chooses a model, takes a puzzle, paces the run in worker.js, and shows what comes back.

import { makeBoard } from "./board.js";
import { drawResiduals } from "./residuals.js";

const MOST_FRAMES = 4096; // kept for the slider

const $ = (id) => document.getElementById(id);
const number = new Intl.NumberFormat("en");
const worker = new Worker("worker.js", { type: "module" });

let model; // entry of models.json
let kind; // sudoku.js or maze.js
let board;
let givens;
let frames = [];
let outcome = null;
let run = 0; // number of the present run; an older one that sees another number ends
let running = false;
let waiting = Promise.resolve(); // for the worker's last answer

// One question to the worker at a time.
function ask(question) {
  const answer = waiting.then(
    () =>
      new Promise((resolve, reject) => {
        worker.onmessage = ({ data }) => (data.error ? reject(Error(data.error)) : resolve(data));
        worker.onerror = (event) => reject(Error(event.message || "the worker did not start"));
        worker.postMessage(question);
      }),
  );
  waiting = answer.catch(() => {});
  return answer;
}

async function choose(entry) {
  model = entry;
  kind = await import(`./${model.domain}.js`);
  board = makeBoard($("board"), kind, model, {
    puzzle: () => givens,
    onPaint: (cell, value) => pose(kind.paint(givens, cell, value)),
    onEnter: solve,
  });
  for (const button of $("models").children) {
    button.setAttribute("aria-pressed", button.title === titleOf(model));
  }
  const digits = Array.from({ length: model.rows }, (_, k) => kind.symbolOf(k + 1));
  $("pad").replaceChildren(...(kind.draws ? [] : [...digits, "⌫"].map(padButton)));
  $("help").textContent = kind.HELP;
  $("rules").textContent = rulesOf(model) && `Rules: ${rulesOf(model)}`;
  $("max-steps").value = model.policy.max_steps;
  $("seed").value = model.policy.seed;
  $("about").textContent =
    `${titleOf(model)}: ${number.format(model.parameters)} learned numbers, ` +
    "exported by puzzlesolver and run by ONNX Runtime.";
  document.title = `${titleOf(model)} · puzzlesolver`;
  nextExample();
}

const rulesOf = ({ rules = "" }) => rules.replace(/=[^,]*/g, "").replaceAll(",", ", ");
const titleOf = (entry) =>
  `${entry.title} ${entry.rows}×${entry.columns} ${rulesOf(entry)}`.trimEnd();

function padButton(symbol) {
  const button = document.createElement("button");
  button.textContent = symbol;
  if (symbol === "⌫") button.setAttribute("aria-label", "clear the cell");
  button.onclick = () => board.paint(symbol === "⌫" ? "Backspace" : symbol);
  return button;
}

// A new puzzle on the board: whatever was known of the last one is gone.
function pose(puzzle) {
  stop();
  givens = puzzle;
  frames = [];
  outcome = null;
  lamp("settled", "off", "–");
  lamp("verified", "off", "–");
  say("");
  draw();
}

let examples = 0;
function nextExample() {
  pose(kind.parse(model.examples[examples++ % model.examples.length], model));
}

async function take(text) {
  try {
    const entry = kind.modelFor(text, model, models, rules);
    if (entry !== model) await choose(entry);
    pose(kind.parse(text, model));
    say("The puzzle is on the board.");
  } catch (error) {
    say(`This is no puzzle: ${error.message}.`);
  }
}

async function solve() {
  if (running) {
    stop();
    say("Stopped.");
    return;
  }
  pose(givens);
  const mine = run;
  running = true;
  $("solve").textContent = "Stop";
  say("Loading the network…");
  try {
    const policy = {
      ...model.policy,
      mode: $("mode").value,
      max_steps: Math.max(1, $("max-steps").valueAsNumber || model.policy.max_steps),
      seed: $("seed").valueAsNumber || 0,
    };
    let reply = await ask({ model, givens, policy, steps: 0 });
    if (mine === run) say("Solving…");
    while (mine === run && !reply.outcome) {
      const lingering = frames.at(-1)?.verified; // it is solved; what is left is to see it settle
      const pace = lingering ? 0 : Number($("speed").value);
      reply = await ask({ steps: pace ? 1 : model.policy.read_every });
      if (mine !== run) return;
      frames.push(...reply.frames);
      if (frames.length > MOST_FRAMES) frames = frames.filter((_, index) => index % 2);
      draw();
      if (pace) await new Promise((resolve) => setTimeout(resolve, 1000 / pace));
    }
    if (mine === run) finish(reply.outcome);
  } catch (error) {
    if (mine !== run) return;
    pose(givens);
    say(`This did not work: ${error.message}.`);
  }
}

function stop() {
  run++;
  running = false;
  $("solve").textContent = "Solve";
}

function finish(found) {
  stop();
  outcome = found;
  const { settled, verdict, solutions, steps } = outcome;
  const several = solutions === 2;
  const verified = verdict.status === "verified";
  lamp("settled", settled ? "on" : "off", settled ? "yes" : "no");
  lamp("verified", verified ? "on" : "wrong", several ? "one of several" : verified ? "yes" : "no");
  const spent = `${number.format(steps)} step${steps === 1 ? "" : "s"}`;
  const state = settled ? "the state has settled" : "the state has not settled";
  if (solutions === 0) {
    say(`The puzzle contradicts its rules: ${verdict.reason}.`);
  } else if (several) {
    say("Ambiguous: more than one solution; this is one of them, found by search without a step.");
  } else if (verified) {
    const path = verdict.reason && ` (${verdict.reason})`;
    const unproved = solutions === null ? " That there is no other was not proved." : "";
    say(`Solved after ${spent}: the rules accept the answer${path}; ${state}.${unproved}`);
  } else {
    say(`Not solved after ${spent}: ${verdict.reason}; ${state}.`);
  }
  draw();
}

function lamp(id, state, said) {
  $(id).dataset.state = state;
  $(id).querySelector(".said").textContent = said;
}

const say = (text) => ($("status").textContent = text);

let drawing = false;
function draw() {
  const slider = $("step");
  const last = Math.max(0, frames.length - 1);
  slider.max = last;
  slider.value = last;
  slider.disabled = !frames.length;
  if (!outcome && frames.length) {
    const { settled, verified } = frames.at(-1);
    lamp("settled", settled ? "on" : "off", settled ? "yes" : "not yet");
    lamp("verified", "off", verified ? "the rules accept it" : "not yet");
  }
  if (drawing) return;
  drawing = true;
  requestAnimationFrame(() => {
    drawing = false;
    show();
  });
}

// What the slider points at.
function show() {
  const index = $("step").valueAsNumber;
  const frame = frames[index];
  const atEnd = index === frames.length - 1;
  const before = frames[index - 1];
  const view = { ...frame };
  view.changed = before && frame.grid.map((value, cell) => Number(value !== before.grid[cell]));
  if (outcome && (atEnd || !frame)) {
    view.grid = outcome.answer;
    view.changed = null;
    if (outcome.verdict.status === "wrong") view.conflicts = outcome.verdict.where;
  }
  board.show(view);
  const { steps = 0, hypotheses, restarts } = frame ?? {};
  const counts = Object.entries({ hypotheses, restarts }).filter(([, count]) => count > 0);
  const said = counts.map(([what, count]) => `${what} ${number.format(count)}`);
  $("count").textContent = [number.format(steps), ...said].join(" · ");
  $("step").setAttribute("aria-valuetext", `step ${steps}`);
  drawResiduals($("residuals"), frames, index, model.policy.tolerance);
}

$("solve").onclick = solve;
$("example").onclick = nextExample;
$("clear").onclick = () => pose(kind.empty(model));
$("use").onclick = () => take($("text").value);
$("step").oninput = show;
document.addEventListener("paste", (event) => {
  if (event.target.matches("textarea, input")) return;
  event.preventDefault();
  take(event.clipboardData.getData("text"));
});

const response = await fetch("models.json");
if (!response.ok) say("There is no model on this page; puzzlesolver export MODEL --web adds one.");
const { models, rules } = await response.json();
for (const entry of models) {
  const button = document.createElement("button");
  button.textContent = button.title = titleOf(entry);
  button.onclick = () => choose(entry);
  $("models").append(button);
}
await choose(models[0]);
