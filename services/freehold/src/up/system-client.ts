import { CELL, type Operation, type Principal, type ReplyOf } from '@freehold/kernel';
import { type CallOptions, derivedId, OperationClient, readSigningKey, signPrincipal } from '@freehold/platform';
import type { NatsConnection } from '@nats-io/transport-node';
import { signingKeyFile } from './signer-keys.js';

/** The installation itself, as it stands in the log: it seeds, and does nothing else. */
const SYSTEM: Principal = { actor: { kind: 'system', id: 'up' }, role: 'system', operator: CELL };
/** Of the ids of seeding commands; for ever. */
const SEEDS = 'b7c1c2de-4f0b-5a67-9a0e-2f1de7c1a5d4';
/** A start has time: on a machine that is busy or paused, an answer may be long in coming. */
const PATIENCE_MS = 60_000;
const PAUSE_MS = 50;

/** A seed was not accepted. */
export class SeedRefused extends Error {
  override readonly name = 'SeedRefused';

  constructor(
    readonly seed: string,
    readonly codes: readonly string[],
    detail: string,
  ) {
    super(`${seed}: ${detail}`);
  }
}

export interface SystemClient {
  /**
   * Gives a command with the fixed id that follows from `seed`: however often, one effect and one answer.
   * @throws SeedRefused
   */
  command<Row extends Operation>(
    row: Row,
    seed: string,
    input: Pick<CallOptions<Row>, 'params' | 'body'>,
  ): Promise<ReplyOf<Row>>;
}

export async function systemClient(connection: NatsConnection, home: string): Promise<SystemClient> {
  const key = await readSigningKey(signingKeyFile(home, 'system'));
  const client = new OperationClient({ connection, sign: (principal) => signPrincipal(key, 'system', principal) });
  return {
    async command(row, seed, { params, body }) {
      const call = { params, body, principal: SYSTEM, commandId: derivedId(SEEDS, seed) };
      const until = Date.now() + PATIENCE_MS;
      for (;;) {
        const answered = await client.call(row, call);
        if (answered.kind === 'done') return answered.reply;
        if (answered.kind === 'refused') {
          const { findings } = answered;
          throw new SeedRefused(
            seed,
            findings.map(({ code }) => code),
            findings.map(({ detail, hint }) => `${detail} ${hint}`).join('; '),
          );
        }
        if (Date.now() > until) throw new SeedRefused(seed, [answered.reason], answered.detail);
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      }
    },
  };
}
