// What to try next with one puzzle: a hypothesis, or fresh noise; as puzzlesolver/refine/search.py.
// A search yields the attempt to run and is sent where it ended. An attempt without a state begins
// anew; one with a state goes on from it with other givens.

import { randn } from "./noise.js";

// The search that a policy asks for.
export function startSearch(kind, board, givens, policy) {
  if (policy.mode === "settle") return attempts(givens, policy.max_steps, 1);
  if (!kind.clamps) return attempts(givens, policy.max_steps, Infinity);
  return hypotheses(kind, board, givens, policy);
}

function* attempts(tokens, patience, count) {
  for (let number = 0; number < count; number++) yield { tokens, patience };
}

// Best-first search over clamps, restarted when exhausted. What a state says of a contradiction
// replaces what earlier ones said; the beliefs in the clamps add up, but count little. A root whose
// first hypotheses are all doubted, or that was searched for long, is shaken into another one.
function* hypotheses(kind, board, givens, policy) {
  const conflict = (tokens) => kind.contradiction(tokens, board) !== null;
  const peers = kind.peersOf(board);

  function refuted(tokens, reading) {
    if (reading.contradiction >= policy.refuted) return true;
    const believed = kind.decode(reading.probabilities, tokens, board);
    const sure = believed.grid.map((value, cell) =>
      believed.confidence[cell] >= policy.sure ? value : tokens[cell],
    );
    return conflict(sure);
  }

  let seed = 0;
  const noisy = (part) => {
    const noise = randn(part.length, seed++);
    return part.map((value, index) => value + policy.shake * noise[index]);
  };

  function* anotherRoot(state) {
    let reading;
    for (let steps = 0; steps < policy.patience; steps += policy.shake_every) {
      reading = yield { tokens: givens, patience: policy.shake_every, state: state.map(noisy) };
      state = reading.state;
    }
    return reading;
  }

  while (true) {
    let tokens = givens;
    let reading = yield { tokens, patience: Math.ceil(policy.patience / policy.haste) };
    const root = reading;
    let [guessed, tried, hope] = [0, 0, 1];
    const frontier = [];
    while (true) {
      if (tokens === givens || !refuted(tokens, reading)) {
        const sound = 1 - Math.min(reading.contradiction, policy.refuted);
        for (const [share, child] of children(tokens, peers, reading.probabilities, policy)) {
          if (conflict(child)) continue;
          const guess = guessed - policy.guess * Math.log(share);
          const doubt = guess - Math.log(sound);
          frontier.push({ doubt, guessed: guess, tokens: child, state: reading.state });
        }
      }
      if (!frontier.length) break;
      const mistaken = tried >= policy.enough && hope > policy.doubted;
      if (mistaken || tried * policy.branch_patience >= policy.long) {
        reading = yield* anotherRoot(root.state);
        [tokens, guessed, tried, hope] = [givens, 0, 0, 1];
        continue;
      }
      const best = frontier.reduce((some, other) => (other.doubt < some.doubt ? other : some));
      frontier.splice(frontier.indexOf(best), 1);
      ({ guessed, tokens } = best);
      reading = yield { tokens, patience: policy.branch_patience, state: best.state };
      tried++;
      hope = Math.min(hope, reading.contradiction);
    }
  }
}

// One more clamp, of an open cell that two digits share: belief and tokens of each digit. Of such
// cells it is the one whose peers have most to learn from it.
function children(tokens, peers, probabilities, policy) {
  const symbols = probabilities.length / tokens.length;
  const beliefs = Array.from(tokens, (_, cell) =>
    probabilities.subarray(cell * symbols, (cell + 1) * symbols),
  );
  const undecided = (belief) => (Math.abs(belief - 0.5) < 0.5 - policy.open ? belief : 0);
  let chosen = null;
  let leastDoubt = Infinity;
  for (const [cell, token] of tokens.entries()) {
    if (token) continue;
    const belief = beliefs[cell];
    const both = Array.from(belief.keys()).sort((a, b) => belief[b] - belief[a]).slice(0, 2);
    const [best, second] = both.map((symbol) => belief[symbol]);
    let sway = 0;
    for (const peer of peers[cell]) {
      for (const symbol of both) sway += undecided(beliefs[peer][symbol]);
    }
    const doubt =
      Math.abs(best - 0.5) + policy.further * (1 - best - second) - policy.sway * sway;
    if (doubt < leastDoubt) [chosen, leastDoubt] = [{ cell, belief }, doubt];
  }
  if (chosen === null) return [];
  const found = [];
  for (const [symbol, share] of chosen.belief.entries()) {
    if (share < policy.faint) continue;
    const child = Uint8Array.from(tokens);
    child[chosen.cell] = symbol + 1;
    found.push([share, child]);
  }
  return found;
}
