// Mazes as the page sees them: text to grid, keys and strokes to changes, probabilities to a path.

import * as rules from "./maze-rules.js";
import { GOAL, OPEN, PATH, START, WALL } from "./maze-rules.js";

const VALUES = { "#": WALL, "█": WALL, S: START, G: GOAL, E: GOAL }; // all else is open
const FLOOR = " .O*X";
const NAMES = ["wall", "open", "start", "goal", "path"];
const REMAINDERS = 3; // of a cell's distance from G divided by three
const STATEMENTS = REMAINDERS + 1; // and whether the cell lies on the path
const NONE = -1;

export const HELP =
  "Drag to draw or erase walls, drag S and G to move them. On the board arrow keys move, Space " +
  "makes or takes away a wall, Shift and an arrow key draw on, S and G place the ends, Enter " +
  "solves. As text: rows of # and spaces with one S and one G; smaller mazes get walls around.";
export const draws = true; // with a pointer
export const clamps = false;
export const findSolutions = (maze, { columns }) => ({
  count: Number(!rules.contradiction(maze, columns)), // every shortest path is right
});
export const contradiction = (maze, { columns }) => rules.contradiction(maze, columns);
export const verify = (maze, answer, { columns }) => rules.verify(maze, answer, columns);

// Nothing but a frame, and the ends in two corners.
export function empty({ rows, columns }) {
  const maze = Uint8Array.from({ length: rows * columns }, (_, cell) => {
    const [row, column] = [Math.floor(cell / columns), cell % columns];
    const inside = row > 0 && row < rows - 1 && column > 0 && column < columns - 1;
    return inside ? OPEN : WALL;
  });
  const corner = Math.min(rows, columns) > 3 ? columns + 1 : 0;
  maze[corner] = START;
  maze[maze.length - 1 - corner] = GOAL;
  return maze;
}

// The maze of a text, padded with wall to the size of the model; throws an `Error` for people.
export function parse(text, { rows, columns }) {
  const lines = rowsOf(text.replace(/\r/g, "").split("\n"));
  if (lines.length > rows || lines.some((line) => line.length > columns)) {
    throw new Error(`this model takes mazes of up to ${rows} rows and ${columns} columns`);
  }
  const maze = new Uint8Array(rows * columns).fill(WALL);
  for (const [row, line] of lines.entries()) {
    for (const [column, symbol] of [...line.toUpperCase()].entries()) {
      const value = VALUES[symbol] ?? (FLOOR.includes(symbol) ? OPEN : undefined);
      if (value === undefined) throw new Error(`“${symbol}” is no cell of a maze`);
      maze[row * columns + column] = value;
    }
  }
  for (const [end, name] of [[START, "start S"], [GOAL, "goal G"]]) {
    const count = maze.filter((value) => value === end).length;
    if (count !== 1) throw new Error(`the maze has ${count ? "more than one" : "no"} ${name}`);
  }
  return maze;
}

// As domains/maze/parse.py: rows on lines of their own, or all on one with / between them, or a
// square without. Lines of spaces are rows within a maze; an empty line ends it.
function rowsOf(lines) {
  const first = lines.findIndex((line) => line.trim());
  const whole = lines[first] ?? "";
  if (whole.includes("/")) return whole.replace(/\/$/, "").split("/");
  const side = Math.sqrt(whole.length);
  if (side >= 10 && Number.isInteger(side) && /S.*[GE]|[GE].*S/i.test(whole)) {
    return whole.match(new RegExp(`.{${side}}`, "g"));
  }
  const end = lines.indexOf("", first + 1);
  return lines.slice(Math.max(first, 0), end < 0 ? undefined : end);
}

// What a key puts into a cell, or undefined.
export function brushOf(maze, cell, key) {
  if (key === " ") return pressed(maze, cell);
  if (["Backspace", "Delete", "."].includes(key)) return OPEN;
  return VALUES[key.toUpperCase()];
}

// What a pointer draws that goes down on a cell: the end that it picked up, or the opposite.
export function pressed(maze, cell) {
  if (maze[cell] === START || maze[cell] === GOAL) return maze[cell];
  return maze[cell] === WALL ? OPEN : WALL;
}

// What Shift and an arrow key draw on from a cell.
export const strokeOf = (value) => (value === WALL ? WALL : OPEN);

// The maze with one cell changed; it keeps one start and one goal, each moves as a whole.
export function paint(maze, cell, value) {
  if (maze[cell] === START || maze[cell] === GOAL) return maze;
  const isEnd = value === START || value === GOAL;
  const moved = isEnd ? maze.with(maze.indexOf(value), OPEN) : maze;
  return moved.with(cell, value);
}

export const symbolOf = (value) => (value === START ? "S" : value === GOAL ? "G" : "");
export const nameOf = (value) => NAMES[value];
export const drawn = () => ({});
export const modelFor = (text, present) => present;

// The path walked from S, each step the first way (down, left, right, up) that leads nearer to G;
// it ends at G, where no neighbour is nearer, or where it would go round. Published models say
// instead what each cell of the solved maze holds.
export function decode(probabilities, maze, { columns }) {
  const symbols = probabilities.length / maze.length;
  const confidence = new Float32Array(maze.length).fill(1);
  const grid = Uint8Array.from(maze);
  const beliefs = Array.from(maze, (_, cell) =>
    probabilities.subarray(cell * symbols, (cell + 1) * symbols),
  );
  if (symbols !== STATEMENTS) {
    for (const [cell, of] of beliefs.entries()) {
      if (maze[cell] === WALL) continue;
      confidence[cell] = Math.max(...of);
      if (maze[cell] === OPEN && of.indexOf(confidence[cell]) === PATH) grid[cell] = PATH;
    }
    return { grid, confidence, seen: grid };
  }
  const remainders = beliefs.map((of, cell) => {
    if (maze[cell] === WALL) return NONE;
    const distance = of.subarray(0, REMAINDERS);
    confidence[cell] = Math.max(...distance);
    return confidence[cell] > 0.5 ? distance.indexOf(confidence[cell]) : NONE;
  });
  let here = maze.indexOf(START);
  while (remainders[here] !== NONE) {
    const nearer = (remainders[here] + REMAINDERS - 1) % REMAINDERS;
    const near = rules.neighbours(here, columns, maze.length);
    here = near.find((cell) => remainders[cell] === nearer);
    if (here === undefined || grid[here] !== OPEN) break;
    grid[here] = PATH;
  }
  const seen = Uint8Array.from(beliefs, (of) =>
    of.reduce((bits, belief, statement) => bits | (Number(belief > 0.5) << statement), 0),
  );
  return { grid, confidence, seen, wave: Int8Array.from(remainders) };
}
