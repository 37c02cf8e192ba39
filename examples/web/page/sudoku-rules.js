// The rules of boards: is this answer right, do these clues clash, is there one solution?
// Grids are Uint8Arrays, row by row; 0 is a blank. A board has rows, columns and units: cells that
// hold different digits. Verdicts say what domains/sudoku/rules.py says.

export const SYMBOLS = ".123456789ABCDEFGHIJKLMNOP"; // of digits, by their number
const NODES = 200_000; // of a search; larger boards can need far more

// Full, keeps the clues, repeats no digit in any unit; else the first conflict.
export function verify(givens, answer, board) {
  const wrong = (reason, cell) => ({ status: "wrong", reason, where: [cell] });
  const blank = answer.indexOf(0);
  if (blank >= 0) {
    const count = answer.filter((digit) => digit === 0).length;
    const what = count === 1 ? "is blank" : `is the first of ${count} blank cells`;
    return wrong(`${cellName(blank, board)} ${what}`, blank);
  }
  const changed = givens.findIndex((digit, cell) => digit > 0 && digit !== answer[cell]);
  if (changed >= 0) {
    const what = `is given as ${SYMBOLS[givens[changed]]} but holds ${SYMBOLS[answer[changed]]}`;
    return wrong(`${cellName(changed, board)} ${what}`, changed);
  }
  return repetition(answer, board, "holds") ?? { status: "verified", reason: "", where: [] };
}

// The first two clues that clash, or null; no search.
export const contradiction = (givens, board) => repetition(givens, board, "is given");

function repetition(grid, board, verb) {
  for (const { name, cells } of board.units) {
    const held = cells.map((cell) => grid[cell]).filter(Boolean);
    if (new Set(held).size === held.length) continue;
    const digit = Math.min(...held.filter((value, k) => held.indexOf(value) < k));
    const where = cells.filter((cell) => grid[cell] === digit).slice(0, 2);
    const names = where.map((cell) => cellName(cell, board)).join(" and ");
    return { status: "wrong", reason: `${name} ${verb} ${SYMBOLS[digit]} twice: ${names}`, where };
  }
  return null;
}

// The other cells that each cell differs from.
export function peersOf({ units, rows, columns }) {
  const peers = Array.from({ length: rows * columns }, () => new Set());
  for (const { cells } of units) {
    for (const cell of cells) cells.forEach((each) => each !== cell && peers[cell].add(each));
  }
  return peers;
}

// How many solutions: 0, 1 or 2 (more than one), by search, or null where that takes too long to
// tell; and one of them.
export function findSolutions(givens, board) {
  if (contradiction(givens, board)) return { count: 0 };
  const side = board.rows;
  const grid = Uint8Array.from(givens);
  const unitsOf = Array.from(grid, () => []);
  const used = board.units.map(({ cells }, number) => {
    for (const cell of cells) unitsOf[cell].push(number);
    return cells.reduce((bits, cell) => bits | (1 << grid[cell]), 0);
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
      const free = unitsOf[cell].reduce((bits, unit) => bits & ~used[unit], every);
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

function bitCount(bits) {
  let count = 0;
  for (; bits; bits &= bits - 1) count++;
  return count;
}

const cellName = (cell, { columns }) =>
  `r${Math.floor(cell / columns) + 1}c${(cell % columns) + 1}`;
