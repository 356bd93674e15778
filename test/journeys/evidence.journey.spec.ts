/** An outsider checks the log by what is served to everybody, and an auditor reads it whole; nobody else sees a commit. */
import { consistencyProof, inclusionProof, logFindings } from '@freehold/audit-contract';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  type Checkpoint,
  commitLeafHash,
  entriesPath,
  leafHash,
  logOrigin,
  memoryTiles,
  MerkleTree,
  type NoteVerifier,
  openCheckpoint,
  parseVerifierKey,
  readTree,
  sameHash,
  splitEntries,
  type TileStore,
  verifyConsistency,
  verifyInclusion,
  witnessName,
} from '@freehold/evidence';
import { parsePosition } from '@freehold/kernel';
import { subjectOf } from '@freehold/log';
import { ProviderDescription } from '@freehold/portability-contract';
import { eventually } from '@freehold/supervisor/testing';
import { type Cell, type Registered, startCell } from '../kit/cell.js';
import { askHttp, problemOf } from '../kit/cell-http.js';
import { witnessesFile } from '../kit/cell-services.js';
import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { writeFile } from 'node:fs/promises';

let cell: Cell;
let mine: Registered;
let auditor: string;

beforeAll(async () => {
  cell = await startCell({ agent: 'none' });
  mine = await cell.registerOperator();
  auditor = await cell.issueKey(mine.id, 'auditor');
}, 180_000);
afterAll(() => cell.close());

const bytesOf = async (path: string, key: string | null = null): Promise<Uint8Array | null> => {
  const headers: Record<string, string> = key === null ? {} : { Authorization: `Bearer ${key}` };
  const response = await fetch(`${cell.url}/log/${path}`, { headers });
  return response.ok ? new Uint8Array(await response.arrayBuffer()) : null;
};
const tiles: TileStore = { get: (path) => bytesOf(path), put: async () => undefined };

const described = async () =>
  ProviderDescription.parse(JSON.parse((await askHttp(cell.url, '/.well-known/freehold')).text));

function verifierIn(key = ''): NoteVerifier {
  const parsed = parseVerifierKey(key);
  if (parsed.kind === 'refused') throw new Error(JSON.stringify(parsed.findings));
  return parsed.value;
}

/** What the provider signs, by the key that its description tells. */
async function published(): Promise<{ checkpoint: Checkpoint; note: string }> {
  const verifier = verifierIn((await described()).logKey);
  const note = Buffer.from((await bytesOf('checkpoint')) ?? []).toString();
  const opened = openCheckpoint(note, { origin: verifier.name, keys: { log: [verifier] } });
  if (opened.kind === 'refused') throw new Error(JSON.stringify(opened.findings));
  return { checkpoint: opened.value.checkpoint, note };
}

/** The published checkpoint once it has every commit that there is now. */
async function publishedWhole() {
  const { sequence } = parsePosition(await cell.log.head());
  const size = async () =>
    Number(
      Buffer.from((await bytesOf('checkpoint')) ?? [])
        .toString()
        .split('\n')[1] ?? 0,
    );
  expect(await eventually(async () => (await size()) >= sequence, { timeoutMs: 60_000 })).toBe(true);
  return published();
}

const hash = (text: string): Uint8Array => Buffer.from(text, 'base64');

const TEXT = { 'Content-Type': 'text/plain' };

describe('an outsider', () => {
  it('verifies the log by checkpoint and tiles alone', async () => {
    const { checkpoint } = await publishedWhole();
    expect(checkpoint.origin).toBe(`${new URL(cell.url).host}/log`);
    expect(sameHash(await readTree(tiles, checkpoint.size).root(), checkpoint.root)).toBe(true);
    const [commit] = await Array.fromAsync(cell.log.rangeRaw('1:4', '1:5'));
    const proof = await readTree(tiles, checkpoint.size).inclusionProof(4);
    const claim = { index: 4, size: checkpoint.size, leaf: commitLeafHash(commit!), proof, root: checkpoint.root };
    expect(verifyInclusion(claim)).toBe(true);
    expect(verifyInclusion({ ...claim, index: 5 })).toBe(false);
  });

  it('is given proofs, also that what was signed before is continued', async () => {
    const { checkpoint: before } = await publishedWhole();
    await cell.registerOperator();
    const { checkpoint, note } = await publishedWhole();
    const position = await cell.log.head();
    const nobody = cell.client(null);
    const included = await nobody.done(inclusionProof, { body: { position } });
    const commit = (await Array.fromAsync(cell.log.rangeRaw(`1:${included.index}`, position)))[0]!;
    expect(included).toMatchObject({ index: checkpoint.size - 1, size: checkpoint.size, checkpoint: note });
    const claim = { ...included, leaf: commitLeafHash(commit), proof: included.proof.map(hash), root: checkpoint.root };
    expect(verifyInclusion(claim)).toBe(true);
    const { proof } = await nobody.done(consistencyProof, { body: { from: before.size } });
    const grown = { first: before.size, firstRoot: before.root, second: checkpoint.size, secondRoot: checkpoint.root };
    expect(verifyConsistency({ ...grown, proof: proof.map(hash) })).toBe(true);
  });

  it('is told what is not signed, and shown nothing beyond it', async () => {
    const { checkpoint } = await publishedWhole();
    const nobody = cell.client(null);
    const refusals = async (...asked: Parameters<typeof nobody.call>) => {
      const answered = await nobody.call(...asked);
      return answered.kind === 'problem' ? answered.problem.errors.map(({ code }) => code) : [];
    };
    const beyond = checkpoint.size + 1_000_000;
    expect(await refusals(inclusionProof, { body: { position: `1:${beyond}` } })).toEqual(['position-not-signed']);
    expect(await refusals(inclusionProof, { body: { position: '1:1', size: beyond } })).toEqual(['size-not-signed']);
    expect(await refusals(consistencyProof, { body: { from: 7, to: 3 } })).toEqual(['size-not-signed']);
    for (const path of ['tile/0/999', 'tile/0/x001/000.p/3', 'tile/9/000', 'tile/0/000.p/0', 'tile', 'nothing']) {
      expect(problemOf(await askHttp(cell.url, `/log/${path}`)).status).toBe(404);
    }
    const full = await fetch(`${cell.url}/log/tile/0/000.p/1`);
    expect(full.headers.get('cache-control')).toContain('public');
  });
});

describe('commits', () => {
  it('are read whole by an auditor, and give the root that was signed', async () => {
    const { checkpoint } = await publishedWhole();
    const tree = await MerkleTree.open(memoryTiles());
    for (let index = 0; tree.size < checkpoint.size; index += 1) {
      const width = Math.min(256, checkpoint.size - tree.size);
      const path = entriesPath({ index, width });
      const leaves = splitEntries((await bytesOf(path, auditor)) ?? Buffer.of()) ?? [];
      expect(leaves).toHaveLength(width);
      await tree.append(Buffer.concat(leaves.map(leafHash)));
    }
    expect(sameHash(tree.root(), checkpoint.root)).toBe(true);
  });

  it('are shown to nobody else', async () => {
    const asked = async (key: string | null) => (await askHttp(cell.url, '/log/tile/entries/000.p/1', { key })).status;
    expect(await asked(null)).toBe(401);
    expect(await asked(mine.key)).toBe(403);
    expect(await asked(cell.staffKey)).toBe(200);
  });
});

it('is cosigned by the witnesses that staff named, and witnesses the logs that they named', async () => {
  const { logKey, witnessKey } = await described();
  const file = {
    witnesses: [{ url: `${cell.url}/witness`, key: witnessKey }],
    logs: [{ origin: logOrigin(cell.url), keys: [logKey] }],
  };
  await writeFile(witnessesFile(cell.ground.folder), JSON.stringify(file));
  const keys = { log: [verifierIn(logKey)], witnesses: [verifierIn(witnessKey)] };
  const cosigners = async () => {
    const opened = openCheckpoint((await bytesOf('checkpoint')) ?? '', { origin: logOrigin(cell.url), keys });
    return opened.kind === 'read' ? opened.value.cosigned.map(({ name }) => name) : [];
  };
  const isCosigned = async () => isDeepStrictEqual(await cosigners(), [witnessName(cell.url)]);
  expect(await eventually(isCosigned, { timeoutMs: 60_000 })).toBe(true);
  const told = async (body: string) =>
    (await askHttp(cell.url, '/witness/add-checkpoint', { method: 'POST', text: body, headers: TEXT })).status;
  expect(await told('old 0\n')).toBe(400);
  expect(await told('x'.repeat(40_000))).toBe(413);
});

it('goes on after the audit was cut off, and while it is away nothing but the proofs is', async () => {
  await cell.crash('audit');
  await cell.registerOperator();
  expect((await askHttp(cell.url, '/log/checkpoint')).status).toBe(503);
  await cell.boot('audit');
  const { checkpoint } = await publishedWhole();
  expect(sameHash(await readTree(tiles, checkpoint.size).root(), checkpoint.root)).toBe(true);
});

it('says what contradicts the log’s own rules, and by default nothing', async () => {
  const findings = async () => {
    const after = await cell.log.head();
    return (await cell.client(auditor).done(logFindings, { body: { after } })).items;
  };
  expect(await findings()).toEqual([]);
  const subject = subjectOf({ context: 'accounts', operator: mine.id, aggregate: 'operator', id: mine.id });
  const last = (await cell.log.last(subject))!;
  const { commit } = last;
  const suspended = { ...commit, version: 9, command: { ...commit.command, id: randomUUID() } };
  await cell.log.append(
    subject,
    { ...suspended, events: [{ type: 'accounts.operator-suspended.v1', data: {} }] },
    last.position,
  );
  const position = await cell.log.head();
  expect(await findings()).toMatchObject([
    {
      aggregate: 'operator',
      id: mine.id,
      findings: [
        { position, code: 'version-gap' },
        { position, code: 'previous-wrong' },
      ],
    },
  ]);
});
