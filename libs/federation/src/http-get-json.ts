import { get as httpGet, type Agent, type IncomingMessage, type RequestOptions } from 'node:http';
import { get as httpsGet } from 'node:https';
import { ProbeFailure } from './probe-failure.js';

export interface HttpGetOptions {
  /** An HTTP agent, such as one whose `lookup` answers the installation's loopback address. */
  agent?: Agent;
  /** Resolves the host's name without an agent of one's own. */
  lookup?: NonNullable<RequestOptions['lookup']>;
  /** A Unix socket that is asked instead of the host of the URL, as of an application that is closed to the network. */
  socketPath?: string;
  /** For the whole exchange, redirects included; 5,000 by default. */
  timeoutMs?: number;
  /** Of the body; 65,536 by default. */
  maxBytes?: number;
}

/** What a probe asks for besides. */
export interface HttpGetDocument extends HttpGetOptions {
  /**
   * The origin under which the server speaks of itself (`https://ada.example`), if that is not where it is asked.
   * Requests carry its host and scheme, as those of a reverse proxy do; redirects to it are asked at the URL's origin.
   */
  publicUrl?: string;
  /** Media types that the document may have, the preferred one first; unchecked without. Parameters do not count. */
  mediaTypes?: readonly string[];
  /** How many redirects are followed, all to the same host; none by default. */
  maxRedirects?: number;
}

export interface HttpJson {
  status: number;
  json: unknown;
}

const REDIRECTS = new Set([301, 302, 303, 307, 308]);

/**
 * GETs a JSON document with bounds on time and size. A status other than 200 is a failure, a redirect to another host too.
 * @throws ProbeFailure `unreachable`, `timed-out`, `too-large`, `wrong-status`, `wrong-type`, `not-json`,
 * `redirect-elsewhere`, `redirect-loop`
 */
export async function httpGetJson(url: string, options: HttpGetDocument = {}): Promise<HttpJson> {
  const { timeoutMs = 5_000, maxBytes = 65_536 } = options;
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    const response = await documentOf(url, options, signal);
    return { status: 200, json: jsonOf(url, await bodyOf(url, response, maxBytes)) };
  } catch (error) {
    if (error instanceof ProbeFailure) throw error;
    if (signal.aborted) {
      throw new ProbeFailure('timed-out', url, `no complete answer within ${timeoutMs} ms`, { cause: error });
    }
    throw new ProbeFailure('unreachable', url, 'the connection failed', { cause: error });
  }
}

/** The answer with status 200, after the redirects that are allowed. */
async function documentOf(url: string, options: HttpGetDocument, signal: AbortSignal): Promise<IncomingMessage> {
  let asked = url;
  for (let redirects = 0; ; redirects += 1) {
    const response = await answerOf(asked, options, signal);
    const status = response.statusCode ?? 0;
    if (status === 200) return ofType(url, response, options.mediaTypes);
    response.destroy();
    if (!REDIRECTS.has(status) || (options.maxRedirects ?? 0) === 0) {
      throw new ProbeFailure('wrong-status', url, `answered with status ${status}`, { status });
    }
    if (redirects === options.maxRedirects) {
      throw new ProbeFailure('redirect-loop', url, `redirects more than ${redirects} times`);
    }
    asked = redirectOf(asked, response.headers.location, options.publicUrl);
  }
}

/** Where to ask next: the redirect's path at the same place. The place itself never changes. */
function redirectOf(asked: string, location = '', publicUrl = asked): string {
  const here = new URL(asked);
  const self = new URL(here.pathname + here.search, publicUrl);
  const next = URL.parse(location, self.href);
  if (next === null || (next.host !== self.host && next.host !== here.host)) {
    throw new ProbeFailure('redirect-elsewhere', asked, `redirects to ${next?.host ?? 'no URL'}, not to ${self.host}`);
  }
  return here.origin + next.pathname + next.search;
}

function ofType(url: string, response: IncomingMessage, mediaTypes: readonly string[] | undefined): IncomingMessage {
  const type = (response.headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
  if (mediaTypes === undefined || mediaTypes.includes(type)) return response;
  response.destroy();
  throw new ProbeFailure('wrong-type', url, `is ${JSON.stringify(type.slice(0, 100))}, not ${mediaTypes.join(' or ')}`);
}

function answerOf(url: string, options: HttpGetDocument, signal: AbortSignal): Promise<IncomingMessage> {
  const get = url.startsWith('https:') ? httpsGet : httpGet;
  const { lookup, socketPath } = options;
  return new Promise((resolve, reject) => {
    const request: RequestOptions = {
      // Without an agent each probe has a connection of its own, which ends with it.
      agent: options.agent ?? false,
      ...(lookup === undefined ? {} : { lookup }),
      ...(socketPath === undefined ? {} : { socketPath }),
      headers: headersOf(options),
      signal,
    };
    get(url, request, resolve).on('error', reject);
  });
}

function headersOf({ mediaTypes, publicUrl }: HttpGetDocument): Record<string, string> {
  const accept = mediaTypes?.join(', ') ?? 'application/json';
  if (publicUrl === undefined) return { accept };
  const { host, protocol } = new URL(publicUrl);
  return { accept, host, 'x-forwarded-host': host, 'x-forwarded-proto': protocol.slice(0, -1) };
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
