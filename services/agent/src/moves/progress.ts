import type { Done } from '@freehold/state-parts';

/** What there is to do. */
export interface ToDo {
  readonly fetchFiles: number;
  readonly fetchBytes: number;
}

/** What has been done of a transfer, and what there is to do. */
export interface Meter {
  readonly filesDone: number;
  readonly bytesDone: number;
  readonly files: number;
  readonly bytes: number;
  /** More to do is found while it is done. */
  readonly grows: boolean;
}

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'] as const;

/**
 * `round 2: 1,204 of 10,625 files, 1.2 of 10 GB, 312 MB/s, 12 s left`, or while it grows `round 2: 1,204 of 3,120 files
 * found so far, 1.2 of 3 GB, 312 MB/s`. @param bytesPerS 0: not known yet
 */
export function progressText(
  label: string,
  { filesDone, files, bytesDone, bytes, grows }: Meter,
  bytesPerS: number,
): string {
  const step = stepOf(bytes);
  const parts = [
    `${label}: ${grouped(filesDone)} of ${grouped(files)} files${grows ? ' found so far' : ''}`,
    `${inUnit(bytesDone, step)} of ${inUnit(bytes, step)} ${UNITS[step]}`,
  ];
  if (bytesPerS > 0) {
    const rate = stepOf(bytesPerS);
    parts.push(`${inUnit(bytesPerS, rate)} ${UNITS[rate]}/s`);
    if (!grows) parts.push(`${remaining((bytes - bytesDone) / bytesPerS)} left`);
  }
  return parts.join(', ');
}

const stepOf = (bytes: number): number =>
  Math.min(UNITS.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(bytes, 1)) / 3)));

function inUnit(bytes: number, step: number): string {
  const value = bytes / 1000 ** step;
  return value < 10 && step > 0 ? String(Math.round(value * 10) / 10) : String(Math.round(value));
}

const grouped = (count: number): string => String(count).replaceAll(/\B(?=(\d{3})+$)/g, ',');

function remaining(seconds: number): string {
  const whole = Math.max(0, Math.ceil(seconds));
  if (whole < 120) return `${whole} s`;
  return whole < 7200 ? `${Math.ceil(whole / 60)} min` : `${Math.ceil(whole / 3600)} h`;
}

/** Tells how a transfer goes, at most once in `everyMs`. */
export class ProgressTeller {
  #toldAt = -Infinity;
  #filesDone = 0;
  #bytesDone = 0;
  /** The first bytes came: waiting for them says nothing of how fast they are. */
  #beganAt: number | undefined;

  /** @param toDo read at each telling. @param grows whether there may come more to do */
  constructor(
    private readonly label: string,
    private readonly toDo: ToDo,
    private readonly tell: (text: string) => void,
    private readonly options: { readonly grows?: () => boolean; readonly everyMs?: number } = {},
  ) {}

  moved(bytes: number): void {
    this.#beganAt ??= performance.now();
    this.#bytesDone += bytes;
    this.#maybeTell();
  }

  fileDone(): void {
    this.#filesDone += 1;
    this.#maybeTell();
  }

  #maybeTell(): void {
    const now = performance.now();
    if (now - this.#toldAt < (this.options.everyMs ?? 1_000)) return;
    this.#toldAt = now;
    const seconds = (now - (this.#beganAt ?? now)) / 1000;
    const rate = seconds < 1 ? 0 : this.#bytesDone / seconds;
    const { fetchFiles: files, fetchBytes: bytes } = this.toDo;
    const done = { filesDone: this.#filesDone, bytesDone: this.#bytesDone };
    this.tell(progressText(this.label, { ...done, files, bytes, grows: this.options.grows?.() ?? false }, rate));
  }
}

/**
 * Of work whose end is not known: `captures: media, 12 files, 3.4 GB`. Told when it goes on, at most once in `everyMs`;
 * whoever looks on takes what says the same for work that hangs.
 */
export function workTeller(label: string, tell: (text: string) => void, everyMs = 1_000): (done: Done) => void {
  let toldAt = -Infinity;
  tell(label);
  return ({ files, bytes }) => {
    const now = performance.now();
    if (now - toldAt < everyMs) return;
    toldAt = now;
    const step = stepOf(bytes);
    const counted = files === 0 ? [] : [`${grouped(files)} files`];
    tell([label, ...counted, `${inUnit(bytes, step)} ${UNITS[step]}`].join(', '));
  };
}
