// The step loop for one puzzle, as puzzlesolver/refine/loop.py: what a state says after every step,
// and at the end whether the trajectory has settled and what the rules say of the answer.

import { seedOf } from "./noise.js";
import { startSearch } from "./search.js";

const NO_SOLUTION = { status: "wrong", reason: "it has no solution", where: [] };

// Yields a frame a step; returns the outcome. `engine` is that of engine.js, `kind` sudoku.js or
// maze.js, `board` the model's entry in models.json with its rows and columns.
export async function* refine(engine, kind, board, givens, policy) {
  const broken = kind.contradiction(givens, board);
  const { count: solutions, one } = broken ? { count: 0 } : kind.findSolutions(givens, board);
  if (solutions === 0 || solutions === 2) {
    const answer = one ?? givens;
    const verdict = broken ?? (one ? kind.verify(givens, one, board) : NO_SOLUTION);
    return { answer, verdict, solutions, settled: false, steps: 0, restarts: 0 };
  }
  const start = (restart) => engine.start(seedOf(policy.seed, restart, givens));
  const search = startSearch(kind, board, givens, policy);
  let attempt = search.next().value;
  let state = start(0);
  let [steps, restarts, hypotheses, age, quiet] = [0, 0, 0, 0, 0];
  let latest = null; // what the last reading said
  let accepted = null; // the answer that the rules accepted, if any

  while (true) {
    const before = state;
    const due = Math.min(policy.read_every, policy.max_steps - steps);
    let said;
    let answer;
    for (let k = 0; k < due; k++) {
      if (k > 0) yield frame();
      said = await engine.step(attempt.tokens, state);
      state = said.state;
      steps++;
      answer = kind.decode(said.probabilities, attempt.tokens, board);
    }
    age += due;
    // Compared from reading to reading: slow drift counts as motion, swinging in place does not.
    const residual = relativeResidual(before, state);
    const changed = latest === null || differ(latest.seen, answer.seen);
    quiet = !changed && residual < policy.tolerance ? quiet + due : 0;
    latest = answer;
    if (accepted) {
      if (differ(answer.grid, accepted.grid)) quiet = 0;
    } else if (changed && policy.mode === "verified") {
      const verdict = kind.verify(givens, answer.grid, board);
      if (verdict.status === "verified") accepted = { grid: answer.grid, verdict, steps };
    }
    const settled = quiet >= policy.settle_window;
    yield frame(residual, settled);

    const waited = accepted ? steps - accepted.steps : -1;
    if (steps >= policy.max_steps || waited >= policy.linger || (accepted && settled)) {
      return outcome(settled);
    }
    if (accepted || (!settled && age < attempt.patience)) continue;
    const { probabilities, contradiction } = said;
    const next = search.next({ probabilities, contradiction, state }).value;
    if (!next || (!next.state && engine.fixedStart)) return outcome(settled);
    attempt = next;
    if (next.tokens !== givens) hypotheses++;
    else if (!next.state) restarts++;
    state = next.state ?? start(restarts);
    age = quiet = 0;

    function frame(residual, settled = false) {
      const clamped = attempt.tokens.map((token, cell) => Number(token !== givens[cell]));
      const verified = accepted !== null;
      return { ...answer, clamped, steps, restarts, hypotheses, residual, settled, verified };
    }
  }

  function outcome(settled) {
    const answer = accepted?.grid ?? latest.grid;
    return {
      answer,
      verdict: accepted?.verdict ?? kind.verify(givens, answer, board),
      solutions,
      settled,
      steps: accepted?.steps ?? steps,
      restarts,
    };
  }
}

const differ = (some, others) => some.some((value, cell) => value !== others[cell]);

// ‖z' - z‖ / ‖z‖ over all parts of the state.
function relativeResidual(before, now) {
  let [moved, size] = [0, 0];
  for (const [part, old] of before.entries()) {
    for (let k = 0; k < old.length; k++) {
      moved += (now[part][k] - old[k]) ** 2;
      size += old[k] ** 2;
    }
  }
  return Math.sqrt(moved / size);
}
