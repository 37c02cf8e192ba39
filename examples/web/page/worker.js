// Refinement beside the page, so that the page stays responsive. The page sets the pace: it asks
// for {steps} at a time, the first time with {model, givens, policy} to start a run, and is
// answered {frames, outcome}, the latter when the run is over, or {error}.

import { openEngine } from "./engine.js";
import { refine } from "./refine.js";

const engines = new Map();
let run = null;

onmessage = async ({ data }) => {
  try {
    if (data.model) {
      const { model, givens, policy } = data;
      if (!engines.has(model.file)) engines.set(model.file, await openEngine(model));
      const kind = await import(`./${model.domain}.js`);
      run = refine(engines.get(model.file), kind, model, givens, policy);
    }
    const frames = [];
    let outcome;
    while (frames.length < data.steps && !outcome) {
      const { value, done } = await run.next();
      if (done) outcome = value;
      else frames.push(value);
    }
    postMessage({ frames, outcome });
  } catch (error) {
    postMessage({ error: String(error?.message ?? error) });
  }
};
