// The rules of Sudoku: is this answer right, do these clues clash, is there one solution?
// Boards are Uint8Arrays, row by row; 0 is a blank. Verdicts say what domains/sudoku/rules.py says.

const BOXES = { 4: [2, 2], 6: [2, 3], 9: [3, 3], 16: [4, 4], 25: [5, 5] };
export const SYMBOLS = ".123456789ABCDEFGHIJKLMNOP"; // of digits, by their number
const KINDS = ["row", "column", "box"];
const NODES = 200_000; // of a search; larger boards can need far more

// Rows and columns of a box on a board with `side` rows.
export const boxShape = (side) => BOXES[side];

// Full, keeps the clues, repeats no digit in any unit; else the first conflict.
export function verify(givens, answer) {
  const side = Math.sqrt(givens.length);
  const wrong = (reason, cell) => ({ status: "wrong", reason, where: [cell] });
  const blank = answer.indexOf(0);
  if (blank >= 0) {
    const count = answer.filter((digit) => digit === 0).length;
    const what = count === 1 ? "is blank" : `is the first of ${count} blank cells`;
    return wrong(`${cellName(blank, side)} ${what}`, blank);
  }
  const changed = givens.findIndex((digit, cell) => digit > 0 && digit !== answer[cell]);
  if (changed >= 0) {
    const what = `is given as ${SYMBOLS[givens[changed]]} but holds ${SYMBOLS[answer[changed]]}`;
    return wrong(`${cellName(changed, side)} ${what}`, changed);
  }
  return repetition(answer, "holds") ?? { status: "verified", reason: "", where: [] };
}

// The first two clues that clash, or null; no search.
export const contradiction = (givens) => repetition(givens, "is given");

function repetition(grid, verb) {
  const side = Math.sqrt(grid.length);
  for (const [number, unit] of units(side).entries()) {
    for (let digit = 1; digit <= side; digit++) {
      const [first, second] = unit.filter((cell) => grid[cell] === digit);
      if (second === undefined) continue;
      const where = [first, second];
      const names = where.map((cell) => cellName(cell, side)).join(" and ");
      const kind = KINDS[Math.floor(number / side)];
      const reason = `${kind} ${(number % side) + 1} ${verb} ${SYMBOLS[digit]} twice: ${names}`;
      return { status: "wrong", reason, where };
    }
  }
  return null;
}

// How many solutions: 0, 1 or 2 (more than one), by search, or null where that takes too long to
// tell; and one of them.
export function findSolutions(givens) {
  if (contradiction(givens)) return { count: 0 };
  const side = Math.sqrt(givens.length);
  const grid = Uint8Array.from(givens);
  const unitsOf = Array.from(grid, () => []);
  const used = units(side).map((unit, number) => {
    for (const cell of unit) unitsOf[cell].push(number);
    return unit.reduce((bits, cell) => bits | (1 << grid[cell]), 0);
  });
  const every = (2 << side) - 2; // bits 1 to side
  let nodes = 0;
  let found = 0;
  let one;

  function search() {
    if (++nodes > NODES) return;
    let best = -1;
    let fewest = side + 1;
    let options = 0;
    for (let cell = 0; cell < grid.length; cell++) {
      if (grid[cell]) continue;
      const [row, column, box] = unitsOf[cell];
      const free = every & ~(used[row] | used[column] | used[box]);
      const count = bitCount(free);
      if (count >= fewest) continue;
      [best, fewest, options] = [cell, count, free];
      if (count <= 1) break;
    }
    if (best < 0) {
      found++;
      one = Uint8Array.from(grid);
    }
    for (let digit = 1; options && digit <= side; digit++) {
      if (!(options & (1 << digit))) continue;
      grid[best] = digit;
      for (const unit of unitsOf[best]) used[unit] |= 1 << digit;
      search();
      for (const unit of unitsOf[best]) used[unit] &= ~(1 << digit);
      grid[best] = 0;
      if (found > 1) return;
    }
  }

  search();
  return { count: found < 2 && nodes > NODES ? null : found, one };
}

// Cells of all rows, then columns, then boxes.
function units(side) {
  const [rows, columns] = boxShape(side);
  const range = [...Array(side).keys()];
  const across = side / columns; // boxes beside each other
  const inBox = (box, k) => {
    const row = Math.floor(box / across) * rows + Math.floor(k / columns);
    return row * side + (box % across) * columns + (k % columns);
  };
  return [
    ...range.map((row) => range.map((k) => row * side + k)),
    ...range.map((column) => range.map((k) => k * side + column)),
    ...range.map((box) => range.map((k) => inBox(box, k))),
  ];
}

function bitCount(bits) {
  let count = 0;
  for (; bits; bits &= bits - 1) count++;
  return count;
}

const cellName = (cell, side) => `r${Math.floor(cell / side) + 1}c${(cell % side) + 1}`;
