import type { Finding, Instant } from '@freehold/kernel';
import type { AggregateState } from '@freehold/log';
import { type Attempt, eventId, type NextAction, recordIdOf } from '../next-action.js';
import { type FailedOutcome, type ProcessCommand, processDefinition } from '../process-decide.js';
import type { ProcessState } from '../process-state.js';
import type { ProcessTable } from '../process-table.js';
import type { ProcessClock, ProcessStore, ProcessTransport, SendOutcome } from './process-ports.js';
import type { Tracked } from './tracked-process.js';
import type { Watches } from './watches.js';

export interface RunnerParts {
  store: ProcessStore;
  transport: ProcessTransport;
  clock: ProcessClock;
  watches: Watches;
  /** The pause in ms before the `tries`-th repeat (from 1). */
  backoffMs: (tries: number) => number;
}

/** Where a process comes to rest: until a time, until it is woken (null), or for good. */
export type Rest =
  { kind: 'sleeps'; untilMs: number | null } | { kind: 'stuck'; findings: readonly Finding[] } | { kind: 'ended' };

/** One look at one process, as it stands in the log. */
export interface Turn {
  tracked: Tracked;
  table: ProcessTable;
  loaded: AggregateState<ProcessState>;
}

export type ActionOf<Kind extends NextAction['kind']> = Extract<NextAction, { kind: Kind }>;

type WithoutAt<Command> = Command extends ProcessCommand ? Omit<Command, 'at'> : never;

export const attemptOf = ({ step, direction, attempt }: Attempt): Attempt => ({ step, direction, attempt });

export const instantOf = (ms: number): Instant => new Date(ms).toISOString();

/**
 * Records what became of an attempt. The command's id follows from the attempt and from what is recorded, so whoever
 * records it twice, or two reactors at once, meet the first record; the digest adds nothing and is the id.
 *
 * @param cause the event that was reacted to, `<position>/<index>`.
 */
export async function record(
  parts: RunnerParts,
  { tracked, table }: Turn,
  command: WithoutAt<Exclude<ProcessCommand, { type: 'begin' | 'resume' }>>,
  { attempt, cause = null }: { attempt: Attempt; cause?: string | null },
): Promise<null> {
  const { name, correlation } = tracked;
  const what = command.type === 'succeed' || command.type === 'fail' ? 'outcome' : command.type;
  const commandId = recordIdOf(name.id, what, attempt);
  const actor = { kind: 'process', id: name.id } as const;
  const commandName = `${table.kind}.${command.type}`;
  const result = await parts.store.execute({
    definition: processDefinition(table),
    name,
    command: { ...command, at: instantOf(parts.clock.now().getTime()) },
    meta: { commandId, commandName, digest: commandId, actor, cause, correlation },
  });
  if (result.kind === 'committed' || result.kind === 'unchanged') return null;
  const why = result.kind === 'refused' ? result.findings.map(({ detail }) => detail).join(' ') : result.kind;
  throw new Error(`${commandName} of ${attempt.step} was not recorded: ${why}`);
}

export function recordFailure(
  parts: RunnerParts,
  turn: Turn,
  attempt: Attempt,
  outcome: Omit<FailedOutcome, 'reactedTo'> & { reactedTo?: FailedOutcome['reactedTo']; cause?: string },
): Promise<null> {
  const { reason, findings, outcomeKnown, reactedTo = null, cause = null } = outcome;
  const command = { type: 'fail', reason, findings, outcomeKnown, reactedTo, ...attemptOf(attempt) } as const;
  return record(parts, turn, command, { attempt, cause });
}

/** Sends an attempt's command or job. A reply without the operation's shape is a bug there, and no outcome. */
export async function deliver(
  { transport }: RunnerParts,
  { tracked, loaded }: Turn,
  { effect, commandId, step, direction }: ActionOf<'send' | 'wait'>,
): Promise<SendOutcome> {
  const { correlation, name } = tracked;
  const cause = loaded.position === null ? null : eventId(loaded.position, 0);
  const sender = { operator: name.operator, processId: name.id, correlation, cause };
  try {
    const outcome = await transport.send({ effect, commandId, step, direction, ...sender });
    if (outcome.kind !== 'succeeded' || effect.kind === 'job') return outcome;
    const checked = effect.operation.reply.safeParse(outcome.reply);
    if (checked.success) return outcome;
    return { kind: 'unavailable', detail: `malformed reply of ${effect.operation.id}: ${checked.error.message}` };
  } catch (error) {
    return { kind: 'unavailable', detail: error instanceof Error ? error.message : String(error) };
  }
}

export const timedOut = (step: string, code: string, detail: string): Finding => ({
  pointer: '',
  code,
  detail: `${step} ${detail}`,
  hint: 'Look at the health of the cell with `freehold doctor`, then start the work again.',
});
