/*
 * A small ActivityPub server of real actor documents, keys, WebFinger and NodeInfo, by Fedify, and the instance API of
 * Mastodon beside it. It knows itself as `publicUrl` and listens on a port or a socket of its own, as an application
 * behind a reverse proxy does. It keeps nothing but its keys, which a second server can take over, as after a move.
 */
import { createFederation, generateCryptoKeyPair, MemoryKvStore } from '@fedify/fedify';
import { Application, Endpoints } from '@fedify/fedify/vocab';
import type { webcrypto } from 'node:crypto';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Keys = readonly webcrypto.CryptoKeyPair[];

/** One for HTTP signatures, one for object integrity proofs, as Mastodon and Fedify have. */
export const serverKeys = async (): Promise<Keys> =>
  Promise.all([generateCryptoKeyPair('RSASSA-PKCS1-v1_5'), generateCryptoKeyPair('Ed25519')]);

export interface ServerDescription {
  keys: Keys;
  /** The name of accounts: `ada.example`. */
  serverName: string;
  /** `https://social.ada.example`. */
  publicUrl: string;
  version?: string;
  users?: number;
  software?: string;
  /** Of Web Push. */
  vapid?: string;
  /** Whether the instance API has its second version. */
  second?: boolean;
}

/** What answers a request to the server that is described. */
export function activityPubServer(description: ServerDescription): RequestListener {
  const federation = federationOf(description);
  return (request, response) => {
    void answer(federation, description, request, response);
  };
}

function federationOf({ keys, serverName, publicUrl, ...about }: ServerDescription) {
  const origin = { handleHost: serverName, webOrigin: publicUrl };
  const federation = createFederation<undefined>({ kv: new MemoryKvStore(), origin });
  federation.setNodeInfoDispatcher('/nodeinfo/2.1', () => ({
    software: { name: about.software ?? 'freehold-test', version: about.version ?? '1.0.0' },
    protocols: ['activitypub'],
    usage: { users: { total: about.users ?? 1 }, localPosts: 0, localComments: 0 },
  }));
  federation.setInboxListeners('/users/{identifier}/inbox', '/inbox');
  federation
    .setActorDispatcher('/users/{identifier}', async (context, identifier) => {
      if (identifier !== serverName) return null;
      const pairs = await context.getActorKeyPairs(identifier);
      return new Application({
        id: context.getActorUri(identifier),
        preferredUsername: identifier,
        inbox: context.getInboxUri(identifier),
        endpoints: new Endpoints({ sharedInbox: context.getInboxUri() }),
        publicKey: pairs[0]?.cryptographicKey ?? null,
        assertionMethods: pairs.map(({ multikey }) => multikey),
      });
    })
    .setKeyPairsDispatcher((_context, identifier) => (identifier === serverName ? [...keys] : []));
  return federation;
}

async function answer(
  federation: ReturnType<typeof federationOf>,
  description: ServerDescription,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { pathname, href } = new URL(request.url ?? '/', description.publicUrl);
  if (request.headers.host !== new URL(description.publicUrl).host) return end(response, 421, 'text/plain', '');
  const instance = instanceOf(description, pathname);
  if (instance !== null) return end(response, 200, 'application/json; charset=utf-8', JSON.stringify(instance));
  const headers = Object.entries(request.headers).map(([name, value]): [string, string] => [name, String(value)]);
  const answered = await federation.fetch(new Request(href, { headers }), { contextData: undefined });
  end(response, answered.status, answered.headers.get('content-type') ?? 'text/plain', await answered.text());
}

function instanceOf({ serverName, vapid, second = true, users = 1 }: ServerDescription, path: string): object | null {
  if (path === '/api/v1/instance') return { uri: serverName, title: 'Ada', stats: { user_count: users } };
  if (path !== '/api/v2/instance' || !second) return null;
  const configuration = { vapid: { public_key: vapid ?? 'BKey' } };
  return { domain: serverName, title: 'Ada', usage: { users: { active_month: users } }, configuration };
}

function end(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { 'content-type': type }).end(body);
}

export interface Listening extends AsyncDisposable {
  /** `http://127.0.0.1:40123`; of a socket, a URL whose host nobody has. */
  baseUrl: string;
  /** `GET /path`, in their order. */
  requests: string[];
}

/** Lets a listener answer on a free port of the loopback, or on a Unix socket. */
export async function listening(listener: RequestListener, socketPath?: string): Promise<Listening> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`);
    listener(request, response);
  });
  await new Promise<void>((resolve) => {
    if (socketPath === undefined) server.listen(0, '127.0.0.1', resolve);
    else server.listen(socketPath, resolve);
  });
  const address = server.address() as AddressInfo | string;
  return {
    baseUrl: typeof address === 'string' ? 'http://closed.invalid' : `http://127.0.0.1:${address.port}`,
    requests,
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
