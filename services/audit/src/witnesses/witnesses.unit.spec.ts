import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  commitLeafHashes,
  formatCheckpoint,
  formatNote,
  MerkleTree,
  noteCosigners,
  noteSigners,
  openCheckpoint,
  readNoteKeys,
  verifierOf,
  type WitnessAnswer,
  withNextNoteKey,
} from '@freehold/evidence';
import { startLogging } from '@freehold/platform';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { memoryEvidence } from '../evidence/memory-evidence.store.js';
import { Cosigning } from './cosigning.js';
import { memoryWitnessed } from './memory-witnessed.store.js';
import { Witness } from './witness.js';
import type { WitnessSettings } from './witness-settings.js';

const ORIGIN = 'cloud.example/log';
const NAME = 'witness.example/witness';
const logKey = generateKeyPairSync('ed25519');
const witnessKey = generateKeyPairSync('ed25519');
const logVerifier = verifierOf({ name: ORIGIN, type: 'ed25519', publicKey: logKey.publicKey });
const verifier = verifierOf({ name: NAME, type: 'cosignature', publicKey: witnessKey.publicKey });
const pemOf = (key: KeyObject): string => key.export({ type: 'pkcs8', format: 'pem' }).toString();

/** A provider with a log, and another one that witnesses it. */
class Town {
  readonly store = memoryEvidence();
  readonly witnessed = memoryWitnessed();
  readonly settings: WitnessSettings = {
    witnesses: [{ url: 'https://witness.example', verifier }],
    logs: [{ origin: ORIGIN, verifiers: [logVerifier] }],
  };
  readonly witness = new Witness({
    store: this.witnessed,
    settings: async () => this.settings,
    cosigners: () => noteCosigners(NAME, readNoteKeys('witness.pem', this.witnessFile), Date.now()),
    now: () => 1_763_700_000,
  });
  answers: ((body: string) => Promise<WitnessAnswer>) | null = null;
  readonly asked: string[] = [];
  readonly cosigning = new Cosigning({
    store: this.store,
    settings: async () => this.settings,
    post: (url, body) => {
      this.asked.push(url);
      return this.answers === null ? this.witness.addCheckpoint(body) : this.answers(body);
    },
  });

  /** The files of keys: of the log, and of its witness. */
  logFile = pemOf(logKey.privateKey);
  witnessFile = pemOf(witnessKey.privateKey);

  /** Both have another key, which signs already, alone. */
  changeKeys(): void {
    const times = { from: new Date(Date.now() - 2_000), until: new Date(Date.now() - 1_000) };
    this.logFile = withNextNoteKey('log.pem', this.logFile, { name: ORIGIN, type: 'ed25519', ...times });
    this.witnessFile = withNextNoteKey('witness.pem', this.witnessFile, { name: NAME, type: 'cosignature', ...times });
  }

  /** Signs a tree of so many leaves; `text` is in each. */
  async sign(size: number, text = 'the log'): Promise<void> {
    const tree = await MerkleTree.open(this.store.tiles);
    const leaves = Array.from({ length: size }, (_, at) => ({
      position: `1:${at + 1}` as const,
      time: '1',
      subject: text,
      body: Buffer.of(at),
    }));
    await tree.append(commitLeafHashes(leaves));
    await tree.settle();
    const signed = formatCheckpoint({ origin: ORIGIN, size, root: tree.root(), extensions: [] });
    const signers = noteSigners(ORIGIN, readNoteKeys('log.pem', this.logFile), Date.now());
    const note = formatNote({ text: signed, signatures: signers.lines(signed, 1) });
    await this.store.keep({ note, volumes: [0] }, this.store.kept.length);
  }

  async cosigned(): Promise<string[]> {
    const opened = openCheckpoint((await this.store.last())!.note, {
      origin: ORIGIN,
      keys: { log: [logVerifier], witnesses: [verifier] },
    });
    return opened.kind === 'read' ? opened.value.cosigned.map(({ name, at }) => `${name} ${at}`) : ['refused'];
  }
}

describe('a checkpoint', () => {
  let town: Town;
  beforeAll(() => void startLogging({ level: 'silent' }));
  beforeEach(() => {
    town = new Town();
  });

  it('is kept with what its witnesses signed, also of a log that grew', async () => {
    for (const size of [3, 300, 301]) {
      await town.sign(size);
      await town.cosigning.look();
      expect(await town.cosigned()).toEqual([`${NAME} 1763700000`]);
    }
    expect(town.cosigning.health()).toMatchObject({ status: 'up', details: { asked: 1 } });
    const asked = town.asked.length;
    await town.cosigning.look();
    expect(town.asked).toHaveLength(asked);
    expect(town.asked[0]).toBe('https://witness.example/add-checkpoint');
  });

  it('is cosigned after a start that remembers nothing: the witness tells the size', async () => {
    await town.sign(3);
    await town.cosigning.look();
    await town.sign(300);
    const again = new Cosigning({
      store: town.store,
      settings: async () => town.settings,
      post: (_, body) => town.witness.addCheckpoint(body),
    });
    await again.look();
    expect(await town.cosigned()).toHaveLength(1);
  });

  it('of a log that was rewritten is refused, shown, and kept as evidence, though its signature is right', async () => {
    await town.sign(300);
    await town.cosigning.look();
    town.store.tiles.tiles.clear();
    await town.sign(400, 'another history');
    await town.cosigning.look();
    expect(await town.cosigned()).toEqual([]);
    expect(town.cosigning.health().status).toBe('degraded');
    expect(town.witnessed.evidence).toHaveLength(1);
    expect((await town.witnessed.last(ORIGIN))?.state.size).toBe(300);
  });

  it('is cosigned without a gap after both have changed their keys, by settings that know the old ones only', async () => {
    await town.sign(300);
    await town.cosigning.look();
    for (const size of [301, 600]) {
      town.changeKeys();
      await town.sign(size);
      await town.cosigning.look();
      expect(await town.cosigned()).toEqual([`${NAME} 1763700000`]);
      expect((await town.witnessed.last(ORIGIN))?.state.size).toBe(size);
    }
    expect(town.cosigning.health().status).toBe('up');
  });

  it('of a log that was rewritten is refused though its new key is right: what was cosigned under the old one counts', async () => {
    await town.sign(300);
    await town.cosigning.look();
    town.changeKeys();
    town.store.tiles.tiles.clear();
    await town.sign(400, 'another history');
    await town.cosigning.look();
    expect(await town.cosigned()).toEqual([]);
    expect(town.witnessed.evidence).toHaveLength(1);
  });

  it('of a thief’s key, which follows from none that is known, is refused', async () => {
    await town.sign(300);
    await town.cosigning.look();
    town.logFile = pemOf(generateKeyPairSync('ed25519').privateKey);
    town.changeKeys();
    await town.sign(301);
    await town.cosigning.look();
    expect(JSON.stringify(town.cosigning.health())).toContain('signature-missing');
    expect((await town.witnessed.last(ORIGIN))?.state.size).toBe(300);
  });

  it('of fewer leaves than the witness knows is no rollback', async () => {
    await town.sign(300);
    await town.cosigning.look();
    town.store.tiles.tiles.clear();
    await town.sign(7);
    await town.cosigning.look();
    expect(JSON.stringify(town.cosigning.health())).toContain('cosigned 300 leaves');
  });

  it('waits for a witness that is away, and is not held up by it', async () => {
    await town.sign(3);
    town.answers = () => Promise.reject(new Error('fetch failed'));
    await town.cosigning.look();
    expect(town.cosigning.health()).toMatchObject({
      status: 'degraded',
      details: { troubles: { [NAME]: 'fetch failed' } },
    });
    town.answers = null;
    await town.sign(4);
    await town.cosigning.look();
    expect(await town.cosigned()).toHaveLength(1);
    expect(town.cosigning.health().status).toBe('up');
  });

  it('is shown once its witnesses were asked, or when they take too long', async () => {
    const shown = async (withinMs: number) => (await town.cosigning.newest(withinMs))?.note.includes(`— ${NAME} `);
    expect(await shown(60_000)).toBeUndefined();
    await town.sign(3);
    expect(await shown(60_000)).toBe(true);
    await town.sign(4);
    let answer = () => {};
    const waits = new Promise<void>((resolve) => (answer = resolve));
    town.answers = (body) => waits.then(() => town.witness.addCheckpoint(body));
    expect(await shown(10)).toBe(false);
    answer();
    expect(await shown(60_000)).toBe(true);
    const asked = town.asked.length;
    expect(await shown(60_000)).toBe(true);
    expect(town.asked).toHaveLength(asked);
  });

  it('is shown cosigned also when it was signed while witnesses were asked about the one before', async () => {
    await town.sign(3);
    const asked = Promise.withResolvers<void>();
    const answer = Promise.withResolvers<void>();
    town.answers = (body) => {
      asked.resolve();
      return answer.promise.then(() => town.witness.addCheckpoint(body));
    };
    const before = town.cosigning.newest(60_000);
    await asked.promise;
    await town.sign(4);
    const after = town.cosigning.newest(60_000);
    answer.resolve();
    expect((await after)?.checkpoint.size).toBe(4);
    expect((await after)?.note).toContain(`— ${NAME} `);
    await before;
  });

  it('is asked for at once when the first witness is named', async () => {
    const { witnesses } = town.settings;
    Object.assign(town.settings, { witnesses: [] });
    await town.sign(3);
    await town.cosigning.newest(60_000);
    expect(await town.cosigned()).toEqual([]);
    Object.assign(town.settings, { witnesses });
    await town.cosigning.newest(60_000);
    expect(await town.cosigned()).toHaveLength(1);
  });

  it('of a log that nobody named is cosigned by nobody', async () => {
    town = new Town();
    Object.assign(town.settings, { logs: [] });
    await town.sign(3);
    await town.cosigning.look();
    expect(await town.cosigned()).toEqual([]);
    expect((await town.witness.addCheckpoint('nonsense')).status).toBe(400);
  });

  it('is cosigned in one history when two are shown at once', async () => {
    const [other, answers] = [new Town(), [] as number[]];
    await town.sign(3);
    await other.sign(3, 'another history');
    await Promise.all(
      [town, other].map(async ({ store }) => {
        const { note } = (await store.last())!;
        answers.push((await town.witness.addCheckpoint(`old 0\n\n${note}`)).status);
      }),
    );
    expect(answers.toSorted((a, b) => a - b)).toEqual([200, 409]);
  });
});
