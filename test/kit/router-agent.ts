import { Agent, request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { Readable } from 'node:stream';
import type { LookupFunction } from 'node:net';

/** Where an installation's names are reached: its router. */
export interface RouterAt {
  readonly address: string;
  readonly port: number;
}

/** An HTTP agent for which every name is at the router: what a name server would say. Ports stay as the URL has them. */
export function routerAgent({ address }: Pick<RouterAt, 'address'>): Agent {
  const lookup: LookupFunction = (_hostname, options, callback) =>
    options.all === true ? callback(null, [{ address, family: 4 }]) : callback(null, address, 4);
  return new Agent({ lookup, keepAlive: false });
}

/** `fetch` over that agent, for libraries that take one: node's own has no way to say where a name is. */
export const routerFetch = (router: Pick<RouterAt, 'address'>): typeof globalThis.fetch =>
  agentFetch(routerAgent(router));

/** `fetch` over an agent that knows where names are; of node:https for https addresses. */
export function agentFetch(agent: Agent): typeof globalThis.fetch {
  return async (input, init) => {
    const asked = new Request(input, init);
    const body = asked.body === null ? undefined : Buffer.from(await asked.arrayBuffer());
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      const headers = { ...Object.fromEntries(asked.headers), 'content-length': String(body?.byteLength ?? 0) };
      // Not the Request's own signal: it may not follow the given one any more once the Request is collected.
      const signal = init?.signal ?? undefined;
      const request = asked.url.startsWith('https:') ? httpsRequest : httpRequest;
      const outgoing = request(asked.url, { agent, method: asked.method, headers, ...(signal && { signal }) });
      outgoing.on('response', resolve).on('error', reject);
      outgoing.end(body);
    });
    const headers = new Headers();
    for (const [name, value] of Object.entries(answer.headers)) headers.set(name, [value].flat().join(', '));
    const status = answer.statusCode ?? 500;
    const empty = status === 204 || status === 304;
    if (empty) answer.resume();
    return new Response(empty ? null : Readable.toWeb(answer), { status, headers });
  };
}
