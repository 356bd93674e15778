import { openNote, readTree, withSignatures } from '@freehold/evidence';
import { type Health, log as logger, RegularLook } from '@freehold/platform';
import { setTimeout as pause } from 'node:timers/promises';
import type { EvidenceStore, KeptCheckpoint } from '../evidence/evidence-store.port.js';
import { askWitness, type Post } from './ask-witness.js';
import type { KnownWitness, WitnessSettings } from './witness-settings.js';

export interface CosigningOptions {
  store: EvidenceStore;
  settings: () => Promise<WitnessSettings>;
  post: Post;
  /** Default 5 s. */
  everyMs?: number;
}

/** One that is under way may be for an older checkpoint; the next one is not. */
const LOOKS = 2;

/**
 * Has the newest checkpoint cosigned by the witnesses that staff have named, and keeps it again with what they signed. A
 * witness that does not answer is asked again for the next one; what it says of a log that was rewritten is shown in health.
 */
export class Cosigning {
  readonly #look: RegularLook;
  /** By the witness's name: what it cosigned last, as it told. */
  readonly #sizes = new Map<string, number>();
  readonly #troubles = new Map<string, string>();
  #asked = 0;
  #settled = 0;

  constructor(private readonly options: CosigningOptions) {
    const { everyMs = 5_000 } = options;
    this.#look = new RegularLook(() => this.look(), { everyMs, failed: 'witnesses could not be asked' });
  }

  start(): void {
    this.#look.start();
  }

  stop(): Promise<void> {
    return this.#look.stop();
  }

  /**
   * The newest checkpoint, once its witnesses have been asked, or after so long: whoever keeps it would miss tomorrow what
   * they sign in a moment. Null before the first.
   */
  async newest(withinMs: number): Promise<KeptCheckpoint | null> {
    const { store, settings } = this.options;
    if ((await settings()).witnesses.length === 0) return store.last();
    const isOver = pause(withinMs, undefined, { ref: false });
    let last = await store.last();
    for (let looks = 0; looks < LOOKS && last !== null && last.revision !== this.#settled; looks += 1) {
      await Promise.race([this.#look.now(), isOver]);
      last = await store.last();
    }
    return last;
  }

  health(): Health {
    const troubles = Object.fromEntries(this.#troubles);
    return { status: this.#troubles.size === 0 ? 'up' : 'degraded', details: { asked: this.#asked, troubles } };
  }

  /** One round over all witnesses. */
  async look(): Promise<void> {
    const { store, settings } = this.options;
    const { witnesses } = await settings();
    this.#asked = witnesses.length;
    if (witnesses.length === 0) return;
    const last = await store.last();
    if (last === null || last.revision === this.#settled) return;
    const missing = witnesses.filter(({ verifier }) => openNote(last.note, [verifier]).kind === 'refused');
    const signatures = (await Promise.all(missing.map((each) => this.#ask(each, last)))).flat();
    if (signatures.length === 0) return void (this.#settled = last.revision);
    const cosigned = withSignatures(last.note, signatures);
    if (cosigned.kind === 'refused') throw new Error('The cosignatures make no note', { cause: cosigned.findings });
    const { volumes, revision } = last;
    // Null: a newer one was signed meanwhile, which is asked for in the next round.
    this.#settled = (await store.keep({ note: cosigned.value, volumes }, revision)) ?? this.#settled;
  }

  async #ask(witness: KnownWitness, last: KeptCheckpoint) {
    const { name } = witness.verifier;
    const tree = readTree(this.options.store.tiles, last.checkpoint.size);
    try {
      const question = { last, tree, oldSize: Math.min(this.#sizes.get(name) ?? 0, last.checkpoint.size) };
      const outcome = await askWitness(witness, question, this.options.post);
      if (outcome.kind === 'cosigned') {
        this.#sizes.set(name, last.checkpoint.size);
        this.#troubles.delete(name);
        return outcome.signatures;
      }
      if (outcome.kind === 'conflict') this.#sizes.set(name, outcome.size);
      this.#trouble(name, outcome.kind === 'conflict' ? ahead(outcome.size) : outcome.findings[0]?.detail);
    } catch (error) {
      this.#trouble(name, error instanceof Error ? error.message : String(error));
    }
    return [];
  }

  #trouble(name: string, said = 'It refused.'): void {
    if (this.#troubles.get(name) !== said) logger().warn({ witness: name }, `a witness does not cosign: ${said}`);
    this.#troubles.set(name, said);
  }
}

const ahead = (size: number): string =>
  `It has cosigned ${size} leaves of a log of this name, more than were signed here: a fork, or a log that was restored.`;
