import { reservePlace, freePlace, resolveSubscription } from '@freehold/accounts-contract';
import { resolveOffering } from '@freehold/catalog-contract';
import { type Finding, type Operation, type OperationReply, operationSubject } from '@freehold/kernel';
import { claimNames, giveUpNames, hostAddress, lowerCapacity, reserveCapacity } from '@freehold/provisioning-contract';
import type { NatsConnection } from '@nats-io/transport-node';

type Reply = Extract<OperationReply, { kind: 'done' }>['reply'];

const refusalOf = (code: string): Finding => ({ pointer: '', code, detail: `${code}.`, hint: 'A test says so.' });

const AT = { address: '127.0.0.2', port: 80, transferPort: null, recipient: 'age1one' };

/** The contexts around this one, as far as an order's first steps ask them; each answer can be changed, or held back. */
export class Neighbours {
  /** By id of the operation: codes that it refuses with, or silence. */
  readonly moods = new Map<string, readonly string[] | 'silent'>();
  /** By id of the operation: what it answers instead. */
  readonly replies = new Map<string, Reply>();
  /** Ids of operations that were asked, checks apart, each time. */
  readonly asked: string[] = [];

  constructor(connection: NatsConnection, offering: Reply) {
    const replies: readonly [Operation, Reply][] = [
      [resolveSubscription, { plan: 'basic', places: 1 }],
      [resolveOffering, offering],
      [reservePlace, { plan: 'basic' }],
      [freePlace, {}],
      [claimNames, {}],
      [giveUpNames, {}],
      [reserveCapacity, { host: 'one' }],
      [lowerCapacity, {}],
      [hostAddress, { ...AT, programs: {}, closing: true }],
    ];
    for (const [row, reply] of replies) this.#answer(connection, row, reply);
  }

  #answer(connection: NatsConnection, row: Operation, reply: Reply): void {
    connection.subscribe(operationSubject(row), {
      callback: (_error, message) => {
        this.asked.push(row.id);
        const mood = this.moods.get(row.id);
        if (mood !== 'silent') message.respond(JSON.stringify(replyOf(mood, this.replies.get(row.id) ?? reply)));
      },
    });
    connection.subscribe(operationSubject(row, true), {
      callback: (_error, message) => {
        const mood = this.moods.get(`${row.id}.check`);
        if (mood !== 'silent') message.respond(JSON.stringify(replyOf(mood, null)));
      },
    });
  }
}

const replyOf = (mood: readonly string[] | undefined, reply: Reply): OperationReply =>
  mood === undefined
    ? { kind: 'done', reply, position: null, etag: null, location: null }
    : { kind: 'refused', reason: 'invalid', findings: mood.map(refusalOf) };
