import { subscriptions } from '@freehold/accounts-contract';
import { cellLog } from '@freehold/audit-contract';
import { comparePositions } from '@freehold/kernel';
import { volumeStates } from '@freehold/log';
import { eventually } from '@freehold/supervisor/testing';
import { kill } from '../../faults/victims.js';
import { adminConnection } from '../../kit/admin-connection.js';
import { type Installation, startInstallation } from '../../kit/installation.js';
import type { BenchOptions, Report } from '../bench.js';
import { forgetViews } from '../cell/filled-cell.js';
import { memoryOf } from '../memory.js';
import { HEADING, lineOf, megabytes, seconds, type Spread, spreadOf } from '../rounds.js';
import { COMMITS_PER_AGGREGATE, type Filled, fillLog, whileCommitsCome } from './fill.js';
import { atRest, ENDS, natsRestart, restart } from './restarts.js';

const BAR_MS = 10_000;
const BUILD_TIMEOUT_MS = 3 * 3_600_000;
/** Asked fifty times a second, the platform and who asks take half a processor each from a build. */
const BUILD_LOOK_MS = 1_000;
const SERVES_LOOK_MS = 20;
/** So many that the server has not written its index since. */
const COMMITS_BEFORE_KILL = 50_000;
const ALL_KILLED = ['all after SIGKILL', 'all after SIGKILL while commits come'];
const PARTS = { node: 'platform (all services)', nats: 'nats-server', postgres: 'PostgreSQL' } as const;

/** A cell with a long log: memory of each part before and after, and how long each takes to come back. */
export async function scaleBench({ rounds, commits, say }: BenchOptions): Promise<Report> {
  await using installation = await startInstallation({ startTimeoutMs: 600_000 });
  await using connection = await adminOf(installation);
  await atRest(installation.folder);
  const before = memoryOf(installation.folder);
  await installation.kill();
  const filled = await fillLog(connection, commits, say);
  await forgetViews(installation);
  const volumes = await volumeStates(connection);
  const bytes = volumes.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  say(`${commits} commits in ${seconds(filled.tookMs)}, ${megabytes(bytes)} in ${volumes.length} volumes`);
  const builtMs = await restart(installation, () => reached(installation, filled, BUILD_LOOK_MS));
  say(`read models built ${seconds(builtMs)} after the start`);
  await atRest(installation.folder);
  const after = memoryOf(installation.folder);
  const restarts = await restartsOf(installation, { connection, filled, rounds, say });
  const fresh = memoryOf(installation.folder);
  return reportOf({ commits, bytes, filled, builtMs, before, after, fresh, restarts });
}

async function adminOf({ home }: Installation) {
  const connection = await adminConnection(home, 'bench');
  return Object.assign(connection, { [Symbol.asyncDispose]: () => connection.close() });
}

/** The read models of accounts and audit answer with the last commit in them. */
async function reached({ client }: Installation, { operator, last: after }: Filled, intervalMs: number): Promise<void> {
  const answers = async (): Promise<boolean> => {
    try {
      await client.done(subscriptions.get, { params: { operator }, body: { after } });
      const { items } = await client.done(cellLog, { body: { limit: 1 } });
      return items[0] !== undefined && comparePositions(items[0].position, after) >= 0;
    } catch {
      return false;
    }
  };
  if (!(await eventually(answers, { timeoutMs: BUILD_TIMEOUT_MS, intervalMs })))
    throw new Error(`the read models do not reach ${after}`);
}

interface Restarting {
  readonly connection: Awaited<ReturnType<typeof adminOf>>;
  readonly filled: Filled;
  readonly rounds: number;
  say(line: string): void;
}

async function restartsOf(installation: Installation, restarting: Restarting): Promise<Record<string, Spread>> {
  const { connection, filled, rounds, say } = restarting;
  const measured: Record<string, number[]> = {};
  const note = (name: string, ms: number): void => {
    (measured[name] ??= []).push(ms);
    say(`${name}: ${seconds(ms)}`);
  };
  const serves = () => reached(installation, filled, SERVES_LOOK_MS);
  for (let n = 1; n <= rounds; n += 1) {
    await installation.kill();
    note('nats-server after a clean stop', await natsRestart(installation.home, connection, 'SIGTERM'));
    note('nats-server after SIGKILL', await natsRestart(installation.home, connection, 'SIGKILL'));
    await restart(installation, serves);
    for (const [name, end] of Object.entries(ENDS)) {
      await end(installation);
      note(name, await restart(installation, serves));
    }
    await whileCommitsCome(connection, COMMITS_BEFORE_KILL, async () => {
      await kill(installation, 'all');
      note('all after SIGKILL while commits come', await restart(installation, serves));
    });
  }
  return Object.fromEntries(Object.entries(measured).map(([name, all]) => [name, spreadOf(all)]));
}

interface Figures {
  readonly commits: number;
  readonly bytes: number;
  readonly filled: Filled;
  readonly builtMs: number;
  readonly before: ReturnType<typeof memoryOf>;
  readonly after: ReturnType<typeof memoryOf>;
  readonly fresh: ReturnType<typeof memoryOf>;
  readonly restarts: Readonly<Record<string, Spread>>;
}

function reportOf(figures: Figures): Report {
  const { commits, bytes, filled, builtMs, before, after, fresh, restarts } = figures;
  const memory = (['node', 'nats', 'postgres'] as const).map((part) =>
    [PARTS[part].padEnd(34), ...[before, after, fresh].map((each) => megabytes(each[part]).padStart(16))].join(''),
  );
  const worst = Math.max(...ALL_KILLED.map((name) => restarts[name]?.median ?? Number.NaN));
  return {
    bench: 'scale',
    bar: `serving within ${BAR_MS / 1000} s after SIGKILL of everything, at rest and while commits come (medians)`,
    reached: worst <= BAR_MS,
    lines: [
      `${commits} commits of ${commits / COMMITS_PER_AGGREGATE} aggregates, ${megabytes(bytes)} in the log`,
      `filled in ${seconds(filled.tookMs)}; read models built in ${seconds(builtMs)}`,
      `${'memory (PSS)'.padEnd(34)}${['empty', 'after filling', 'after restart'].map((each) => each.padStart(16)).join('')}`,
      ...memory,
      HEADING,
      ...Object.entries(restarts).map(([name, spread]) => lineOf(name, spread, seconds)),
    ],
    figures: { commits, bytes, fillMs: filled.tookMs, builtMs, memory: { before, after, fresh }, restarts },
  };
}
