import { beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { formatCheckpoint, openCheckpoint, signCheckpoint, withSignatures } from '../note/checkpoint.js';
import { keysOf, trusted } from '../note/keys.fixture.js';
import { cosigner, noteSigner } from '../note/note-keys.js';
import { formatNote } from '../note/signed-note.js';
import { memoryTiles } from '../tree/memory.tile-store.js';
import { MerkleTree } from '../tree/merkle-tree.js';
import { flipped, textLeaf } from '../tree/rfc9162.fixture.js';
import { readTree, type TreeReader } from '../tree/tree-reader.js';
import { formatAddCheckpoint, parseAddCheckpoint, readWitnessAnswer } from './add-checkpoint.js';
import { cosignedAnswer, decideCheckpoint, type WitnessState } from './decide-checkpoint.js';

const ORIGIN = 'a.example/log';
const log = noteSigner(ORIGIN, keysOf(1).privateKey);
const verifiers = [trusted(1, ORIGIN)];
const witness = cosigner('w.example', keysOf(2).privateKey);
const LEAVES = 400;

async function grow(word: (at: number) => string): Promise<TreeReader> {
  const store = memoryTiles();
  const tree = await MerkleTree.open(store);
  for (let at = 0; at < LEAVES; at += 1) await tree.append(textLeaf(word(at)));
  await tree.settle();
  return readTree(store, LEAVES);
}

describe('a witness', () => {
  let honest: TreeReader;
  /** The same log, rewritten by its administrator at leaf 100 and signed with the right key. */
  let rewritten: TreeReader;

  beforeAll(async () => {
    honest = await grow((at) => `commit ${at}`);
    rewritten = await grow((at) => (at === 100 ? 'another commit' : `commit ${at}`));
  });

  const noteAt = async (tree: TreeReader, size: number): Promise<string> =>
    signCheckpoint({ origin: ORIGIN, size, root: await tree.root(size), extensions: [] }, log);
  const request = async (tree: TreeReader, oldSize: number, size: number): Promise<string> => {
    const proof = await tree.consistencyProof(Math.min(oldSize, size), size);
    return formatAddCheckpoint({ oldSize, proof, note: await noteAt(tree, size) });
  };
  const stateAt = async (tree: TreeReader, size: number): Promise<WitnessState> => ({
    size,
    root: await tree.root(size),
  });
  const decide = (body: string | Uint8Array, state: WitnessState | null) =>
    decideCheckpoint(body, (origin) => (origin === ORIGIN ? { verifiers, state } : undefined));
  const refusalOf = (body: string | Uint8Array, state: WitnessState | null) => {
    const decided = decide(body, state);
    if (decided.kind === 'cosign') return 'cosigned';
    return { status: decided.answer.status, code: decided.finding.code, evidence: decided.evidence !== null };
  };

  it('cosigns every step of an honest log, and its answer is believed by the log', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat({ max: LEAVES }), { maxLength: 5 }), async (sizes) => {
        let state: WitnessState | null = null;
        for (const size of sizes.sort((a, b) => a - b)) {
          const decided = decide(await request(honest, state?.size ?? 0, size), state);
          if (decided.kind === 'refuse') throw new Error(decided.finding.detail);
          const answer = cosignedAnswer([witness.cosign(decided.text, 1_700_000_000)]);
          const read = readWitnessAnswer(answer, {
            text: decided.text,
            witness: [trusted(2, 'w.example', 'cosignature')],
          });
          expect(read).toMatchObject({ kind: 'cosigned', signatures: [{ name: 'w.example' }] });
          state = decided.state;
          expect(state.size).toBe(size);
        }
      }),
      { numRuns: 50 },
    );
  });

  it('refuses a rewritten log, from every size that it knows, with the right key and the best proof', async () => {
    for (let known = 101; known <= LEAVES; known += 13) {
      for (const size of [known, known + 1, 256, LEAVES].filter((size) => size >= known && size <= LEAVES)) {
        expect(refusalOf(await request(rewritten, known, size), await stateAt(honest, known))).toEqual({
          status: 422,
          code: 'checkpoint-inconsistent',
          evidence: true,
        });
      }
    }
  });

  it('cosigns what was rewritten only behind the size that it knows', async () => {
    expect(refusalOf(await request(rewritten, 100, LEAVES), await stateAt(honest, 100))).toBe('cosigned');
  });

  it('answers 409 with the size that it knows, and the log asks again from there', async () => {
    const state = await stateAt(honest, 256);
    for (const oldSize of [0, 255, 257]) {
      const decided = decide(await request(honest, oldSize, 300), state);
      if (decided.kind === 'cosign') throw new Error(`cosigned from ${oldSize}`);
      expect(decided.answer).toEqual({ status: 409, contentType: 'text/x.tlog.size', body: '256\n' });
      const read = readWitnessAnswer(decided.answer, { text: '', witness: [] });
      expect(read).toEqual({ kind: 'conflict', size: 256 });
    }
    expect(refusalOf(await request(honest, 256, 300), state)).toBe('cosigned');
  });

  it('never goes back: a smaller tree is 400 or 409', async () => {
    const state = await stateAt(honest, 256);
    expect(refusalOf(await request(honest, 256, 200), state)).toMatchObject({ status: 400 });
    expect(refusalOf(await request(honest, 100, 200), state)).toMatchObject({ status: 409 });
  });

  it('answers 404 for a log that it does not watch and 403 for a key that it does not know', async () => {
    const body = await request(honest, 0, 10);
    expect(refusalOf(body.replaceAll(ORIGIN, 'b.example/log'), null)).toMatchObject({
      status: 404,
      code: 'origin-unknown',
    });
    const text = formatCheckpoint({ origin: ORIGIN, size: 10, root: await honest.root(10), extensions: [] });
    const other = noteSigner(ORIGIN, keysOf(3).privateKey).sign(text);
    const stranger = formatAddCheckpoint({ oldSize: 0, proof: [], note: formatNote({ text, signatures: [other] }) });
    expect(refusalOf(stranger, null)).toMatchObject({ status: 403, code: 'signature-missing' });
    const forged = { ...other, keyId: log.keyId };
    const wrong = formatAddCheckpoint({ oldSize: 0, proof: [], note: formatNote({ text, signatures: [forged] }) });
    expect(refusalOf(wrong, null)).toMatchObject({ status: 403, code: 'signature-wrong' });
  });

  it('answers 422 for an empty tree with a root, a proof from nothing, and another root of the same size', async () => {
    const empty = signCheckpoint({ origin: ORIGIN, size: 0, root: await honest.root(1), extensions: [] }, log);
    expect(refusalOf(formatAddCheckpoint({ oldSize: 0, proof: [], note: empty }), null)).toMatchObject({ status: 422 });
    const fromNothing = formatAddCheckpoint({
      oldSize: 0,
      proof: [await honest.root(1)],
      note: await noteAt(honest, 9),
    });
    expect(refusalOf(fromNothing, null)).toMatchObject({ status: 422 });
    expect(refusalOf(await request(rewritten, 256, 256), await stateAt(honest, 256))).toMatchObject({ status: 422 });
  });

  it('refuses a request with any bit of its proof turned', async () => {
    const state = await stateAt(honest, 100);
    const proof = await honest.consistencyProof(100, 300);
    const note = await noteAt(honest, 300);
    for (const [at, hash] of proof.entries()) {
      for (let bit = 0; bit < 256; bit += 1) {
        const bent = proof.with(at, flipped(hash, bit));
        expect(refusalOf(formatAddCheckpoint({ oldSize: 100, proof: bent, note }), state)).toMatchObject({
          status: 422,
        });
      }
    }
  });

  it('cosigns nothing after any byte of a request was changed, but for what it does not read', async () => {
    const body = Buffer.from(await request(honest, 100, 300));
    const state = await stateAt(honest, 100);
    fc.assert(
      fc.property(fc.nat({ max: body.byteLength - 1 }), fc.integer({ min: 1, max: 255 }), (at, by) => {
        const changed = Buffer.from(body);
        changed[at]! ^= by;
        expect(decide(changed, state).kind).toBe('refuse');
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    ['nothing', ''],
    ['no size', '\n\na\n'],
    ['a size with a zero in front', 'old 01\n\n'],
    ['a negative size', 'old -1\n\n'],
    ['64 hashes', `old 1\n${`${'A'.repeat(43)}=\n`.repeat(64)}\nnote`],
    ['a hash of 31 bytes', 'old 1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==\n\nnote'],
    ['a carriage return', 'old 1\r\n\nnote'],
    ['no note', 'old 0\n\ntext'],
  ])('answers 400 for %s', (_, body) => {
    expect(refusalOf(body, null)).toMatchObject({ status: 400 });
  });

  it('is spoken to in one form', async () => {
    const body = await request(honest, 100, 300);
    const parsed = parseAddCheckpoint(Buffer.from(body));
    expect(parsed.kind === 'read' && formatAddCheckpoint(parsed.value)).toBe(body);
  });
});

describe('a witness’s answer', () => {
  const text = formatCheckpoint({ origin: ORIGIN, size: 1, root: Buffer.alloc(32), extensions: [] });
  const known = [trusted(2, 'w.example', 'cosignature')];
  const read = (status: number, body: string, contentType = 'text/plain') =>
    readWitnessAnswer({ status, contentType, body }, { text, witness: known });

  it('adds its own signatures to the checkpoint, and no other’s', () => {
    const stranger = cosigner('x.example', keysOf(4).privateKey);
    const body = cosignedAnswer([stranger.cosign(text, 5)]).body + cosignedAnswer([witness.cosign(text, 6)]).body;
    const answer = read(200, body);
    if (answer.kind !== 'cosigned') throw new Error(answer.kind);
    expect(answer.signatures.map(({ name }) => name)).toEqual(['w.example']);
    const note = withSignatures(formatNote({ text, signatures: [log.sign(text)] }), answer.signatures);
    const opened = openCheckpoint(note.kind === 'read' ? note.value : '', {
      origin: ORIGIN,
      keys: { log: verifiers, witnesses: known },
    });
    expect(opened).toMatchObject({ kind: 'read', value: { cosigned: [{ name: 'w.example', at: 6 }] } });
  });

  it('is refused when it is of another text, by a stranger, or not of the form', () => {
    expect(read(200, cosignedAnswer([witness.cosign('other\n', 5)]).body)).toMatchObject({
      findings: [{ code: 'signature-wrong' }],
    });
    const stranger = cosigner('x.example', keysOf(4).privateKey);
    expect(read(200, cosignedAnswer([stranger.cosign(text, 5)]).body)).toMatchObject({
      findings: [{ code: 'signature-missing' }],
    });
    expect(read(200, 'thanks\n')).toMatchObject({ findings: [{ code: 'note-malformed' }] });
    expect(read(200, `\n${cosignedAnswer([witness.cosign(text, 5)]).body}`)).toMatchObject({ kind: 'refused' });
    expect(read(422, 'no')).toMatchObject({ findings: [{ code: 'witness-refused' }] });
    expect(read(409, '12', 'text/x.tlog.size')).toMatchObject({ kind: 'refused' });
    expect(read(409, '12\n', 'text/html')).toMatchObject({ kind: 'refused' });
    expect(read(409, '12\n', 'text/x.tlog.size; charset=utf-8')).toEqual({ kind: 'conflict', size: 12 });
  });
});
