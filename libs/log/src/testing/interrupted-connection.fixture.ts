import type { NatsConnection } from '@nats-io/transport-node';

/** Which request, from 0, without those that only ask for a stream's state; `after` loses its answer only. */
export interface Interruption {
  request: number;
  moment: 'before' | 'after';
}

/** A connection whose owner crashes at one of its requests: that one and all later ones fail. */
export function interrupted(connection: NatsConnection, { request: last, moment }: Interruption): NatsConnection {
  let requests = 0;
  const request: NatsConnection['request'] = async (...asked) => {
    if (asked[0].includes('.INFO.') && requests <= last) return connection.request(...asked);
    const number = requests;
    requests += 1;
    if (number > last || (number === last && moment === 'before')) throw new Error('crashed');
    const answer = await connection.request(...asked);
    if (number === last) throw new Error('crashed');
    return answer;
  };
  return new Proxy(connection, {
    get: (target, key) => {
      const found: unknown = key === 'request' ? request : Reflect.get(target, key, target);
      return found;
    },
  });
}
