// One exported graph, run by ONNX Runtime on the CPU.

import * as ort from "./ort/ort.wasm.bundle.min.mjs";
import { randn } from "./noise.js";

ort.env.wasm.numThreads = 1; // several need headers that a plain server does not send

// `model` is an entry of models.json; paths in it are relative to the page.
export async function openEngine(model) {
  const session = await ort.InferenceSession.create(new URL(model.file, import.meta.url).href);
  const parts = model.starts.map((_, part) => part);
  const said = ["logits", "contradiction"].filter((name) => session.outputNames.includes(name));
  const fetched = [...parts.map((part) => `next_state_${part}`), ...said];

  return {
    fixedStart: model.fixed_start,

    // A fresh state, a Float32Array for each of its parts: noise, and one vector in every node.
    start(seed) {
      return model.starts.map(({ shape, vector, noise }) => {
        const size = shape.reduce((product, side) => product * side);
        const drawn = noise ? randn(size, seed) : new Float32Array(size);
        return drawn.map((value, index) => noise * value + vector[index % vector.length]);
      });
    },

    // The state after one step and what it says: probabilities of each cell's symbols, and the
    // model's belief that there is no answer, 0 where it has none.
    async step(tokens, state) {
      const cells = BigInt64Array.from(tokens, BigInt);
      const feeds = { tokens: new ort.Tensor("int64", cells, [1, tokens.length]) };
      if (session.inputNames.includes("identifiers")) {
        feeds.identifiers = new ort.Tensor("int64", new BigInt64Array(1), [1]);
      }
      for (const part of parts) {
        const shape = [1, ...model.starts[part].shape];
        feeds[`state_${part}`] = new ort.Tensor("float32", state[part], shape);
      }
      const results = await session.run(feeds, fetched);
      return {
        state: parts.map((part) => results[`next_state_${part}`].data),
        probabilities: probabilitiesOf(results.logits, model.exclusive),
        contradiction: results.contradiction?.data[0] ?? 0,
      };
    },
  };
}

function probabilitiesOf({ data, dims }, exclusive) {
  if (!exclusive) return data.map((logit) => 1 / (1 + Math.exp(-logit)));
  const symbols = dims.at(-1);
  const probabilities = new Float32Array(data.length);
  for (let first = 0; first < data.length; first += symbols) {
    const logits = data.subarray(first, first + symbols);
    const largest = Math.max(...logits);
    const powers = logits.map((logit) => Math.exp(logit - largest));
    const sum = powers.reduce((total, power) => total + power, 0);
    probabilities.set(powers.map((power) => power / sum), first);
  }
  return probabilities;
}
