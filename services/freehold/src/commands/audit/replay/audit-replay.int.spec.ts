/** What a service answered at several moments, and what an auditor folds of a copy of the log later, with nothing else. */
import { accountsService } from '@freehold/accounts';
import {
  closeOperator,
  issueKey,
  operatorKeys,
  operators,
  registerOperator,
  resumeOperator,
  revokeKey,
  subscriptions,
  suspendOperator,
} from '@freehold/accounts-contract';
import type { LoggedCommit } from '@freehold/evidence';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CELL, type Operation, Position } from '@freehold/kernel';
import { type AggregateStore, jetStreamLog } from '@freehold/log';
import {
  AGGREGATES,
  type CallOptions,
  OperationClient,
  readSigningKey,
  type RunningService,
  signPrincipal,
} from '@freehold/platform';
import { bootReady, contextGround } from '@freehold/platform/testing';
import { type ClaimedGround, claimGround } from '@freehold/supervisor/testing';
import { randomUUID } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { runCommand } from '../../../cli/command-run.fixture.js';
import { TileLog } from '../tile-log.fixture.js';

const Told = z.object({
  ...{ kind: z.string(), id: z.string(), etag: z.number(), position: z.string() },
  recorded: z.record(z.string(), z.json()),
});
const Changed = z.object({
  ...{ change: z.string(), kind: z.string(), id: z.string() },
  commits: z.array(z.object({ position: z.string(), types: z.array(z.string()), command: z.string() })),
});
type Told = z.infer<typeof Told>;
interface Moment {
  position: Position;
  instant: string;
  served: Told[];
}

let ground: ClaimedGround;
let service: RunningService;
let client: OperationClient;
let log: TileLog;
let note: string;
const moments: Moment[] = [];

/** Staff may see and change everything. */
const ask = async <Row extends Operation>(
  row: Row,
  operator: string,
  call: Pick<CallOptions<Row>, 'params' | 'body'>,
) => {
  const principal = { actor: { kind: 'credential', id: randomUUID() }, role: 'staff-admin', operator } as const;
  const answered = await client.call(row, { ...call, principal, commandId: randomUUID() });
  if (answered.kind !== 'done') throw new Error(JSON.stringify(answered));
  return answered.reply;
};

/** As the service does once the catalogue, which is not there, has said what the plan is. */
async function agree(operator: string, places: number): Promise<void> {
  const [, , definition] = accountsService.aggregates;
  await service.app.get<AggregateStore>(AGGREGATES, { strict: false }).execute({
    definition,
    name: { context: 'accounts', operator, aggregate: 'subscription', id: operator },
    command: { type: 'agree', plan: 'small', places },
    meta: {
      ...{ commandId: randomUUID(), commandName: 'accounts.agree-subscription', digest: '', correlation: randomUUID() },
      ...{ actor: { kind: 'credential', id: randomUUID() }, cause: null },
    },
  });
}

/** Everything that accounts tells of this cell, as it is now. */
async function served(known: readonly string[], after: Position): Promise<Told[]> {
  const body = { after, limit: 200 };
  const lists = await Promise.all([
    ask(operators.list, CELL, { params: {}, body }).then(({ items }) => ({ kind: 'accounts.operator', items })),
    ask(subscriptions.list, CELL, { params: {}, body }).then(({ items }) => ({ kind: 'accounts.subscription', items })),
    ...known.map(async (operator) => {
      const { items } = await ask(operatorKeys.list, operator, { params: { operator }, body });
      return { kind: 'accounts.key', items };
    }),
  ]);
  const told = lists.flatMap(({ kind, items }) =>
    items.map((item) => Told.parse({ ...item, kind, id: item.recorded.id })),
  );
  return told.toSorted((a, b) => (`${a.kind} ${a.id}` < `${b.kind} ${b.id}` ? -1 : 1));
}

/** As it happens in an installation: several operators, of whom one loses its subscription. */
async function live(): Promise<Moment[]> {
  const connection = await ground.connect();
  const stored = jetStreamLog({ connection });
  const known: string[] = [];
  const seen: Moment[] = [];
  const look = async () => {
    const position = await stored.head();
    const time = BigInt((await stored.read(position))?.time ?? 0);
    const seconds = new Date(Number(time / 1_000_000n)).toISOString().slice(0, 19);
    const instant = `${seconds}.${String(time % 1_000_000_000n).padStart(9, '0')}Z`;
    seen.push({ position, instant, served: await served(known, position) });
  };
  for (const name of ['Choir', 'Club', 'Verein Morgenrot']) {
    const { id: operator } = await ask(registerOperator, CELL, {
      params: {},
      body: { name, contact: 'a@example.org' },
    });
    known.push(operator);
    const params = { operator };
    await agree(operator, known.length);
    await look();
    const { id: key } = await ask(issueKey, operator, { params, body: { role: 'reader', label: name } });
    await ask(suspendOperator, operator, { params, body: {} });
    await look();
    if (name === 'Club') await ask(closeOperator, operator, { params, body: {} });
    else await ask(resumeOperator, operator, { params, body: {} });
    await ask(revokeKey, operator, { params: { operator, key }, body: {} });
    await look();
  }
  return seen;
}

beforeAll(async () => {
  ground = await claimGround();
  const contexts = await contextGround(ground, ['accounts'], ['gateway']);
  service = await bootReady({ ...accountsService, config: contexts.configurationOf('accounts') });
  const connection = await ground.connect();
  const key = await readSigningKey(contexts.signingKeyFile('gateway'));
  client = new OperationClient({ connection, sign: (principal) => signPrincipal(key, 'gateway', principal) });
  moments.push(...(await live()));
  const commits: LoggedCommit[] = [];
  const stored = jetStreamLog({ connection });
  for await (const { body, ...raw } of stored.rangeRaw('1:0', await stored.head()))
    commits.push({ ...raw, body: Uint8Array.from(body) });
  log = await TileLog.start(join(ground.folder, 'copy'));
  note = await log.write(commits);
}, 180_000);
afterAll(async () => {
  await service.stop();
  await log[Symbol.asyncDispose]();
  await ground.release();
});

const replay = (...args: string[]) =>
  runCommand(['audit', 'replay', log.folder, '--key', log.verifierKey, '--json', ...args]);
const lines = (out: string): unknown[] => out.split('\n').map((line): unknown => JSON.parse(line));

/** Where a value stayed enciphered, nothing is compared but that there is one. */
const masked = (told: Told, beside: Told | undefined): Told => ({
  ...told,
  recorded: Object.fromEntries(
    Object.entries(told.recorded).map(([name, value]) => {
      const isClosed = (each: unknown) => typeof each === 'string' && each.startsWith('enciphered:');
      const isHidden = isClosed(value) || isClosed(beside?.recorded[name]);
      return [name, isHidden && typeof value === 'string' ? 'enciphered' : value];
    }),
  ),
});

describe('a cell replayed from a copy of its log', () => {
  it('is at every moment what its service answered then, and what was enciphered stays so', async () => {
    for (const { position, instant, served: then } of moments) {
      for (const at of [position, instant]) {
        const { exitCode, out } = await replay('--at', at);
        expect(exitCode).toBe(0);
        const [head, ...rest] = lines(out);
        expect(head).toMatchObject({ from: null, to: position });
        const told = rest.map((each) => Told.parse(each));
        expect(told.map((each, index) => masked(each, then[index]))).toEqual(
          then.map((each, index) => masked(each, told[index])),
        );
        expect(out).not.toMatch(/Choir|Club|Morgenrot|example\.org/);
      }
    }
    expect(moments.at(-1)?.served.length).toBe(8);
  });

  it('tells between two moments what came, changed and went, and who made it so', async () => {
    for (const [at, before] of moments.slice(0, -2).entries()) {
      const after = moments[at + 2] ?? before;
      const { out } = await replay('--from', before.instant, '--to', after.position);
      const [head, ...rest] = lines(out);
      expect(head).toMatchObject({ from: before.position, to: after.position });
      const found = rest.map((each) => Changed.parse(each));
      const is = (moment: Moment, { kind, id }: { kind: string; id: string }) =>
        moment.served.find((each) => each.kind === kind && each.id === id);
      const expected = [...before.served, ...after.served.filter((each) => is(before, each) === undefined)]
        .map(({ kind, id }) => ({ kind, id, was: is(before, { kind, id }), is: is(after, { kind, id }) }))
        .filter((each) => JSON.stringify(each.was?.recorded) !== JSON.stringify(each.is?.recorded))
        .map((each) => `${each.was ? (each.is ? 'changed' : 'went') : 'came'} ${each.kind} ${each.id}`);
      expect(found.map(({ change, kind, id }) => `${change} ${kind} ${id}`).toSorted()).toEqual(expected.toSorted());
      for (const { kind, id, commits } of found)
        expect(commits.at(-1)?.position).toBe((is(after, { kind, id }) ?? commits.at(-1))?.position);
    }
  });

  it('is told to people, of one kind if they want', async () => {
    const args = ['audit', 'replay', log.folder, '--key', log.verifierKey, '--kind', 'accounts.subscription'];
    const { out, err } = await runCommand([...args, '--at', moments.at(-1)?.position ?? '']);
    expect(out).toContain('plan: small');
    expect(out).toContain('accounts.subscription: 2');
    expect(out).not.toContain('accounts.operator');
    expect(err).toContain('compared with its own checkpoint only');
    const since = await runCommand([...args, '--from', moments[3]?.position ?? '']);
    expect(since.out).toContain('went accounts.subscription');
    expect(since.out).toMatch(/subscription-ended: accounts.close-operator by credential/);
    expect((await runCommand([...args, '--at', '9:9'])).err).toContain('The copy ends at');
    expect((await runCommand([...args, '--kind', 'toaster', '--at', '1:1'])).err).toContain('accounts.operator');
    expect((await runCommand([...args, '--from', '1:4', '--to', '1:2'])).err).toContain('after the second');
  });

  it('is not told from a copy that is not what was signed, or does not continue what was kept', async () => {
    const kept = join(ground.folder, 'kept.txt');
    await writeFile(kept, note);
    expect(await replay('--at', '1:3', '--checkpoint', kept)).toMatchObject({ exitCode: 0, err: '' });
    const bundle = (await readFile(join(log.folder, 'checkpoint'), 'utf8')).split('\n')[1] ?? '';
    const path = join(log.folder, 'tile/entries/000.p', bundle);
    const bytes = await readFile(path);
    await writeFile(path, bytes.with(200, (bytes[200] ?? 0) ^ 1));
    expect(await replay('--at', '1:3')).toMatchObject({ exitCode: 3 });
    await writeFile(path, bytes);
    const commits = Array.from({ length: 3 }, (_, at): LoggedCommit => ({
      ...{ position: `1:${at + 1}`, time: '1', subject: `log.00.x`, body: Buffer.from('{}') },
    }));
    await log.write(commits);
    expect(await replay('--at', '1:3', '--checkpoint', kept)).toMatchObject({ exitCode: 3 });
  });
});
