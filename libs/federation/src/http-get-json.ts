import { get as httpGet, type Agent, type IncomingMessage, type RequestOptions } from 'node:http';
import { get as httpsGet } from 'node:https';
import { ProbeFailure } from './probe-failure.js';

export interface HttpGetOptions {
  /** An HTTP agent, such as one whose `lookup` answers the installation's loopback address. */
  agent?: Agent;
  /** Resolves the host's name without an agent of one's own. */
  lookup?: NonNullable<RequestOptions['lookup']>;
  /** For the whole exchange; 5,000 by default. */
  timeoutMs?: number;
  /** Of the body; 65,536 by default. */
  maxBytes?: number;
}

export interface HttpJson {
  status: number;
  json: unknown;
}

/**
 * GETs a JSON document with bounds on time and size. Follows no redirect: a status other than 200 is a failure.
 * @throws ProbeFailure `unreachable`, `timed-out`, `too-large`, `wrong-status`, `not-json`
 */
export async function httpGetJson(url: string, options: HttpGetOptions = {}): Promise<HttpJson> {
  const { timeoutMs = 5_000, maxBytes = 65_536 } = options;
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    const response = await answerOf(url, options, signal);
    const status = response.statusCode ?? 0;
    if (status !== 200) {
      response.destroy();
      throw new ProbeFailure('wrong-status', url, `answered with status ${status}`);
    }
    return { status, json: jsonOf(url, await bodyOf(url, response, maxBytes)) };
  } catch (error) {
    if (error instanceof ProbeFailure) throw error;
    if (signal.aborted) {
      throw new ProbeFailure('timed-out', url, `no complete answer within ${timeoutMs} ms`, { cause: error });
    }
    throw new ProbeFailure('unreachable', url, 'the connection failed', { cause: error });
  }
}

function answerOf(url: string, { agent, lookup }: HttpGetOptions, signal: AbortSignal): Promise<IncomingMessage> {
  const get = url.startsWith('https:') ? httpsGet : httpGet;
  const headers = { accept: 'application/json' };
  return new Promise((resolve, reject) => {
    // Without an agent each probe has a connection of its own, which ends with it.
    get(url, { agent: agent ?? false, ...(lookup === undefined ? {} : { lookup }), headers, signal }, resolve).on(
      'error',
      reject,
    );
  });
}

async function bodyOf(url: string, response: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const chunk of response as AsyncIterable<Uint8Array>) {
    sizeBytes += chunk.length;
    // Leaving the loop destroys the response and with it the connection.
    if (sizeBytes > maxBytes) throw new ProbeFailure('too-large', url, `the body is over ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function jsonOf(url: string, body: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch (error) {
    throw new ProbeFailure('not-json', url, 'the body is not JSON in UTF-8', { cause: error });
  }
}
