import { Agent, request } from 'node:http';

interface ProberTarget {
  readonly url: string;
  /** Default: node's own. */
  readonly agent?: Agent;
  readonly everyMs: number;
}

export interface ProbeReport {
  readonly probes: number;
  readonly answered: number;
  /** Probes without an answer of 200. */
  readonly missed: number;
  /** From the last answer before the first miss to the first one after, the longest such time. */
  readonly longestPauseMs: number;
  /** Slowest answer. */
  readonly slowestMs: number;
}

interface Probe {
  readonly at: number;
  tookMs: number | undefined;
}

/** Asks an address again and again, on the beat whether or not the last answer came; an answer is 200 within two seconds. */
export class Prober {
  readonly #probes: Probe[] = [];
  readonly #timer: NodeJS.Timeout;
  readonly #open = new Set<Promise<void>>();

  constructor(private readonly target: ProberTarget) {
    this.#timer = setInterval(() => this.#probe(), target.everyMs);
    this.#probe();
  }

  #probe(): void {
    const probe: Probe = { at: performance.now(), tookMs: undefined };
    this.#probes.push(probe);
    const asking = answersOk(this.target).then((ok) => {
      if (ok) probe.tookMs = performance.now() - probe.at;
      this.#open.delete(asking);
    });
    this.#open.add(asking);
  }

  get lastAnswered(): boolean {
    return (
      this.#probes.findLast((probe) => probe.tookMs !== undefined || performance.now() - probe.at > 1000)?.tookMs !==
      undefined
    );
  }

  async stop(): Promise<ProbeReport> {
    clearInterval(this.#timer);
    await Promise.all(this.#open);
    const answered = this.#probes.filter(({ tookMs }) => tookMs !== undefined);
    return {
      probes: this.#probes.length,
      answered: answered.length,
      missed: this.#probes.length - answered.length,
      longestPauseMs: longestPause(this.#probes),
      slowestMs: Math.max(0, ...answered.map(({ tookMs }) => tookMs ?? 0)),
    };
  }
}

function longestPause(probes: readonly Probe[]): number {
  let longest = 0;
  let lastGood: number | undefined;
  let missing = false;
  for (const { at, tookMs } of probes) {
    if (tookMs === undefined) {
      missing = true;
      continue;
    }
    if (missing && lastGood !== undefined) longest = Math.max(longest, at + tookMs - lastGood);
    lastGood = at + tookMs;
    missing = false;
  }
  return longest;
}

function answersOk({ url, agent }: ProberTarget): Promise<boolean> {
  return new Promise((resolve) => {
    const asking = request(url, { agent: agent ?? new Agent({ keepAlive: false }), timeout: 2_000 }, (answer) => {
      answer.resume();
      answer.on('end', () => resolve(answer.statusCode === 200)).on('error', () => resolve(false));
    });
    asking.on('timeout', () => asking.destroy()).on('error', () => resolve(false));
    asking.end();
  });
}
