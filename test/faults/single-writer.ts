import { readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { listeningPorts, processesIn } from '../kit/proc.js';
import type { Installation } from '../kit/installation.js';
import type { Calendar } from './calendar.js';
import type { Side } from './move-fault.js';
import type { TwoInstallations } from './two-installations.js';
import type { Written } from './writer.js';

/** A process of the application itself. */
export interface Unit {
  readonly pid: number;
  /** Of its environment. */
  readonly folder: string;
  /** It shares the machine's network: it can be reached, and reach others. */
  readonly open: boolean;
  readonly ports: readonly number[];
}

const EVERY_MS = 250;

/** Both sides' applications accepted writes at once. */
export class BothAccept extends Error {
  override readonly name = 'BothAccept';
}

/**
 * Looks all the time whether the application accepts writes at one side at most: by what runs and in which network, and by
 * writing to whatever listens. What was accepted counts as acknowledged.
 */
export class SingleWriter {
  readonly #timer: NodeJS.Timeout;
  readonly #violation = Promise.withResolvers<never>();
  #looking = Promise.resolve();
  #before: ReadonlySet<number> = new Set();
  samples = 0;

  constructor(
    private readonly pair: TwoInstallations,
    private readonly calendar: Calendar,
    private readonly written: Written,
  ) {
    this.#violation.promise.catch(() => undefined); // told to whoever waits
    let busy = false;
    this.#timer = setInterval(() => {
      if (busy) return;
      busy = true;
      this.#looking = this.#look()
        .catch((error: unknown) => this.#violation.reject(error))
        .finally(() => (busy = false));
    }, EVERY_MS);
  }

  /** Rejects when both have accepted. */
  get violated(): Promise<never> {
    return this.#violation.promise;
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#looking;
  }

  async #look(): Promise<void> {
    const units = { a: openUnits(this.pair.a.installation), b: openUnits(this.pair.b.installation) };
    const [a, b] = await Promise.all([this.#accepts('a', units.a), this.#accepts('b', units.b)]);
    this.samples += 1;
    const all = [...units.a, ...units.b];
    // A unit that is being ended may be seen once more.
    const last = (side: Side) => units[side].some(({ pid }) => this.#before.has(pid));
    this.#before = new Set(all.map(({ pid }) => pid));
    if (a && b) throw new BothAccept(`both accepted a write at once: ${JSON.stringify(units)}`);
    if (last('a') && last('b')) throw new BothAccept(`open units at both sides: ${JSON.stringify(units)}`);
  }

  async #accepts(side: Side, units: readonly Unit[]): Promise<boolean> {
    const answers = units
      .flatMap(({ ports }) => ports)
      .map(async (port) => {
        const entry = this.written.next(`probe-${side}`);
        const accepted = await this.calendar.putDirectly(port, entry);
        if (accepted) this.written.acknowledge(entry);
        return accepted;
      });
    return (await Promise.all(answers)).includes(true);
  }
}

/** Radicale's own processes of every environment of an installation. */
export function unitsIn({ home }: Pick<Installation, 'home'>, environment = ''): Unit[] {
  const folder = join(home, 'applications', 'process', 'environments', environment);
  return processesIn(folder.replace(/\/$/, ''))
    .filter(({ command }) => command.includes('-m radicale'))
    .map(({ pid }) => ({ pid, folder, open: networkOf(pid) === networkOf('self'), ports: listeningPorts(pid) }));
}

const openUnits = (installation: Installation): Unit[] =>
  unitsIn(installation).filter(({ open, ports }) => open && ports.length > 0);

function networkOf(pid: number | 'self'): string {
  try {
    return readlinkSync(`/proc/${pid}/ns/net`);
  } catch {
    return ''; // gone meanwhile
  }
}
