import type { Msg, NatsConnection } from '@nats-io/transport-node';
import { z } from 'zod';

/** How a service is, as it answers on `svc.health.<name>`. `degraded`: it works, but somebody should look. */
export const Health = z.object({ status: z.enum(['up', 'degraded', 'down']), details: z.record(z.string(), z.json()) });
export type Health = z.infer<typeof Health>;

type Check = () => Health | Promise<Health>;
const SEVERITY = { up: 0, degraded: 1, down: 2 } as const;

/** What a service's parts say about themselves, joined: the worst counts. */
export class HealthRegistry {
  readonly #checks = new Map<string, Check>();

  /** `name` is the key of the part's details. */
  add(name: string, check: Check): void {
    this.#checks.set(name, check);
  }

  async ask(): Promise<Health> {
    const answers = await Promise.all(
      [...this.#checks].map(async ([name, check]) => [name, await judged(check)] as const),
    );
    const status = answers.reduce<Health['status']>(
      (worst, [, each]) => (SEVERITY[each.status] > SEVERITY[worst] ? each.status : worst),
      'up',
    );
    return {
      status,
      details: Object.fromEntries(
        answers.map(([name, { status: own, details }]) => [name, { status: own, ...details }]),
      ),
    };
  }
}

async function judged(check: Check): Promise<Health> {
  try {
    return await check();
  } catch {
    return { status: 'down', details: { reason: 'did not answer' } };
  }
}

const healthSubject = (name: string): string => `svc.health.${name}`;

/** Answers for this service until the connection is drained. */
export function serveHealth(connection: NatsConnection, name: string, registry: HealthRegistry): void {
  const answer = async (message: Msg): Promise<void> => {
    message.respond(JSON.stringify(await registry.ask()));
  };
  const callback = (error: Error | null, message: Msg): void => {
    if (error === null) void answer(message);
  };
  connection.subscribe(healthSubject(name), { callback });
}

/** `down` when nobody answers within `timeoutMs` (default 2 s). */
export async function askHealth(connection: NatsConnection, name: string, timeoutMs = 2_000): Promise<Health> {
  try {
    const answered = await connection.request(healthSubject(name), '', { timeout: timeoutMs });
    return Health.parse(answered.json());
  } catch {
    return { status: 'down', details: { reason: 'does not answer' } };
  }
}
