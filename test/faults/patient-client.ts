import { followProcess } from '@freehold/deployment-contract';
import type { Operation, ReplyOf, StoredCommit } from '@freehold/kernel';
import { eventually } from '@freehold/supervisor/testing';
import type { Operator, Process } from '../kit/installation.js';
import type { Moments } from './moments.js';
import { type Answer, type Call, UnexpectedProblem } from '../kit/operations-client.js';

const PATIENCE_MS = 90_000;

/** Nobody gave a final answer in time. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
}

/**
 * Asks until somebody answers for good: silence and 5xx are what a crash looks like from outside; the same call is sent
 * again, with the same key. @throws UnexpectedProblem for a refusal, NoAnswer after 90 s
 */
export async function answered<Row extends Operation>(by: Operator, row: Row, call: Call<Row>): Promise<ReplyOf<Row>> {
  let answer: Answer<Row> | undefined;
  let last = 'silence';
  const final = async (): Promise<boolean> => {
    answer = await by.client.call(row, { timeoutMs: 20_000, ...call }).catch((error: unknown) => {
      last = String(error);
      return undefined;
    });
    if (answer?.kind === 'problem') last = `${answer.status} ${answer.problem.detail ?? answer.problem.title}`;
    return answer !== undefined && answer.status < 500;
  };
  if (!(await eventually(final, { timeoutMs: PATIENCE_MS, intervalMs: 100 })) || answer === undefined)
    throw new NoAnswer(`${row.id} is not answered: ${last}`);
  if (answer.kind === 'problem') throw new UnexpectedProblem(row.id, answer.problem);
  return answer.reply;
}

/**
 * How a process ended, or that it is stuck. Waits for that in the log, so that nobody is kept busy with the asking.
 * @throws NoAnswer after 90 s
 */
export async function endOf(by: Operator, moments: Moments, process: string): Promise<Process> {
  const ended = (): boolean => moments.since.some((commit) => endsProcess(commit, process));
  const inTime = await eventually(ended, { timeoutMs: PATIENCE_MS, intervalMs: 50 });
  const params = { operator: by.operator, process };
  const { recorded } = await answered(by, followProcess, { params, body: {} });
  if (inTime) return recorded;
  const at = recorded.steps.filter(({ state }) => state !== 'done' && state !== 'waiting');
  throw new NoAnswer(`process ${process} is still ${recorded.status}: ${JSON.stringify(at)}`);
}

const endsProcess = ({ subject, commit }: StoredCommit, process: string): boolean =>
  subject.endsWith(`.${process}`) && commit.events.some(({ type }) => /\.process-(ended|stuck)\./.test(type));
