/** `0.4 s`, `12 s`, `3 min 5 s`, `2 h 10 min`, `4 d 3 h`. */
export function duration(milliseconds: number): string {
  const seconds = milliseconds / 1_000;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const [size, unit, below, name] = UNITS.find(([least]) => whole >= least) ?? SMALLEST;
  const [major, minor] = [Math.floor(whole / size), Math.floor((whole % size) / below)];
  return minor === 0 ? `${major} ${unit}` : `${major} ${unit} ${minor} ${name}`;
}

const SMALLEST = [60, 'min', 1, 's'] as const;
const UNITS = [[86_400, 'd', 3_600, 'h'], [3_600, 'h', 60, 'min'], SMALLEST] as const;

/** `just now`, `5 min ago`, `in 2 d`; the exact time is in `--json`. */
export function relative(instant: string, now: Date): string {
  const difference = now.getTime() - new Date(instant).getTime();
  if (Math.abs(difference) < 10_000) return 'just now';
  return difference > 0 ? `${coarse(difference)} ago` : `in ${coarse(-difference)}`;
}

const coarse = (milliseconds: number): string => duration(milliseconds).split(' ').slice(0, 2).join(' ');

/** `812 B`, `4.2 MB`, `1.5 GB`: powers of 1,000. */
export function bytes(count: number): string {
  if (count < 1_000) return `${count} B`;
  const power = Math.min(4, Math.floor(Math.log10(count) / 3));
  const value = count / 1_000 ** power;
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${['B', 'kB', 'MB', 'GB', 'TB'][power]}`;
}
