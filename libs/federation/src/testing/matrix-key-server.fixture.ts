import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { canonicalJson } from '../canonical-json.js';

export const SERVER = 'ada.example';

export interface SigningKey {
  keyId: string;
  publicKey: string;
  secret: KeyObject;
}

export function signingKey(keyId: string): SigningKey {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const x = publicKey.export({ format: 'jwk' }).x ?? '';
  return { keyId, publicKey: unpadded(Buffer.from(x, 'base64url')), secret: privateKey };
}

/** The document that a homeserver with these keys publishes; `changes` are signed with the rest. */
export function keyDocument(keys: SigningKey[], changes: object = {}): Record<string, unknown> {
  const document = {
    server_name: SERVER,
    valid_until_ts: Date.now() + 86_400_000,
    verify_keys: Object.fromEntries(keys.map(({ keyId, publicKey }) => [keyId, { key: publicKey }])),
    old_verify_keys: {},
    ...changes,
  };
  const bytes = Buffer.from(canonicalJson(document));
  const signatures = keys.map(({ keyId, secret }) => [keyId, unpadded(sign(null, bytes, secret))]);
  return { ...document, signatures: { [document.server_name]: Object.fromEntries(signatures) } };
}

export interface KeyServer extends AsyncDisposable {
  baseUrl: string;
  port: number;
  requests: string[];
}

/** Answers every request by `listener`, or with this document. */
export async function keyServer(answer: object | RequestListener): Promise<KeyServer> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url} ${request.headers.host}`);
    if (typeof answer === 'function') return answer(request, response);
    response.setHeader('content-type', 'application/json').end(JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    baseUrl: `http://127.0.0.1:${port}`,
    port,
    requests,
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const unpadded = (bytes: Buffer): string => bytes.toString('base64').replace(/=+$/, '');
