// Numbers with their units, in the user's language.

const BYTES = [[1024 ** 3, 'GiB'], [1024 ** 2, 'MiB'], [1024, 'KiB'], [1, 'B']];

function format(localizer, options, value) {
  return new Intl.NumberFormat(localizer.language, options).format(value);
}

/** A number of a few digits. */
export function count(localizer, value) {
  return format(localizer, { maximumFractionDigits: value < 10 ? 1 : 0 }, value);
}

/** A part of a whole, in percent. */
export function share(localizer, value) {
  return format(localizer, { style: 'percent', maximumFractionDigits: value < 0.1 ? 1 : 0 }, value);
}

/** A size in bytes, such as `1.5 MiB`. */
export function bytes(localizer, value) {
  const [size, unit] = BYTES.find(([size]) => value >= size) ?? BYTES.at(-1);
  const digits = size > 1 && value / size < 10 ? 1 : 0;
  return `${format(localizer, { maximumFractionDigits: digits }, value / size)}\u00a0${unit}`;
}

/** A short time in seconds, such as `1.2 ms`. */
export function seconds(localizer, value) {
  const [size, unit] = value >= 1 ? [1, 'second'] : value >= 0.001 || value === 0 ? [0.001, 'millisecond'] : [0.000001, 'microsecond'];
  const digits = value / size < 10 ? 1 : 0;
  return format(localizer, { style: 'unit', unit, unitDisplay: 'short', maximumFractionDigits: digits }, value / size);
}

/** A longer time in seconds by its largest unit, such as `3 hours`. */
export function longTime(localizer, value) {
  const units = [[86_400, 'day'], [3_600, 'hour'], [60, 'minute'], [1, 'second']];
  const [size, unit] = units.find(([size]) => value >= size) ?? units.at(-1);
  return format(localizer, { style: 'unit', unit, unitDisplay: 'long', maximumFractionDigits: 0 }, Math.floor(value / size));
}
