// Sudoku as the page sees it: text to board, keys to changes, probabilities to answer.

import * as rules from "./sudoku-rules.js";
import { SYMBOLS } from "./sudoku-rules.js";

const BLANKS = ".0-*_X";
const SEPARATORS = /[\s,|!+]/g;
const FRAME = /^(?=.*[-=])[-=+|:*\s]+$/;

export const HELP =
  "On the board arrow keys move, digits fill, Backspace clears and Enter solves. As text: one " +
  "line or rows, in any frame; blanks are any of . 0 - * _ X, digits above 9 are letters.";
export const draws = false; // whether a pointer draws
export const clamps = true; // a digit can be put into an open cell to see what follows
export const findSolutions = rules.findSolutions;
export const contradiction = (givens) => rules.contradiction(givens);
export const verify = (givens, answer) => rules.verify(givens, answer);
export const empty = ({ rows, columns }) => new Uint8Array(rows * columns);

// The first board of a text; throws an `Error` for people.
export function parse(text, { rows }) {
  const cells = rows * rows;
  const lines = text.split("\n").map((line) => {
    const content = line.replace(/#.*/, "");
    const fields = content.split(/[,\t]/); // where nothing may stand for a blank
    return fields.length === rows ? fields.map((field) => field.trim() || ".").join("") : content;
  });
  const inner = lines.filter((line) => !FRAME.test(line)); // unless its dashes are blanks
  const [kept] = [inner, lines]
    .map((some) => some.join("").replace(SEPARATORS, "").toUpperCase())
    .filter((some) => some.length >= cells);
  if (kept === undefined) throw new Error(`a board here has ${cells} cells, this text fewer`);
  return Uint8Array.from(kept.slice(0, cells), (symbol) => {
    const value = BLANKS.includes(symbol) ? 0 : SYMBOLS.indexOf(symbol);
    if (value < 0 || value > rows) {
      throw new Error(`“${symbol}” is no digit of a ${rows}×${rows} board`);
    }
    return value;
  });
}

// What a key puts into a cell, or undefined.
export function brushOf(grid, cell, key) {
  if (["Backspace", "Delete", " ", ".", "0"].includes(key)) return 0;
  const value = key.length === 1 ? SYMBOLS.indexOf(key.toUpperCase()) : -1;
  return value > 0 && value <= Math.sqrt(grid.length) ? value : undefined;
}

export const paint = (grid, cell, value) => grid.with(cell, value);
export const symbolOf = (value) => (value ? SYMBOLS[value] : "");
export const nameOf = (value) => (value ? SYMBOLS[value] : "blank");
export const boxShape = ({ rows }) => rules.boxShape(rows);

// The most probable digit of every cell; givens are kept.
export function decode(probabilities, tokens, { rows }) {
  const grid = Uint8Array.from(tokens);
  const confidence = new Float32Array(grid.length).fill(1);
  for (let cell = 0; cell < grid.length; cell++) {
    if (tokens[cell]) continue;
    const of = probabilities.subarray(cell * rows, (cell + 1) * rows);
    confidence[cell] = Math.max(...of);
    grid[cell] = of.indexOf(confidence[cell]) + 1;
  }
  return { grid, confidence, seen: grid };
}
