// Sudoku as the page sees it: text to board, keys to changes, probabilities to answer.

import * as rules from "./sudoku-rules.js";
import { SYMBOLS } from "./sudoku-rules.js";

const BLANKS = ".0-*_X";
const SEPARATORS = /[\s,|!+]/g;
const FRAME = /^(?=.*[-=])[-=+|:*\s]+$/;
const RULES = /(^|\s)#?\s*(?:rules?|variants?)\s*(?::([^|\n]*)|=(\S+))/i;

export const HELP =
  "On the board arrow keys move, digits fill, Backspace clears and Enter solves. As text: one " +
  "line or rows, in any frame; blanks are any of . 0 - * _ X, digits above 9 are letters. " +
  "“rules: diagonal” in the text takes the model for such boards, if the page has it.";
export const draws = false; // whether a pointer draws
export const clamps = true; // a digit can be put into an open cell to see what follows
export const { contradiction, findSolutions, peersOf, verify } = rules;
export const empty = ({ rows, columns }) => new Uint8Array(rows * columns);

// Which of the models is for the board of a text: `present`, unless the text tells other rules or
// has the cells of another. `names` maps names of rules to those that models tell.
export function modelFor(text, present, models, names) {
  const found = text.match(RULES);
  const told = ruleKey(found ? (found[2] ?? found[3]) : present.rules, names);
  const known = models.filter((model) => model.units && ruleKey(model.rules, names) === told);
  if (!known.length) {
    throw new Error(`no model of this page is for the rules “${told}”; export one with --rules`);
  }
  const fits = (model) => cellsOf(text, model)?.length === model.rows * model.columns;
  if (known.includes(present)) known.unshift(present);
  return known.find(fits) ?? known[0];
}

// Rules as one text, however they are told; the regions of a map are named as they begin.
function ruleKey(told, names) {
  const key = (word) => {
    const [name, map = ""] = word.split("=");
    const kept = name.toLowerCase().replace("centre", "center").replace(/[^a-z0-9+-]|-(?=.)/g, "");
    const plain = kept.replace(/^sudoku|sudoku$/g, "");
    const order = [...new Set(map)];
    const labels = Array.from(map, (label) => order.indexOf(label).toString(36)).join("");
    return (names[plain] ?? plain) + (labels && `=${labels}`);
  };
  return told.split(",").map(key).filter(Boolean).sort().join();
}

// The signs of the cells of a text, without its frame; undefined where there are too few.
function cellsOf(text, { rows, columns }) {
  const lines = text.replace(RULES, "$1").split("\n").map((line) => {
    const content = line.replace(/#.*/, "");
    const fields = content.split(/[,\t]/); // where nothing may stand for a blank
    return fields.length === columns ? fields.map((each) => each.trim() || ".").join("") : content;
  });
  const inner = lines.filter((line) => !FRAME.test(line)); // unless its dashes are blanks
  return [inner, lines]
    .map((some) => some.join("").replace(SEPARATORS, "").toUpperCase())
    .find((some) => some.length >= rows * columns);
}

// The first board of a text; throws an `Error` for people.
export function parse(text, board) {
  const cells = board.rows * board.columns;
  const kept = cellsOf(text, board);
  if (kept === undefined) throw new Error(`a board here has ${cells} cells, this text fewer`);
  return Uint8Array.from(kept.slice(0, cells), (symbol) => {
    const value = BLANKS.includes(symbol) ? 0 : SYMBOLS.indexOf(symbol);
    if (value < 0 || value > board.rows) {
      throw new Error(`“${symbol}” is no digit of a ${board.rows}×${board.columns} board`);
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

// The number of every cell's region, the same where there is none, and the cells of further units.
export function drawn({ units, rows, columns }) {
  const regions = new Int16Array(rows * columns);
  const shaded = new Set();
  for (const [number, { kind, cells }] of units.entries()) {
    if (kind === "region") for (const cell of cells) regions[cell] = number;
    if (kind === "extra") cells.forEach(shaded.add, shaded);
  }
  return { regions, shaded };
}

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
