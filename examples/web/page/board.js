// The grid on the page: shows a puzzle and what a state says of it, and is edited with keyboard,
// mouse and touch. One cell at a time is in the tab order; arrow keys move from cell to cell.

const MOVES = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

// `puzzle()` is the present one, `onPaint(cell, value)` is told of every change and `onEnter()` of
// the Enter key. Returns `show(view)`, where a view has what is known of a state, and `paint(key)`
// for keys on the screen.
export function makeBoard(root, kind, board, { puzzle, onPaint, onEnter }) {
  const { rows, columns } = board;
  const { regions, shaded } = kind.drawn(board);
  let current = 0;
  let brush = null; // what the pointer draws while it is down

  root.replaceChildren();
  root.style.setProperty("--rows", rows);
  root.style.setProperty("--columns", columns);
  root.dataset.kind = board.domain;
  root.setAttribute("aria-rowcount", rows);
  root.setAttribute("aria-colcount", columns);
  const cells = [];
  for (let row = 0; row < rows; row++) {
    const line = document.createElement("div");
    line.setAttribute("role", "row");
    for (let column = 0; column < columns; column++) {
      const cell = document.createElement("div");
      cell.setAttribute("role", "gridcell");
      cell.tabIndex = cells.length ? -1 : 0;
      const here = (cell.dataset.cell = cells.length);
      const ends = (there) => Boolean(regions) && regions[here] !== regions[there];
      cell.classList.toggle("last-row", row + 1 < rows && ends(here + columns));
      cell.classList.toggle("last-column", column + 1 < columns && ends(here + 1));
      cell.classList.toggle("shaded", Boolean(shaded?.has(here)));
      cells.push(cell);
      line.append(cell);
    }
    root.append(line);
  }

  function select(cell) {
    cells[current].tabIndex = -1;
    current = cell;
    cells[current].tabIndex = 0;
    cells[current].focus();
  }

  function moved([down, right]) {
    const row = Math.min(Math.max(Math.floor(current / columns) + down, 0), rows - 1);
    const column = Math.min(Math.max((current % columns) + right, 0), columns - 1);
    return row * columns + column;
  }

  function paint(key) {
    const value = kind.brushOf(puzzle(), current, key);
    if (value !== undefined) onPaint(current, value);
    return value !== undefined;
  }

  const under = (event) => document.elementFromPoint(event.clientX, event.clientY)?.dataset.cell;

  root.onkeydown = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const move = MOVES[event.key];
    if (move) {
      const value = puzzle()[current];
      select(moved(move));
      if (event.shiftKey && kind.draws) onPaint(current, kind.strokeOf(value));
    } else if (event.key === "Home" || event.key === "End") {
      select(moved([0, event.key === "Home" ? -columns : columns]));
    } else if (event.key === "Enter") {
      onEnter();
    } else if (!paint(event.key)) {
      return;
    }
    event.preventDefault();
  };
  root.onpointerdown = (event) => {
    const cell = under(event);
    if (cell === undefined) return;
    event.preventDefault();
    select(Number(cell));
    if (!kind.draws) return;
    root.setPointerCapture(event.pointerId);
    brush = kind.pressed(puzzle(), current);
    onPaint(current, brush);
  };
  root.onpointermove = (event) => {
    const cell = brush === null ? undefined : under(event);
    if (cell === undefined || Number(cell) === current) return;
    select(Number(cell));
    onPaint(current, brush);
  };
  root.onlostpointercapture = () => (brush = null);

  function show(view) {
    const givens = puzzle();
    const shown = view.grid ?? givens;
    for (const [index, cell] of cells.entries()) {
      const value = shown[index];
      const isGiven = !kind.draws && value > 0 && value === givens[index];
      const state = [
        isGiven && "given",
        view.changed?.[index] && "changed",
        view.clamped?.[index] && "clamped",
        view.conflicts?.includes(index) && "conflict",
      ].filter(Boolean);
      const confidence = view.confidence?.[index].toFixed(2) ?? "1";
      const wave = view.wave ? view.wave[index] : -1;
      const key = [value, ...state, confidence, wave].join();
      if (cell.dataset.shown === key) continue;
      cell.dataset.shown = key;
      cell.dataset.value = value;
      cell.dataset.state = state.join(" ");
      cell.dataset.wave = wave;
      cell.style.setProperty("--confidence", confidence);
      cell.textContent = kind.symbolOf(value);
      const place = `row ${Math.floor(index / columns) + 1}, column ${(index % columns) + 1}`;
      cell.setAttribute("aria-label", `${place}: ${[kind.nameOf(value), ...state].join(", ")}`);
    }
  }

  return { show, paint };
}
