/** An outsider checks the log by what is served to everybody, and an auditor reads it whole; nobody else sees a commit. */
import { consistencyProof, inclusionProof } from '@freehold/audit-contract';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  type Checkpoint,
  commitLeafHash,
  leafHash,
  memoryTiles,
  MerkleTree,
  openCheckpoint,
  parseVerifierKey,
  readTree,
  sameHash,
  type TileStore,
  verifyConsistency,
  verifyInclusion,
} from '@freehold/evidence';
import { parsePosition } from '@freehold/kernel';
import { ProviderDescription } from '@freehold/portability-contract';
import { eventually } from '@freehold/supervisor/testing';
import { type Cell, type Registered, startCell } from '../kit/cell.js';
import { askHttp, problemOf } from '../kit/cell-http.js';

let cell: Cell;
let mine: Registered;
let auditor: string;

beforeAll(async () => {
  cell = await startCell({ agent: 'none' });
  mine = await cell.registerOperator();
  auditor = await cell.issueKey(mine.id, 'auditor');
}, 60_000);
afterAll(() => cell.close());

const bytesOf = async (path: string, key: string | null = null): Promise<Uint8Array | null> => {
  const headers: Record<string, string> = key === null ? {} : { Authorization: `Bearer ${key}` };
  const response = await fetch(`${cell.url}/log/${path}`, { headers });
  return response.ok ? new Uint8Array(await response.arrayBuffer()) : null;
};
const tiles: TileStore = { get: (path) => bytesOf(path), put: async () => undefined };

/** What the provider signs, by the key that its description tells. */
async function published(): Promise<{ checkpoint: Checkpoint; note: string }> {
  const { logKey } = ProviderDescription.parse(JSON.parse((await askHttp(cell.url, '/.well-known/freehold')).text));
  const verifier = parseVerifierKey(logKey ?? '');
  if (verifier.kind === 'refused') throw new Error(JSON.stringify(verifier.findings));
  const note = Buffer.from((await bytesOf('checkpoint')) ?? []).toString();
  const opened = openCheckpoint(note, { origin: verifier.value.name, keys: { log: [verifier.value] } });
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
  expect(await eventually(async () => (await size()) >= sequence, { timeoutMs: 20_000 })).toBe(true);
  return published();
}

const hash = (text: string): Uint8Array => Buffer.from(text, 'base64');

/** The leaves of a bundle. */
function leavesOf(bundle: Uint8Array): Uint8Array[] {
  const bytes = Buffer.from(bundle);
  const leaves: Uint8Array[] = [];
  for (let at = 0; at < bytes.byteLength; at += 2 + bytes.readUInt16BE(at)) {
    leaves.push(bytes.subarray(at + 2, at + 2 + bytes.readUInt16BE(at)));
  }
  return leaves;
}

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
      const path = `tile/entries/${String(index).padStart(3, '0')}${width < 256 ? `.p/${width}` : ''}`;
      const leaves = leavesOf((await bytesOf(path, auditor)) ?? Buffer.of());
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

it('goes on after the audit was cut off, and while it is away nothing but the proofs is', async () => {
  await cell.crash('audit');
  await cell.registerOperator();
  expect((await askHttp(cell.url, '/log/checkpoint')).status).toBe(503);
  await cell.boot('audit');
  const { checkpoint } = await publishedWhole();
  expect(sameHash(await readTree(tiles, checkpoint.size).root(), checkpoint.root)).toBe(true);
});
