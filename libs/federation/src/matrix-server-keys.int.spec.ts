import { Agent } from 'node:http';
import { describe, expect, test } from '@jest/globals';
import { matrixServerKeys, matrixServerKeysProbe } from './matrix-server-keys.js';
import { ProbeFailure, type ProbeFailureCode } from './probe-failure.js';
import { keyDocument, keyServer, SERVER, signingKey } from './testing/matrix-key-server.fixture.js';

const key = signingKey('ed25519:a_1');
const other = signingKey('ed25519:b_2');

async function failureOf(answer: Parameters<typeof keyServer>[0], bounds: object = {}): Promise<ProbeFailureCode> {
  await using server = await keyServer(answer);
  const failure: unknown = await matrixServerKeys({ serverName: SERVER, baseUrl: server.baseUrl, ...bounds }).catch(
    (error: unknown) => error,
  );
  if (!(failure instanceof ProbeFailure)) throw new Error('expected a ProbeFailure', { cause: failure });
  expect(failure.hint).not.toBe('');
  return failure.code;
}

describe('the keys of a Matrix server', () => {
  test('are those that it lists and proves', async () => {
    const validUntil = Date.now() + 3_600_000;
    await using server = await keyServer(
      keyDocument([other, key], { valid_until_ts: validUntil, 'org.example': ['ü'] }),
    );
    expect(await matrixServerKeysProbe.probe({ serverName: SERVER, baseUrl: `${server.baseUrl}/` })).toEqual({
      kind: 'matrix-server-keys',
      serverName: SERVER,
      keys: [
        { keyId: key.keyId, publicKey: key.publicKey },
        { keyId: other.keyId, publicKey: other.publicKey },
      ],
      validUntil: new Date(validUntil).toISOString(),
    });
    expect(server.requests).toEqual([`GET /_matrix/key/v2/server 127.0.0.1:${server.port}`]);
  });

  test('are found by name through a lookup or an agent, without a resolver', async () => {
    await using server = await keyServer(keyDocument([key]));
    const lookup: NonNullable<ConstructorParameters<typeof Agent>[0]>['lookup'] = (_host, options, callback) => {
      if (options.all === true) callback(null, [{ address: '127.0.0.1', family: 4 }]);
      else callback(null, '127.0.0.1', 4);
    };
    const baseUrl = `http://${SERVER}:${server.port}`;
    expect(await matrixServerKeys({ serverName: SERVER, baseUrl, lookup })).toMatchObject({ serverName: SERVER });
    const agent = new Agent({ lookup });
    expect(await matrixServerKeys({ serverName: SERVER, baseUrl, agent })).toMatchObject({ serverName: SERVER });
    agent.destroy();
    expect(server.requests.at(-1)).toBe(`GET /_matrix/key/v2/server ${SERVER}:${server.port}`);
  });
});

describe('what is not believed', () => {
  test('a document that was altered after signing', async () => {
    expect(await failureOf({ ...keyDocument([key]), valid_until_ts: Date.now() + 1e9 })).toBe('signature-invalid');
  });

  test('a key put under another’s name', async () => {
    const stolen = { ...other, keyId: key.keyId };
    const document = { ...keyDocument([key]), verify_keys: { [key.keyId]: { key: stolen.publicKey } } };
    expect(await failureOf(document)).toBe('signature-invalid');
  });

  test('a listed key that did not sign', async () => {
    const document = keyDocument([key, other]);
    const signatures = { [SERVER]: { [key.keyId]: 'AAAA' } };
    expect(await failureOf({ ...keyDocument([key]), signatures: {} })).toBe('signature-missing');
    expect(await failureOf({ ...document, signatures })).toBe('signature-invalid');
    expect(await failureOf(keyDocument([key], { verify_keys: { [other.keyId]: { key: other.publicKey } } }))).toBe(
      'signature-missing',
    );
  });

  test('another server’s document', async () => {
    expect(await failureOf(keyDocument([key], { server_name: 'eve.example' }))).toBe('wrong-server');
  });

  test('keys that are not valid any more', async () => {
    expect(await failureOf(keyDocument([key], { valid_until_ts: Date.now() - 1 }))).toBe('expired');
  });

  test.each([
    ['no document of keys', { hello: 'world' }],
    ['no Ed25519 key', keyDocument([], { verify_keys: { 'rsa:1': { key: 'AAAA' } } })],
    ['a key of a wrong size', keyDocument([{ ...key, publicKey: 'AAAA' }])],
    ['a fraction', { ...keyDocument([key]), weight: 1.5 }],
    ['an impossible time', { ...keyDocument([key]), valid_until_ts: 1e300 }],
  ])('%s', async (_what, document) => {
    expect(await failureOf(document)).toBe('malformed');
  });
});

describe('what does not answer as it should', () => {
  test('a redirect is not followed', async () => {
    await using target = await keyServer(keyDocument([key]));
    const redirect = await failureOf((_request, response) =>
      response.writeHead(302, { location: `${target.baseUrl}/_matrix/key/v2/server` }).end(),
    );
    expect(redirect).toBe('wrong-status');
    expect(target.requests).toEqual([]);
  });

  test('an error, and what is not JSON', async () => {
    expect(await failureOf((_request, response) => response.writeHead(502).end('{}'))).toBe('wrong-status');
    expect(await failureOf((_request, response) => response.end('<html>'))).toBe('not-json');
    expect(await failureOf((_request, response) => response.end(Buffer.from([0x22, 0xff, 0x22])))).toBe('not-json');
  });

  test('a huge body is not read to its end', async () => {
    let sentBytes = 0;
    const code = await failureOf((_request, response) => {
      const chunk = Buffer.alloc(65_536, 0x20);
      const send = () => {
        while (!response.destroyed && response.write(chunk)) sentBytes += chunk.length;
      };
      response.on('drain', send);
      send();
    });
    expect(code).toBe('too-large');
    expect(sentBytes).toBeLessThan(64 * 1024 * 1024);
  });

  test('a server that is silent, or stops in the middle', async () => {
    const began = performance.now();
    expect(await failureOf(() => {}, { timeoutMs: 100 })).toBe('timed-out');
    expect(await failureOf((_request, response) => response.write('{"a":'), { timeoutMs: 100 })).toBe('timed-out');
    expect(performance.now() - began).toBeLessThan(3_000);
  });

  test('a connection that breaks, and one that is refused', async () => {
    expect(await failureOf((_request, response) => response.write('{', () => response.destroy()))).toBe('unreachable');
    const gone = await keyServer({});
    await gone[Symbol.asyncDispose]();
    await expect(matrixServerKeys({ serverName: SERVER, baseUrl: gone.baseUrl })).rejects.toMatchObject({
      code: 'unreachable',
      cause: expect.anything(),
    });
  });
});
