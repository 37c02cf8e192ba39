// The rules of mazes: is this path legal, connected, shortest, and the one of the tie-break?
// Grids are Uint8Arrays, row by row. Verdicts say what domains/maze/rules.py says.

export const [WALL, OPEN, START, GOAL, PATH] = [0, 1, 2, 3, 4];
const UNREACHED = -1;

// The marked cells are one shortest path from S to G and nothing else; else the first fault.
export function verify(maze, answer, columns) {
  const name = (cell) => `r${Math.floor(cell / columns) + 1}c${(cell % columns) + 1}`;
  const wrong = (reason, ...where) => ({ status: "wrong", reason, where });
  const cells = [...maze.keys()];
  const marked = (cell) => answer[cell] === PATH;
  const blocked = cells.find((cell) => marked(cell) && maze[cell] === WALL);
  if (blocked !== undefined) {
    return wrong(`the path crosses the wall at ${name(blocked)}`, blocked);
  }
  const changed = cells.find((cell) => (marked(cell) ? OPEN : answer[cell]) !== maze[cell]);
  if (changed !== undefined) {
    return wrong(`${name(changed)} is not what the maze has there`, changed);
  }
  const start = maze.indexOf(START);
  const goal = maze.indexOf(GOAL);
  const onPath = cells.map((cell) => marked(cell) || cell === start || cell === goal);
  const along = distances(onPath, start, columns);
  if (along[goal] === UNREACHED) {
    if (!cells.some(marked)) return wrong("no path is drawn from S to G", start);
    const end = along.indexOf(along.reduce((a, b) => Math.max(a, b)));
    return wrong(`the path from S stops at ${name(end)}`, end);
  }
  const shortest = distances(openCells(maze), start, columns)[goal];
  const length = cells.filter(marked).length + 1;
  if (length > shortest) {
    const beside = cells.find((cell) => marked(cell) && along[cell] === UNREACHED);
    if (beside !== undefined) return wrong(`${name(beside)} is marked beside the path`, beside);
    return wrong(`the path has ${length + 1} cells, the shortest has ${shortest + 1}`);
  }
  return { status: "verified", reason: `a shortest path, ${shortest + 1} cells`, where: [] };
}

// Proof that no path leads from S to G, or null.
export function contradiction(maze, columns) {
  const away = distances(openCells(maze), maze.indexOf(START), columns);
  if (away[maze.indexOf(GOAL)] !== UNREACHED) return null;
  const reached = away.filter((steps) => steps !== UNREACHED).length.toLocaleString("en");
  const reason = `no path leads from S to G: ${reached} cells can be reached from S`;
  return { status: "wrong", reason, where: [] };
}

// The cells below, left, right, above: the neighbour order of the published tie-break.
export function neighbours(cell, columns, cells) {
  const column = cell % columns;
  return [
    cell + columns,
    column > 0 ? cell - 1 : -1,
    column < columns - 1 ? cell + 1 : -1,
    cell - columns,
  ].filter((near) => near >= 0 && near < cells);
}

// Steps of a shortest way from `origin` to every open cell, by breadth-first search.
function distances(open, origin, columns) {
  const away = new Array(open.length).fill(UNREACHED);
  away[origin] = 0;
  const queue = [origin];
  for (const cell of queue) {
    for (const near of neighbours(cell, columns, open.length)) {
      if (!open[near] || away[near] !== UNREACHED) continue;
      away[near] = away[cell] + 1;
      queue.push(near);
    }
  }
  return away;
}

const openCells = (maze) => Array.from(maze, (value) => value !== WALL);
