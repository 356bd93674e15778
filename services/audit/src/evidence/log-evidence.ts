/**
 * evidence: the one RFC 6962 tree over the log, and the checkpoints that this provider signs of it.
 *
 *     log ─ followRaw ─► LogTree ─ tiles ─► bucket TILES
 *                           └ once a minute: settle ─ does it continue what was signed? ─ sign ─► stream CHECKPOINTS
 *
 * When other keys sign (ADR 0042), the newest checkpoint gets their lines too: it has those of now, also where nothing happens.
 * At once on demand (`signSoon`), for a bag that is made: at most one signature for each commit that nobody has signed yet.
 *
 * Invariants: nothing is signed that does not continue the last checkpoint; tiles are stored before the checkpoint that
 * needs them; the last checkpoint is the bookmark. So a crash anywhere repeats some leaves, whose tiles come out the same, and
 * replicas only repeat each other: the checkpoint's compare-and-set lets one of them sign.
 *
 *     start ─► the tiles give the last checkpoint's root, and its newest commits stand in the log ─► follow
 *          ├─► the tiles do not ─► the whole log gives that root ─► build the tiles again ─► follow
 *          └─► the log does not ─► stopped: visible in health and `doctor`, and nothing is signed any more
 */
import { formatCheckpoint, formatNote, type NoteSigners, parseNote, withSignatures } from '@freehold/evidence';
import { type Log, LogFailure } from '@freehold/log';
import { type Health, log as logger } from '@freehold/platform';
import type { Position } from '@freehold/kernel';
import { setTimeout as pause } from 'node:timers/promises';
import type { EvidenceStore, KeptCheckpoint } from './evidence-store.port.js';
import { continues, LogContradicted, LogTree, verifyLog, verifyNewest } from './log-tree.js';

export interface LogEvidenceOptions {
  log: Log;
  store: EvidenceStore;
  /** As they are at that moment; their name is the log's origin. */
  signers: () => NoteSigners;
  /** A commit is signed after at most so long, if the log and the store are there. */
  signEveryMs: number;
  /** How often is looked whether there is something to sign. Default 500. */
  lookEveryMs?: number;
}

/** As many leaves are never left unsigned: what a crash has read again while a long log is caught up with. */
const MOST_UNSIGNED = 65_536;
const LONGEST_PAUSE_MS = 5_000;
/** How often is looked whether what somebody waits for has been signed. */
const LOOK_AGAIN_MS = 10;

type State = 'starting' | 'building' | 'following' | 'waiting' | 'stopped';

export class LogEvidence {
  readonly #aborted = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #turn: Promise<void> = Promise.resolve();
  #state: State = 'starting';
  #reason: string | null = null;
  #size = 0;
  #signed: { size: number; atMs: number } | null = null;
  #session = new AbortController();
  #suspected = false;
  #tree: LogTree | null = null;
  /** Of which keys the newest checkpoint has lines. */
  #signedBy = '';
  /** Somebody waits for what is not signed yet. */
  #isWanted = false;
  #nap = new AbortController();

  constructor(private readonly options: LogEvidenceOptions) {}

  start(): void {
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#aborted.abort();
    await this.#running;
  }

  /** Somebody found tiles that are lost or wrong: the tree is built again. While it is, nothing happens. */
  suspect(): void {
    if (this.#state !== 'following') return;
    this.#suspected = true;
    this.#session.abort();
  }

  /**
   * Returns once `position` is signed, as soon as can be, or after `withinMs`: then it is signed as always. A position
   * that the log does not have, or that was signed, makes no signature.
   */
  async signSoon(position: Position, withinMs: number): Promise<void> {
    const until = AbortSignal.any([AbortSignal.timeout(withinMs), this.#aborted.signal]);
    while (!until.aborted && this.#state !== 'stopped') {
      const leaf = this.#tree?.leafOf(position) ?? null;
      if (leaf !== null && leaf < (this.#signed?.size ?? 0)) return;
      if (leaf !== null) {
        this.#isWanted = true;
        this.#nap.abort();
      }
      await pause(LOOK_AGAIN_MS, undefined, { signal: until }).catch(() => undefined);
    }
  }

  health(): Health {
    const status = {
      starting: 'up',
      following: 'up',
      building: 'degraded',
      waiting: 'degraded',
      stopped: 'down',
    } as const;
    return {
      status: status[this.#state],
      details: { state: this.#state, reason: this.#reason, leaves: this.#size, signed: this.#signed?.size ?? 0 },
    };
  }

  async #run(): Promise<void> {
    const { signal } = this.#aborted;
    for (let failures = 0; !signal.aborted;) {
      try {
        const tree = await this.#open();
        this.#state = 'following';
        failures = 0;
        await this.#keep(tree);
      } catch (error) {
        if (error instanceof LogContradicted) return this.#stopAt(error);
        failures += 1;
        this.#state = 'waiting';
        this.#reason = error instanceof Error ? error.message : String(error);
        const level = error instanceof LogFailure ? 'warn' : 'error';
        logger()[level]({ err: error, failures }, 'the evidence was interrupted; it goes on');
        const pauseMs = Math.min(LONGEST_PAUSE_MS, 50 * 2 ** Math.min(failures, 10));
        await pause(pauseMs, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  #stopAt(error: LogContradicted): void {
    this.#state = 'stopped';
    this.#reason = error.message;
    logger().fatal({ err: error, hint: error.hint }, 'the log contradicts what was signed; nothing is signed any more');
  }

  async #open(): Promise<LogTree> {
    const { log, store } = this.options;
    const last = await store.last();
    this.#reason = null;
    if (last === null) return LogTree.empty(store.tiles);
    this.#know(last, -Infinity);
    const tree = this.#suspected ? null : await LogTree.at(last, store.tiles);
    if (tree !== null) {
      await verifyNewest(log, last, store.tiles);
      return tree;
    }
    this.#state = 'building';
    this.#reason = 'the tiles are lost or damaged, and are built again from the log';
    logger().warn({ size: last.checkpoint.size }, this.#reason);
    await verifyLog(log, last);
    this.#suspected = false;
    return LogTree.empty(store.tiles);
  }

  /** Until it is stopped, or one of the two fails. */
  async #keep(tree: LogTree): Promise<void> {
    const ending = new AbortController();
    this.#session = ending;
    this.#tree = tree;
    const signal = AbortSignal.any([this.#aborted.signal, ending.signal]);
    const ended = await Promise.allSettled(
      [this.#follow(tree, signal), this.#signRegularly(tree, signal)].map((each) => each.finally(() => ending.abort())),
    );
    this.#tree = null;
    for (const each of ended) if (each.status === 'rejected') throw each.reason;
  }

  async #follow(tree: LogTree, signal: AbortSignal): Promise<void> {
    for await (const commit of this.options.log.followRaw(tree.position, { signal })) {
      const full = tree.add(commit);
      this.#size = tree.size;
      if (!full) continue;
      const unsigned = tree.size - (this.#signed?.size ?? 0);
      await this.#inTurn(() => (unsigned < MOST_UNSIGNED ? tree.flush() : this.#sign(tree)));
    }
  }

  async #signRegularly(tree: LogTree, signal: AbortSignal): Promise<void> {
    const { signEveryMs, lookEveryMs = 500 } = this.options;
    while (!signal.aborted) {
      const { size, atMs } = this.#signed ?? { size: 0, atMs: -Infinity };
      const isDue = this.#isWanted || performance.now() - atMs >= signEveryMs;
      this.#isWanted = false;
      this.#nap = new AbortController();
      const lacksLines = tree.size >= size && size > 0 && this.options.signers().id !== this.#signedBy;
      if ((tree.size > size && isDue) || lacksLines) await this.#inTurn(() => this.#sign(tree));
      const untilAsked = AbortSignal.any([signal, this.#nap.signal]);
      await pause(lookEveryMs, undefined, { signal: untilAsked }).catch(() => undefined);
    }
  }

  async #sign(tree: LogTree): Promise<void> {
    const { store } = this.options;
    const signers = this.options.signers();
    const { size, root, volumes } = await tree.settle();
    const last = await store.last();
    if (last !== null) {
      if (last.checkpoint.size <= size) await this.#assertContinues(last, size);
      this.#know(last, performance.now());
      if (last.checkpoint.size > size) return;
      if (this.#signed?.size === size) return this.#complete(last, signers);
    }
    const text = formatCheckpoint({ origin: signers.name, size, root, extensions: [] });
    const note = formatNote({ text, signatures: signers.lines(text, seconds()) });
    const revision = await store.keep({ note, volumes }, last?.revision ?? 0);
    if (revision === null) return;
    this.#signed = { size, atMs: performance.now() };
    this.#signedBy = signers.id;
  }

  /** The lines of keys that sign now are added to what was signed before they did. */
  async #complete({ note, volumes, revision }: KeptCheckpoint, signers: NoteSigners): Promise<void> {
    const parsed = parseNote(note);
    if (parsed.kind === 'refused') throw new Error('The checkpoint that was kept is none', { cause: parsed.findings });
    const { text, signatures } = parsed.value;
    const there = new Set(signatures.map(({ name, keyId }) => `${name} ${keyId}`));
    const missing = signers.lines(text, seconds()).filter(({ name, keyId }) => !there.has(`${name} ${keyId}`));
    const completed = withSignatures(note, missing);
    if (completed.kind === 'refused') throw new Error('The signatures make no note', { cause: completed.findings });
    if (missing.length > 0 && (await this.options.store.keep({ note: completed.value, volumes }, revision)) === null)
      return;
    this.#signedBy = signers.id;
  }

  /** Tiles that do not are judged when it is opened again: they may be damaged. */
  async #assertContinues(last: KeptCheckpoint, size: number): Promise<void> {
    if (await continues(this.options.store.tiles, size, last)) return;
    throw new Error(`The tiles of ${size} leaves do not continue the tree of ${last.checkpoint.size} that was signed`);
  }

  /** A checkpoint of another origin, that of the provider's address before this one, is none of this one. */
  #know({ checkpoint }: KeptCheckpoint, atMs: number): void {
    this.#signed = { size: checkpoint.origin === this.options.signers().name ? checkpoint.size : 0, atMs };
  }

  /** One caller of the tree at a time. */
  #inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => undefined);
    return done;
  }
}

const seconds = (): number => Math.floor(Date.now() / 1_000);
