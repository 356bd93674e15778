import { followProcess, orderDeployment } from '@freehold/deployment-contract';
import type { BodyOf, Finding, ReplyOf } from '@freehold/kernel';
import type { Answer, OperationsClient } from './operations-client.js';

export type Order = Partial<BodyOf<typeof orderDeployment>>;
export type OrderProcess = ReplyOf<typeof followProcess>['recorded'];

/** An order as a program sends it; what is not wished is that of a small calendar. */
export const order = (
  operator: string,
  client: OperationsClient,
  { application = 'radicale', name = 'calendar.freehold.test', settings = {}, ...more }: Order = {},
  idempotencyKey?: string,
): Promise<Answer<typeof orderDeployment>> =>
  client.settled(orderDeployment, {
    params: { operator },
    body: { application, name, settings, ...more },
    ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
  });

/** The process as it ended. `until`: another moment than its end. @throws when that does not come within 30 s */
export async function followed(
  operator: string,
  client: OperationsClient,
  process: string,
  until: (process: OrderProcess) => boolean = ({ endedAt }) => endedAt !== null,
): Promise<OrderProcess> {
  const deadline = performance.now() + 30_000;
  let after: ReplyOf<typeof followProcess>['position'] | undefined;
  for (;;) {
    const { recorded, position } = await client.done(followProcess, {
      params: { operator, process },
      body: after === undefined ? {} : { after, wait: 5 },
    });
    if (until(recorded)) return recorded;
    if (performance.now() > deadline) throw new Error(`still ${recorded.status}: ${JSON.stringify(recorded.steps)}`);
    after = position;
  }
}

/** How an order ended, whether at the border or later, in a race: nothing tells the two apart but the place it is told. */
export async function outcomeOf(
  operator: string,
  client: OperationsClient,
  answer: Answer<typeof orderDeployment>,
  until?: (process: OrderProcess) => boolean,
): Promise<{ won: boolean; at: 'border' | 'process'; status: string; findings: readonly Finding[] }> {
  if (answer.kind === 'problem') {
    const { status, errors } = answer.problem;
    return { won: false, at: 'border', status: String(status), findings: errors };
  }
  const { status, findings } = await followed(operator, client, answer.reply.process, until);
  return { won: status === 'running' || status === 'completed', at: 'process', status, findings };
}

export const stepOf = ({ steps }: OrderProcess, name: string) => steps.find((step) => step.name === name)?.state;
