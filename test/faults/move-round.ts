import { firstAdministrator, retireDeployment } from '@freehold/deployment-contract';
import { Finding } from '@freehold/kernel';
import { arrivalAccepted } from '@freehold/portability-contract';
import { eventually } from '@freehold/supervisor/testing';
import { randomUUID } from 'node:crypto';
import { Calendar } from './calendar.js';
import { DisturbedMove, type Struck } from './disturbed-move.js';
import { lookAtMove } from './look-at-move.js';
import type { MoveFault } from './move-fault.js';
import { againstSource, againstStuck, againstTarget, type MoveSeen } from './move-verdict.js';
import { answered, endOf } from './patient-client.js';
import { BothAccept, SingleWriter } from './single-writer.js';
import type { TwoInstallations } from './two-installations.js';
import { Writer, Written } from './writer.js';

export interface MoveRound extends Struck {
  readonly end: 'source' | 'target' | 'stuck' | 'third';
  /** How the processes ended. */
  readonly outcome: string;
  /** What is wrong; empty unless the end is the third. */
  readonly wrong: readonly string[];
  readonly acknowledged: number;
  /** Longest time in which the writer was acknowledged nothing. */
  readonly pauseMs: number;
  /** From the grant until both sides had settled. */
  readonly moveMs: number;
  readonly tookMs: number;
}

/** Until the last records, jobs and pages say what the processes say. */
const JUDGE_MS = 30_000;
const CONTENT = 20;

interface Placed {
  readonly deployment: string;
  readonly environment: string;
  readonly calendar: Calendar;
}

/** One deployment with content, moved while it is written to, disturbed by the fault; to its end. @throws BothAccept */
export async function moveRound(pair: TwoInstallations, label: string, fault: MoveFault | null): Promise<MoveRound> {
  const startedAt = performance.now();
  const placed = await place(pair, `${label}.${pair.a.installation.zone}`);
  const written = new Written();
  while (written.acknowledged.size < CONTENT) {
    const entry = written.next('content');
    if (await placed.calendar.put(pair.a.installation, entry)) written.acknowledge(entry);
  }
  const watch = new SingleWriter(pair, placed.calendar, written);
  const writer = new Writer(placed.calendar, written, [pair.a.installation, pair.b.installation]);
  const move = new DisturbedMove(pair, placed.deployment, fault);
  try {
    const moveMs = await Promise.race([move.run(), watch.violated]);
    await writer.stop();
    await Promise.race([watch.stop(), watch.violated]);
    const judged = await judge(pair, placed, written);
    const wrong = [...judged.wrong, ...(judged.end === 'third' ? [] : await clearAway(pair, judged))];
    return {
      ...move.told,
      ...{ end: wrong.length > 0 ? 'third' : judged.end, outcome: judged.outcome, wrong, moveMs },
      ...{ acknowledged: written.acknowledged.size, pauseMs: written.longestPauseMs },
      tookMs: performance.now() - startedAt,
    };
  } catch (error) {
    if (error instanceof BothAccept) throw error;
    return {
      ...move.told,
      ...{ end: 'third', outcome: 'unknown', wrong: [String(error)], moveMs: 0 },
      ...{ acknowledged: written.acknowledged.size, pauseMs: written.longestPauseMs },
      tookMs: performance.now() - startedAt,
    };
  } finally {
    move.end();
    await Promise.all([writer.stop(), watch.stop()]);
  }
}

async function place({ a }: TwoInstallations, name: string): Promise<Placed> {
  const { installation, by, moments } = a;
  await moments.watch(() => undefined);
  const { deployment, process } = await installation.order(by, { application: 'radicale', name, settings: {} });
  const { status } = await endOf(by, moments, process);
  if (status !== 'completed') throw new Error(`the order before the move is ${status}`);
  const params = { operator: by.operator, deployment };
  const calendar = new Calendar(name, await by.client.done(firstAdministrator, { params }));
  if (!(await eventually(() => calendar.make(installation)))) throw new Error('the calendar cannot be made');
  const requested = moments.commits.findLast(({ commit }) =>
    commit.events.some(({ type }) => type === 'provisioning.environment-requested.v1'),
  );
  return { deployment, environment: requested?.subject.split('.').at(-1) ?? '', calendar };
}

interface Judged {
  readonly end: MoveRound['end'];
  readonly outcome: string;
  readonly wrong: readonly string[];
  readonly deployment: string;
}

/** Looks until it is one of the ends that there may be, or the time is up. */
async function judge(pair: TwoInstallations, placed: Placed, written: Written): Promise<Judged> {
  let judged: Pick<Judged, 'end' | 'wrong'> = { end: 'third', wrong: [] };
  let outcome = 'unknown';
  const isRight = async (): Promise<boolean> => {
    const seen = await lookAtMove(pair, placed.calendar, placed.environment).catch((error: unknown) => String(error));
    if (typeof seen === 'string') judged = { end: 'third', wrong: [seen] };
    else [judged, outcome] = [endIn(seen, written), outcomeOf(seen)];
    return judged.end !== 'third';
  };
  await eventually(isRight, { timeoutMs: JUDGE_MS, intervalMs: 300 });
  return { ...judged, outcome, deployment: judged.end === 'target' ? arrivedAt(pair) : placed.deployment };
}

function endIn(seen: MoveSeen, written: Written): Pick<Judged, 'end' | 'wrong'> {
  const ends = [
    { end: 'source' as const, wrong: againstSource(seen, written) },
    { end: 'target' as const, wrong: againstTarget(seen, written) },
    { end: 'stuck' as const, wrong: againstStuck(seen, written) },
  ];
  const [nearest] = ends.toSorted((one, other) => one.wrong.length - other.wrong.length);
  const right = ends.find(({ wrong }) => wrong.length === 0);
  return right ?? { end: 'third', wrong: [`nearest to ${nearest?.end}`, ...(nearest?.wrong ?? [])] };
}

const outcomeOf = ({ a, b }: MoveSeen): string =>
  [...a.ledger.processes.values(), ...b.ledger.processes.values()]
    .map(({ kind, state, timer, findings }) => `${kind} ${timer === 'erase' ? 'done' : state}${whyOf(findings)}`)
    .join(', ') || `departure ${a.ledger.departure ?? 'none'}`;

/** ` (disk-full)`: what the process says it ended for. */
function whyOf(findings: readonly unknown[]): string {
  const codes = findings.flatMap((each) => Finding.safeParse(each).data?.code ?? []);
  return codes.length === 0 ? '' : ` (${[...new Set(codes)].join(', ')})`;
}

function arrivedAt({ b }: TwoInstallations): string {
  for (const { commit } of b.moments.since)
    for (const { type, data } of commit.events)
      if (type === arrivalAccepted.type) return arrivalAccepted.data.parse(data).deployment;
  return '';
}

/** It can be used like any other: it is retired where it lives, at once. */
async function clearAway(pair: TwoInstallations, { end, deployment }: Judged): Promise<string[]> {
  if (end === 'stuck') return [];
  const { by, moments } = end === 'target' ? pair.b : pair.a;
  const call = { params: { operator: by.operator, deployment }, body: { now: true }, idempotencyKey: randomUUID() };
  const { process } = await answered(by, retireDeployment, call);
  const { status } = await endOf(by, moments, process);
  return status === 'completed' ? [] : [`its retirement is ${status}`];
}
