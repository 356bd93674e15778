import {
  cosignedAnswer,
  decideCheckpoint,
  folderCopy,
  parseAddCheckpoint,
  type WitnessAnswer,
  type WitnessState,
  withSignatures,
  writeWhole,
} from '@freehold/evidence';
import type { Finding } from '@freehold/kernel';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type FolderLock, lockFolder } from './folder-lock.js';
import { openTrusted, type Trust } from './trusted-input.js';
import { WitnessKeys } from './witness-keys.js';

/*
 * A witness of one log, in a folder:
 *
 *     witness.pem    its keys (0600)         witness.vkey   the one that signs, for others
 *     checkpoint     the newest that it cosigned, with both signatures: what everything later has to continue
 *     refused/       checkpoints that do not, each with the one that was kept: both signed, they are the proof
 *
 * - The checkpoint is replaced, durably, before the cosignature is given out; one request after the other, one process a folder.
 *   After a crash between the two the log asks again and gets it.
 * - It never goes back: what was once cosigned stays the least that is believed, also over starts.
 */
export interface Alarm {
  findings: readonly Finding[];
  /** The file with both checkpoints; null where there are not two. */
  evidence: string | null;
}

export type Considered =
  | { kind: 'cosigned'; answer: WitnessAnswer; state: WitnessState }
  | { kind: 'refused'; answer: WitnessAnswer; finding: Finding; alarm: Alarm | null };

export class Witness implements AsyncDisposable {
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(
    readonly trust: Trust,
    private readonly place: { folder: string; lock: FolderLock },
    private readonly keys: WitnessKeys,
    private kept: { state: WitnessState; note: string } | null,
  ) {}

  /** @throws CommandFailure when another process has the folder; EvidenceRefused when its checkpoint is not of this log. */
  static async open(folder: string, trust: Trust, name?: string): Promise<Witness> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const lock = await lockFolder(folder);
    try {
      const keys = await WitnessKeys.open(folder, name);
      const note = await folderCopy(folder).get('checkpoint');
      const own = { ...trust, quorum: 0 };
      const state = note === null ? null : openTrusted(note, own, `${folder}/checkpoint cannot be believed`).checkpoint;
      const kept = note === null || state === null ? null : { state, note: Buffer.from(note).toString('utf8') };
      return new Witness(trust, { folder, lock }, keys, kept);
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  /** What was cosigned last. */
  get state(): WitnessState | null {
    return this.kept?.state ?? null;
  }

  /** Decides on a request of c2sp.org/tlog-witness, and keeps what follows from it. @param at milliseconds since 1970 */
  consider(body: string | Uint8Array, at: number): Promise<Considered> {
    const considered = this.#turn.then(() => this.#consider(body, at));
    this.#turn = considered.catch(() => undefined);
    return considered;
  }

  /** Keeps a checkpoint that is not believed beside the one that is. */
  async alarm(note: string, findings: readonly Finding[], at: number): Promise<Alarm> {
    const name = `${new Date(at).toISOString().replaceAll(':', '-')}.txt`;
    const evidence = join(this.place.folder, 'refused', name);
    const text = `Kept:\n\n${this.kept?.note ?? 'nothing\n'}\nRefused:\n\n${note}`;
    await writeWhole(evidence, Buffer.from(text));
    return { findings, evidence };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#turn;
    await this.place.lock.release();
  }

  async #consider(body: string | Uint8Array, at: number): Promise<Considered> {
    const { trust, state } = this;
    const known = { verifiers: trust.keys.log, state };
    const decision = decideCheckpoint(body, (origin) => (origin === trust.origin ? known : undefined));
    if (decision.kind === 'refuse') {
      const { answer, finding, evidence } = decision;
      const alarm = evidence === null ? null : await this.alarm(evidence, [finding], at);
      return { kind: 'refused', answer, finding, alarm };
    }
    const lines = this.keys.lines(decision.text, at);
    const parsed = parseAddCheckpoint(body);
    const cosigned = parsed.kind === 'read' ? withSignatures(parsed.value.note, lines) : parsed;
    if (cosigned.kind === 'refused') throw new Error('A checkpoint that was read cannot be written');
    await writeWhole(join(this.place.folder, 'checkpoint'), Buffer.from(cosigned.value));
    this.kept = { state: decision.state, note: cosigned.value };
    const answer = cosignedAnswer(lines);
    return { kind: 'cosigned', answer, state: decision.state };
  }
}
