// Small charts, without a library: a line over the last minutes, and a bar. What a chart shows stands
// beside it as text, too, and its label says it to whoever does not see it.

const SVG = 'http://www.w3.org/2000/svg';
const [WIDTH, HEIGHT] = [240, 56];

/** The least time that a line is drawn over, in milliseconds. */
const LEAST = 60_000;

function s(name, attributes, ...children) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

/** A chart of one or two lines: each is a list of `{ time, value }`, and has a gap where there is no
 *  value. `label` says what it shows. */
export function lines(label, ...series) {
  const times = series.flat().map(({ time }) => time);
  const values = series.flat().map(({ value }) => value).filter((it) => it !== null);
  const [end, top] = [Math.max(...times), Math.max(...values, 0) || 1];
  const span = Math.max(end - Math.min(...times), LEAST);
  const x = (time) => (WIDTH * (1 - (end - time) / span)).toFixed(1);
  const y = (value) => (HEIGHT - 2 - (HEIGHT - 6) * (value / top)).toFixed(1);
  const path = (points) => points.map(({ time, value }, at) => `${at ? 'L' : 'M'}${x(time)} ${y(value)}`).join('');
  const drawn = series.flatMap((one, at) => {
    const pieces = split(one);
    const line = s('path', { class: `line line-${at + 1}`, d: pieces.map(path).join('') });
    if (at) return [line];
    const closed = (points) => `${path(points)}L${x(points.at(-1).time)} ${HEIGHT}L${x(points[0].time)} ${HEIGHT}Z`;
    return [s('path', { class: 'area', d: pieces.map(closed).join('') }), line];
  });
  const base = s('path', { class: 'base', d: `M0 ${HEIGHT - 1}H${WIDTH}` });
  return s('svg', {
    class: 'chart', role: 'img', 'aria-label': label, viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: 'none',
  }, base, ...drawn);
}

/** The pieces of a line between its gaps. */
function split(series) {
  const pieces = [[]];
  for (const point of series) {
    if (point.value === null) pieces.push([]);
    else pieces.at(-1).push(point);
  }
  return pieces.filter((it) => it.length);
}

/** A bar that is filled by a part of 1, and is another one from `high` on. The text beside it says the
 *  same. */
export function bar(part, high = Infinity) {
  const width = 100 * Math.min(1, Math.max(0, part));
  return s('svg', { class: part > high ? 'bar high' : 'bar', 'aria-hidden': 'true', viewBox: '0 0 100 8', preserveAspectRatio: 'none' },
    s('rect', { class: 'ground', width: 100, height: 8 }),
    s('rect', { class: 'fill', width: width.toFixed(1), height: 8 }),
  );
}
