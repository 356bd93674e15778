import type { Operation, OperationReply } from '@freehold/kernel';
import { z } from 'zod';
import { log } from '../logging/logging.js';
import { outcomeOf } from './failures.js';
import type { Outcome } from './outcome.js';

/** An answer as it crosses NATS. `reply` passes through the row's schema, so that nothing goes out that it does not name. */
export function encodeReply(row: Operation, outcome: Outcome<unknown>, correlation: string): string {
  return JSON.stringify(replyOf(row, outcome, correlation));
}

function replyOf(row: Operation, outcome: Outcome<unknown>, correlation: string): OperationReply {
  switch (outcome.kind) {
    case 'checked':
      return { kind: 'done', reply: null, position: null, etag: null, location: null };
    case 'done': {
      const reply = row.reply.pipe(z.json()).safeParse(withoutUndefined(outcome.reply));
      if (reply.success) return { ...outcome, reply: reply.data };
      log().error({ err: reply.error, operation: row.id, correlation }, 'a reply does not match its schema');
      return outcomeOf(reply.error);
    }
    case 'refused':
    case 'failed':
      return outcome;
  }
}

/** What JSON would send: members that are undefined are not there. */
const withoutUndefined = (reply: unknown): unknown => (reply === undefined ? null : JSON.parse(JSON.stringify(reply)));
