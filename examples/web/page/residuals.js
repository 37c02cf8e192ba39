// How far the state moved from reading to reading, on a logarithmic scale, as a line of an SVG.

const [LEAST, MOST] = [-4, 0.5]; // powers of ten

export function drawResiduals(svg, frames, shown, tolerance) {
  const { width, height } = svg.viewBox.baseVal;
  const last = Math.max(1, frames.length - 1);
  const x = (index) => ((width * index) / last).toFixed(1);
  const y = (residual) => {
    const power = Math.min(Math.max(Math.log10(residual), LEAST), MOST);
    return (height * (1 - (power - LEAST) / (MOST - LEAST))).toFixed(1);
  };
  const points = frames.flatMap(({ residual }, index) =>
    residual === undefined ? [] : [`${x(index)},${y(residual)}`],
  );
  svg.querySelector("polyline").setAttribute("points", points.join(" "));
  place(svg.querySelector("#tolerance"), "y", y(tolerance));
  place(svg.querySelector("#shown"), "x", x(Math.min(shown, last)));
}

function place(line, axis, at) {
  line.setAttribute(`${axis}1`, at);
  line.setAttribute(`${axis}2`, at);
}
