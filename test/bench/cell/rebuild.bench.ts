import { setTimeout as pause } from 'node:timers/promises';
import { operators } from '@freehold/accounts-contract';
import type { Installation } from '../../kit/installation.js';
import type { BenchOptions, Report } from '../bench.js';
import { HEADING, lineOf, seconds, spreadOf } from '../rounds.js';
import { atRest } from '../scale/restarts.js';
import { CopyPeer } from './copy-peer.js';
import { CONTEXTS, REBUILDS, startFilledCell } from './filled-cell.js';

const BAR = 2;
const COMMITS_PER_OPERATOR = 1_000;
const MOST_FAILURES = 100;
const ASKED_EVERY_MS = 50;

/** All read models of a cell built anew beside those that serve, while they are asked; and `COPY` of the same rows. */
export async function rebuildBench({ rounds, commits: wanted, say }: BenchOptions): Promise<Report> {
  await using filled = await startFilledCell(
    { operators: Math.ceil(wanted / COMMITS_PER_OPERATOR), commits: wanted },
    say,
  );
  const { installation: cell, commits } = filled;
  say('waiting until nothing is left to be done');
  await atRest(cell.folder);
  const asker = new Asker(cell);
  const rebuilt: number[] = [];
  const copied: number[] = [];
  const bare: number[] = [];
  const peer = await CopyPeer.of(cell);
  for (let n = 1; n <= rounds; n += 1) {
    asker.start();
    const begun = performance.now();
    await Promise.all(CONTEXTS.map((context) => rebuild(cell, context)));
    rebuilt.push(performance.now() - begun);
    await asker.stop();
    copied.push(await peer.run({ indexes: true }));
    bare.push(await peer.run({ indexes: false }));
    say(`round ${n} of ${rounds}: ${[rebuilt, copied, bare].map((each) => seconds(each.at(-1) ?? 0)).join(' ')}`);
  }
  peer.close();
  const ratio = spreadOf(rebuilt.map((ms, n) => ms / (copied[n] ?? Number.NaN)));
  const asked = spreadOf(asker.tookMs);
  return {
    bench: 'rebuild',
    bar: `≤ ${BAR} × COPY of the rows and their indexes (median), no question refused meanwhile`,
    reached: ratio.median <= BAR && asker.refused === 0,
    lines: [
      `${commits} commits, ${peer.rows} rows; ${rounds} rounds`,
      HEADING,
      lineOf('rebuild of all read models', spreadOf(rebuilt), seconds),
      lineOf('COPY and indexes', spreadOf(copied), seconds),
      lineOf('COPY alone', spreadOf(bare), seconds),
      lineOf('rebuild, times COPY and indexes', ratio, times),
      lineOf('a question meanwhile', asked, (ms) => `${ms.toFixed(1)} ms`),
      `${asker.tookMs.length} questions asked meanwhile, ${asker.refused} refused`,
    ],
    figures: {
      commits,
      rows: peer.rows,
      rebuilt: spreadOf(rebuilt),
      copied: spreadOf(copied),
      copiedWithoutIndexes: spreadOf(bare),
      ratio,
      asked: { count: asker.tookMs.length, refused: asker.refused, medianMs: asked.median, maxMs: asked.max },
    },
  };
}

/** A platform that has much to do may leave a call without an answer; then it is asked again. */
async function rebuild({ client }: Installation, context: keyof typeof REBUILDS): Promise<void> {
  let body: { replacing?: number } = {};
  for (let failures = 0; failures < MOST_FAILURES;) {
    const answer = await client.call(REBUILDS[context], { body }).catch(() => undefined);
    if (answer?.kind !== 'done') {
      failures += 1;
      await pause(ASKED_EVERY_MS);
      continue;
    }
    if (answer.reply.complete) return;
    body = { replacing: answer.reply.replacing };
  }
  throw new Error(`the rebuild of ${context} is not answered`);
}

/** Asks for a list again and again. */
class Asker {
  readonly tookMs: number[] = [];
  refused = 0;
  #asking = false;
  #ended: Promise<void> = Promise.resolve();

  constructor(private readonly cell: Installation) {}

  start(): void {
    this.#asking = true;
    this.#ended = this.#ask();
  }

  async stop(): Promise<void> {
    this.#asking = false;
    await this.#ended;
  }

  async #ask(): Promise<void> {
    while (this.#asking) {
      const begun = performance.now();
      const answer = await this.cell.client.call(operators.list, { body: { limit: 10 } }).catch(() => undefined);
      this.tookMs.push(performance.now() - begun);
      if (answer?.kind !== 'done') this.refused += 1;
      await pause(ASKED_EVERY_MS);
    }
  }
}

const times = (ratio: number): string => `${ratio.toFixed(2)} ×`;
