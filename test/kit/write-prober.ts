import { existsSync, readdirSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import type { Installation } from './installation.js';
import { listenersOf, networkOf, processesIn } from './proc.js';
import { environmentFolder } from './remains.js';

export const SIDES = ['source', 'target'] as const;
export type Side = (typeof SIDES)[number];

/** One application at two providers. */
export interface Probed {
  readonly source: Pick<Installation, 'home'>;
  readonly target: Pick<Installation, 'home'>;
  /** Where it runs at the source. At the target it is whichever was not there when the probing began. */
  readonly environment: string;
  /**
   * Asks whatever listens on a port of this machine to store `item`.
   * @returns whether it has acknowledged that; a failed connection may be thrown
   */
  write(port: number, item: string): Promise<boolean>;
}

interface Attempt {
  readonly side: Side;
  readonly port: number;
  readonly item: string;
  readonly sentAtMs: number;
  answeredAtMs: number;
  accepted: boolean;
}

export interface WriteReport {
  readonly looks: number;
  /** Looks that found units listening at both sides where others can reach them. */
  readonly bothListened: number;
  /** Items that were acknowledged, in the order in which they were sent. */
  readonly accepted: Readonly<Record<Side, readonly string[]>>;
  /** From the last acknowledgement of the source to when the first item that the target took was sent. Negative: both took writes at once. */
  readonly handoverMs: number | null;
}

const EVERY_MS = 50;
/** Tries that one port may owe an answer: more would only queue there until each has waited too long, and none be taken. */
const OPEN_PER_PORT = 4;

/**
 * Looks on the beat at both sides, straight at the processes and without their routers: what listens, in which network
 * namespace, and whether it takes a write at 127.0.0.1. Also what is closed is tried: it must not answer.
 */
export class WriteProber {
  readonly #attempts: Attempt[] = [];
  readonly #open = new Map<Attempt, Promise<void>>();
  readonly #timer: NodeJS.Timeout;
  readonly #others: ReadonlySet<string>;
  #looks = 0;
  #bothListened = 0;

  constructor(private readonly probed: Probed) {
    this.#others = new Set(environmentsOf(probed.target));
    this.#timer = setInterval(() => this.#look(), EVERY_MS);
  }

  /** Acknowledged so far. */
  accepted(side: Side): string[] {
    return this.#attempts.filter((each) => each.accepted && each.side === side).map(({ item }) => item);
  }

  async stop(): Promise<WriteReport> {
    clearInterval(this.#timer);
    await Promise.all(this.#open.values());
    const accepted = this.#attempts.filter((each) => each.accepted);
    const [source, target] = SIDES.map((side) => accepted.filter((each) => each.side === side));
    const lastThere = Math.max(...(source ?? []).map(({ answeredAtMs }) => answeredAtMs));
    const firstHere = Math.min(...(target ?? []).map(({ sentAtMs }) => sentAtMs));
    return {
      looks: this.#looks,
      bothListened: this.#bothListened,
      accepted: { source: this.accepted('source'), target: this.accepted('target') },
      handoverMs: Number.isFinite(firstHere - lastThere) ? firstHere - lastThere : null,
    };
  }

  #look(): void {
    this.#looks += 1;
    const found = SIDES.map((side) => ({ side, units: this.#unitsAt(side) }));
    if (found.every(({ units }) => units.some(({ reachable }) => reachable))) this.#bothListened += 1;
    for (const { side, units } of found) for (const { port } of units) this.#try(side, port);
  }

  #unitsAt(side: Side): { port: number; reachable: boolean }[] {
    const folders =
      side === 'source'
        ? [environmentFolder(this.probed.source, this.probed.environment)]
        : environmentsOf(this.probed.target).filter((folder) => !this.#others.has(folder));
    return folders
      .flatMap((folder) => processesIn(folder))
      .flatMap(({ pid }) => {
        const reachable = networkOf(pid) === networkOf('self');
        return listenersOf(pid).map(({ port }) => ({ port, reachable }));
      });
  }

  #try(side: Side, port: number): void {
    const owed = [...this.#open.keys()].filter((each) => each.side === side && each.port === port);
    if (owed.length >= OPEN_PER_PORT) return;
    const item = `${side}-${this.#attempts.length}`;
    const attempt: Attempt = { side, port, item, sentAtMs: performance.now(), answeredAtMs: 0, accepted: false };
    this.#attempts.push(attempt);
    const asking = this.probed
      .write(port, item)
      .catch(() => false)
      .then((accepted) => {
        Object.assign(attempt, { accepted, answeredAtMs: performance.now() });
        this.#open.delete(attempt);
      });
    this.#open.set(attempt, asking);
  }
}

function environmentsOf(installation: Pick<Installation, 'home'>): string[] {
  const folder = dirname(environmentFolder(installation, 'any'));
  return existsSync(folder) ? readdirSync(folder).map((name) => environmentFolder(installation, basename(name))) : [];
}
