import { type Appender, createAppender, jetStreamLog, subjectOf } from '@freehold/log';
import type { Commit, Position } from '@freehold/kernel';
import { OPS_BUCKET } from '@freehold/platform';
import { kvStore } from '@freehold/vault';
import { Kvm } from '@nats-io/kv';
import type { NatsConnection } from '@nats-io/transport-node';
import { randomBytes, randomUUID } from 'node:crypto';
import type { PowerLedger } from './ledger.js';

const WRITERS = 96;
const PUTTERS = 4;
const KEYS_PER_PUTTER = 8;
/** Longer than a machine takes to come back. */
const DEADLINE_MS = 120_000;

/** A store with keys, as the vault and the followers use theirs. */
export interface KeyedStore {
  readonly name: string;
  put(key: string, value: Uint8Array): Promise<unknown>;
  get(key: string): Promise<Uint8Array | undefined>;
}

export async function keyedStores(connection: NatsConnection): Promise<KeyedStore[]> {
  const vault = await kvStore(connection);
  const ops = await new Kvm(connection).open(OPS_BUCKET, { bindOnly: true, allow_direct: false });
  return [
    { name: 'VAULT', put: (key, value) => vault.put(key, value), get: (key) => vault.get(key) },
    {
      name: 'OPS',
      put: (key, value) => ops.put(key, value),
      get: async (key) => (await ops.get(key))?.value,
    },
  ];
}

/**
 * Writers of one round: each has an aggregate, whose commits it appends one after the other through the appender; so many
 * come together that they go in batches. Others put values. When the power is cut, each ends with what it has under way:
 * an append waits for the cell to come back and finds out what became of it, a put does not.
 */
export class PowerWriters {
  #isCut = false;
  /** Acknowledged before the cut. */
  appended = 0;
  put = 0;
  /** Unanswered at the cut, and found or stored afterwards by the appender. */
  settled = 0;
  /** Told that another commit had come first, which there is not; or nothing at all. */
  misled = 0;
  readonly #all: Promise<unknown>;

  constructor(
    private readonly ledger: PowerLedger,
    { connection, stores }: { connection: NatsConnection; stores: readonly KeyedStore[] },
  ) {
    const appender = createAppender({ log: jetStreamLog({ connection }), deadlineMs: DEADLINE_MS });
    const putters = stores.flatMap((store) => Array.from({ length: PUTTERS }, () => this.#putValues(store)));
    this.#all = Promise.all([...Array.from({ length: WRITERS }, () => this.#append(appender)), ...putters]);
  }

  cut(): void {
    this.#isCut = true;
  }

  async ended(): Promise<void> {
    await this.#all;
  }

  async #append(appender: Appender): Promise<void> {
    const subject = subjectOf({
      context: 'deployment',
      operator: randomUUID(),
      aggregate: 'deployment',
      id: randomUUID(),
    });
    let previous: Position | null = null;
    for (let version = 1; !this.#isCut && (version === 1 || previous !== null); version += 1) {
      const commit = commitOf(version, previous);
      this.ledger.send(subject, commit);
      previous = await this.#outcome(appender, { subject, commit, expected: previous });
    }
  }

  async #outcome(appender: Appender, request: { subject: string; commit: Commit; expected: Position | null }) {
    const result = await appender.append(request).catch(() => null);
    if (result?.kind !== 'stored') {
      this.misled += 1;
      return null;
    }
    this.ledger.acknowledged.set(request.commit.command.id, result.stored.position);
    if (this.#isCut) this.settled += 1;
    else this.appended += 1;
    return result.stored.position;
  }

  async #putValues(store: KeyedStore): Promise<void> {
    const mine = randomUUID();
    for (let n = 0; !this.#isCut; n += 1) {
      const key = `power.${mine}.${n % KEYS_PER_PUTTER}`;
      const value = `${n} ${randomBytes(150).toString('base64')}`;
      const index = this.ledger.putSent(`${store.name} ${key}`, value);
      const isDone = await store.put(key, Buffer.from(value)).then(
        () => true,
        () => false,
      );
      // After the cut an answer can only be one that was on its way before.
      if (!isDone) continue;
      this.ledger.putAcknowledged(`${store.name} ${key}`, index);
      this.put += 1;
    }
  }
}

const commitOf = (version: number, previous: Position | null): Commit => ({
  version,
  previous,
  at: new Date().toISOString(),
  actor: { kind: 'system', id: 'power' },
  command: { id: randomUUID(), name: 'deployment.order', digest: '9f86d081884c7d659a2feaa0c55ad015' },
  cause: null,
  correlation: randomUUID(),
  events: [{ type: 'deployment.ordered.v1', data: { bytes: randomBytes(150).toString('base64') } }],
});
