import { type ProcessTransport, type SendOutcome, sendOutcomeOf, type StepMessage } from '@freehold/process';
import { z } from 'zod';
import type { OperationClient } from '../operations/operation.client.js';
import type { Jobs } from './jobs.js';
import { processPrincipal } from './process-principal.js';

/** What a process's steps travel by: commands as requests to the contexts, in the process's own name; jobs as messages. */
export const processTransport = (client: OperationClient, jobs: Jobs): ProcessTransport => ({
  async send({ effect, commandId, operator, processId, cause, correlation }: StepMessage): Promise<SendOutcome> {
    switch (effect.kind) {
      case 'job': {
        const { host, deployment, job: body } = effect;
        await jobs.publish({ id: commandId, host, deployment, body: { ...body, id: commandId } });
        return { kind: 'succeeded', reply: null };
      }
      case 'command': {
        const { operation, params, body } = effect;
        const principal = processPrincipal(operator, processId);
        const answered = await client.call(operation, { params, body, principal, commandId, cause, correlation });
        return sendOutcomeOf(
          answered.kind === 'done' ? { ...answered, reply: z.json().parse(answered.reply) } : answered,
        );
      }
    }
  },
});
