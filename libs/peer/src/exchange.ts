import { type ClientRequest, type IncomingMessage, request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { type AddressPolicy, type Destination, literalAddressOf, refusalOf } from './address-policy.js';
import { connectionFailure } from './connection-failure.js';
import { guardedLookup, type Resolve } from './guarded-lookup.js';
import { PeerFailure } from './peer-failure.js';

export interface ExchangeLimits {
  policy: AddressPolicy;
  /** For the whole exchange, from the look-up of the name to the last byte. */
  timeoutMs: number;
  /** Of the answer's body. */
  limitBytes: number;
  signal?: AbortSignal | undefined;
  /** How names become addresses; the system's way by default. Whatever it answers is judged by the policy. */
  resolve?: Resolve | undefined;
}

export interface Outgoing {
  method: string;
  url: string;
  headers: Readonly<Record<string, string>>;
  body: Uint8Array | null;
}

export interface Answer {
  status: number;
  contentType: string;
  body: Buffer;
}

/**
 * One request to another provider on a connection of its own: no redirect is followed, no compression asked for or taken,
 * no proxy used, nothing kept.
 * @throws PeerFailure `refused-address`, `unreachable`, `timed-out`, `too-large`, `refused` (redirect, encoded body)
 */
export async function exchange(outgoing: Outgoing, limits: ExchangeLimits): Promise<Answer> {
  const { timeoutMs, limitBytes, signal } = limits;
  const url = urlOf(outgoing.url, limits.policy);
  const timeout = AbortSignal.timeout(timeoutMs);
  const either = signal === undefined ? timeout : AbortSignal.any([timeout, signal]);
  try {
    const response = await answerOf(url, outgoing, { ...limits, signal: either });
    const refusal = refusalOfHead(response);
    if (refusal !== null) {
      response.destroy();
      throw new PeerFailure('refused', url.origin, refusal);
    }
    const body = await bodyOf(url.origin, response, limitBytes);
    return { status: response.statusCode ?? 0, contentType: response.headers['content-type'] ?? '', body };
  } catch (error) {
    throw asFailure(error, {
      peer: url.origin,
      timeoutMs,
      timedOut: timeout.aborted,
      aborted: signal?.aborted === true,
      late: signal?.reason instanceof DOMException && signal.reason.name === 'TimeoutError',
    });
  }
}

interface Circumstances {
  peer: string;
  timeoutMs: number;
  timedOut: boolean;
  aborted: boolean;
  /** By a time that the caller has set (AbortSignal.timeout): the peer's silence, not a wish of ours. */
  late: boolean;
}

function asFailure(cause: unknown, { peer, timeoutMs, timedOut, aborted, late }: Circumstances): unknown {
  if (cause instanceof PeerFailure) return cause;
  if (late && !timedOut) return new PeerFailure('timed-out', peer, 'no complete answer in time', { cause });
  if (aborted && !timedOut) return cause;
  if (timedOut) return new PeerFailure('timed-out', peer, `no complete answer within ${timeoutMs} ms`, { cause });
  return connectionFailure(peer, cause);
}

function urlOf(text: string, policy: AddressPolicy): URL {
  if (!URL.canParse(text)) throw new PeerFailure('refused-address', text.slice(0, 200), 'this is no address');
  const url = new URL(text);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    throw new PeerFailure('refused-address', url.origin, 'only https and http are spoken');
  }
  if (url.username !== '' || url.password !== '') {
    throw new PeerFailure('refused-address', url.origin, 'an address with a user in it is not asked');
  }
  const literal = literalAddressOf(url);
  const refused = literal === null ? null : refusalOf(literal, destinationOf(url), policy);
  if (refused !== null) throw new PeerFailure('refused-address', url.origin, refused);
  return url;
}

const destinationOf = ({ protocol, port }: URL): Destination => ({
  protocol,
  port: port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port),
});

function answerOf(url: URL, { method, headers, body }: Outgoing, limits: ExchangeLimits): Promise<IncomingMessage> {
  const { policy, signal, resolve: names } = limits;
  const lookup = guardedLookup({ peer: url.origin, destination: destinationOf(url), policy, resolve: names });
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const sent: ClientRequest = send(url, {
      method,
      headers: {
        ...headers,
        'accept-encoding': 'identity',
        ...(body === null ? {} : { 'content-length': String(body.byteLength) }),
      },
      agent: false,
      lookup,
      ...(signal === undefined ? {} : { signal }),
    });
    sent.on('response', resolve).on('error', reject);
    sent.end(body ?? undefined);
  });
}

function refusalOfHead({ statusCode = 0, headers }: IncomingMessage): string | null {
  if (statusCode >= 300 && statusCode < 400) return `it answers with a redirect (${statusCode}), which is not followed`;
  const encoding = headers['content-encoding'];
  return encoding === undefined || encoding === 'identity' ? null : 'it answers in an encoding that was not asked for';
}

async function bodyOf(peer: string, response: IncomingMessage, limitBytes: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const chunk of response as AsyncIterable<Uint8Array>) {
    sizeBytes += chunk.length;
    // Leaving the loop destroys the response and with it the connection.
    if (sizeBytes > limitBytes) throw new PeerFailure('too-large', peer, `the answer is over ${limitBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
