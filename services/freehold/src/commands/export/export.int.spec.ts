import { checkBag, packBag } from '@freehold/bag';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { AnsweringApi } from '../../cli/command-run.fixture.js';

const id = (digit: string) => `${digit.repeat(8)}-0000-4000-8000-000000000000`;
const [operator, deployment, exported, process] = [id('a'), id('b'), id('c'), id('e')];
const OPERATOR = `/v1/operators/${operator}`;
const NAME = 'cal.freehold.test';
const at = '2026-11-21T12:00:00Z';
const shown = (recorded: object) => ({ recorded, observed: null, etag: 1, position: '1:9' });
const page = (...items: object[]) => ({ items, next: null, position: '1:9' });
const step = (name: string, state: string) => ({
  ...{ name, state, attempt: 1, startedAt: at, endedAt: state === 'done' ? at : null },
});
const following = (status: string, announce: string) =>
  shown({
    ...{ id: process, operator, kind: 'make-export', deployment, status, startedAt: at, endedAt: null },
    ...{ failure: null, stuck: null, actions: [] },
    findings: status === 'failed' ? [{ pointer: '', code: 'disk-full', detail: 'Full.', hint: 'Make room.' }] : [],
    steps: [step('capture', 'done'), step('announce', announce), step('erase', 'waiting')],
  });
const live = {
  ...{ id: deployment, operator, lineage: deployment, application: 'radicale', version: '3.9.0', plan: 'small' },
  ...{ status: 'live', environment: id('f'), host: 'here', epoch: 1, names: [{ purpose: 'web', name: NAME }] },
  ...{ settings: {}, identity: null, hasFirstAdministrator: true, eraseAt: null, orderedAt: at },
};

/** An agent's transfer listener, as far as bags go: tokens, ranges, and connections that break. */
class Listener {
  /** Bytes after which every answer is cut, once. */
  cutAfter = Infinity;
  readonly asked: { path: string; range: string | undefined }[] = [];
  private constructor(
    private readonly server: Server,
    readonly bag: string,
  ) {}

  static async open(bag: string): Promise<Listener> {
    const listener = new Listener(createServer(), bag);
    listener.server.on('request', (request, response) => {
      const path = decodeURIComponent((request.url ?? '').replace(`/v1/transfer/${exported}/bag/`, ''));
      const { range, authorization } = request.headers;
      listener.asked.push({ path, range });
      if (authorization !== 'Bearer good') return void response.writeHead(401).end();
      if (!existsSync(join(bag, path))) return void response.writeHead(404).end();
      const from = Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? 0);
      const whole = readFileSync(join(bag, path));
      if (from >= whole.length && from > 0) return void response.writeHead(416).end();
      const rest = whole.subarray(from);
      response.writeHead(range === undefined ? 200 : 206, { 'content-length': rest.length });
      if (rest.length <= listener.cutAfter) return void response.end(rest);
      response.write(rest.subarray(0, listener.cutAfter), () => setTimeout(() => response.destroy(), 50));
      listener.cutAfter = Infinity;
    });
    await new Promise<void>((resolve) => listener.server.listen(0, '127.0.0.1', resolve));
    return listener;
  }

  get url(): string {
    const address = this.server.address();
    return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/v1/transfer/${exported}`;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

describe('freehold export', () => {
  let api: AnsweringApi;
  let listener: Listener;
  let announced: { tagManifestSha256: string; payloadBytes: number; payloadFiles: number };
  const into = (name = 'home.bag') => join(api.folder, name);
  const take = (...more: string[]) => api.run('export', NAME, '--into', into(), ...more);
  const ready = (changes: object = {}) =>
    shown({
      ...{ id: exported, operator, process, deployment, lineage: deployment, recipient: 'age1', status: 'ready' },
      ...{ bag: announced, until: at, ...changes },
    });
  const source = (token: string) => ({ url: listener.url, token, expires: '2099-01-01T00:00:00Z' });

  beforeEach(async () => {
    api = await AnsweringApi.start(`fh_${operator}_x_y`);
    const files = { 'data/parts/a/large': randomBytes(3_000_000), 'data/parts/a/100% sure': 'yes', 'data/empty': '' };
    const payload = async function* () {
      for (const [path, text] of Object.entries(files))
        yield {
          path,
          content: (async function* () {
            yield Buffer.from(text);
          })(),
        };
    };
    announced = await packBag(join(api.folder, 'served'), { payload: payload(), info: {} });
    listener = await Listener.open(join(api.folder, 'served'));
    api
      .on(`GET ${OPERATOR}/deployments`, page(shown(live)))
      .on(`POST ${OPERATOR}/exports`, {
        id: exported,
        export: exported,
        process,
        deployment,
        position: '1:9',
        version: 1,
      })
      .on(`GET ${OPERATOR}/moves/${process}/progress`, following('running', 'running'), following('running', 'done'))
      .on(`GET ${OPERATOR}/exports/${exported}`, ready())
      .on(`GET ${OPERATOR}/exports/${exported}/transfer`, source('good'));
  });
  afterEach(async () => {
    await listener.close();
    await api[Symbol.asyncDispose]();
  });

  it('makes a key, fetches everything, checks it, and says how it is opened', async () => {
    const said = await take();
    expect(said).toMatchObject({ exitCode: 0, out: expect.stringContaining(`${into()}/data/README.txt`) });
    expect(await checkBag(into())).toMatchObject({ findings: [], warnings: [], summary: announced });
    expect(existsSync(join(into(), 'fetch.txt'))).toBe(false);
    expect(statSync(`${into()}.key.txt`).mode & 0o777).toBe(0o600);
    const [{ body } = { body: null }] = api.changes();
    const key = await readFile(`${into()}.key.txt`, 'utf8');
    expect(body).toEqual({ deployment, recipient: /age1\w+/.exec(key)?.[0] });
    expect(existsSync(`${into()}.export.json`)).toBe(false);
  });

  it('goes on by range when a connection breaks, and with another token when its own has ended', async () => {
    listener.cutAfter = 1_000_000;
    api.on(`GET ${OPERATOR}/exports/${exported}/transfer`, source('ended'), source('good'));
    expect(await take('--json')).toMatchObject({ exitCode: 0, out: expect.stringContaining('"findings": []') });
    const large = listener.asked.filter(({ path }) => path.endsWith('large'));
    expect(large.map(({ range }) => range)).toEqual([undefined, expect.stringMatching(/^bytes=\d{3,}-$/)]);
  }, 120_000);

  it('given again after it died fetches only what is missing, and begins nothing', async () => {
    api.on(`GET ${OPERATOR}/exports/${exported}/transfer`);
    expect((await take()).exitCode).toBe(4);
    api.on(`GET ${OPERATOR}/exports/${exported}/transfer`, source('good'));
    expect((await take()).exitCode).toBe(0);
    expect(api.changes()).toHaveLength(1);
  });

  it('refuses another bag than the one that was announced, and keeps nothing of it', async () => {
    api.on(`GET ${OPERATOR}/exports/${exported}`, ready({ bag: { ...announced, tagManifestSha256: 'a'.repeat(64) } }));
    const said = await take();
    expect(said).toMatchObject({ exitCode: 3, err: expect.stringContaining('tagmanifest-sha256.txt is not what') });
    expect(existsSync(join(into(), 'data'))).toBe(false);
  });

  it('refuses a file that is another one than the manifest says', async () => {
    await writeFile(join(listener.bag, 'data/parts/a/100% sure'), 'no!');
    expect((await take()).exitCode).not.toBe(0);
    expect(existsSync(join(into(), 'data/parts/a/100% sure'))).toBe(false);
  });

  it('takes a key that is there, and none that is not', async () => {
    expect((await take()).exitCode).toBe(0);
    const key = `${into()}.key.txt`;
    expect((await api.run('export', NAME, '--into', into('b'), '--key', key)).exitCode).toBe(0);
    const [first, second] = api.changes();
    expect(second?.body).toEqual(first?.body);
    expect((await api.run('export', NAME, '--into', into('c'), '--key', into('none'))).exitCode).toBe(4);
    expect(existsSync(`${into('c')}.export.json`)).toBe(false);
  });

  it('leaves what lies in its way alone, and what is under way for another deployment', async () => {
    await mkdir(into());
    await writeFile(join(into(), 'mine.txt'), 'mine');
    expect(await take()).toMatchObject({ exitCode: 3, err: expect.stringContaining('There is something at') });
    const note = { address: 'http://other', operator, deployment: id('d'), recipient: 'r', keyFile: 'k' };
    await writeFile(`${into()}.export.json`, JSON.stringify({ ...note, idempotencyKey: 'k', begun: null }));
    expect(await take()).toMatchObject({ exitCode: 3, err: expect.stringContaining('Another export is under way') });
    expect(api.changes()).toEqual([]);
  });

  it('says why when the process fails, and may begin anew', async () => {
    api.on(`GET ${OPERATOR}/moves/${process}/progress`, following('failed', 'failed'));
    expect(await take()).toMatchObject({ exitCode: 7, err: expect.stringContaining('Make room.') });
    expect(existsSync(`${into()}.export.json`)).toBe(false);
  });
});
