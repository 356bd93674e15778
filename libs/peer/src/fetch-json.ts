import type { Finding } from '@freehold/kernel';
import { Problem } from '@freehold/kernel';
import { type Answer, exchange, type ExchangeLimits } from './exchange.js';
import { PeerFailure } from './peer-failure.js';

/**
 * GETs a JSON document from an address that somebody outside named.
 * @throws PeerFailure; `refused` for another status than 200, `not-a-provider` when it is no JSON
 */
export async function fetchJson(url: string, limits: ExchangeLimits): Promise<unknown> {
  const headers = { accept: 'application/json' };
  const answer = await exchange({ method: 'GET', url, headers, body: null }, limits);
  const { origin } = new URL(url);
  if (answer.status === 200) return jsonOf(origin, answer);
  const findings = findingsIn(answer);
  throw new PeerFailure('refused', origin, `it answers with status ${answer.status}`, { findings });
}

/** The JSON of an answer; null for an empty one. @throws PeerFailure `not-a-provider` when it is something else */
export function jsonOf(peer: string, { body, contentType }: Pick<Answer, 'body' | 'contentType'>): unknown {
  if (body.length === 0) return null;
  if (!/^application\/(?:[\w.+-]+\+)?json *(?:;|$)/i.test(contentType)) {
    throw new PeerFailure('not-a-provider', peer, 'it does not answer in JSON');
  }
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch (cause) {
    throw new PeerFailure('not-a-provider', peer, 'its answer is not JSON in UTF-8', { cause });
  }
}

function findingsIn(answer: Answer): Finding[] {
  try {
    return Problem.safeParse(JSON.parse(answer.body.toString('utf8'))).data?.errors ?? [];
  } catch {
    return [];
  }
}
