import {
  cosignedAnswer,
  decideCheckpoint,
  type NoteSigners,
  parseAddCheckpoint,
  type WitnessAnswer,
} from '@freehold/evidence';
import { log as logger } from '@freehold/platform';
import type { WitnessedStore } from './witnessed-store.port.js';
import type { WitnessSettings } from './witness-settings.js';

const TRIES = 5;

export interface WitnessOptions {
  store: WitnessedStore;
  settings: () => Promise<WitnessSettings>;
  /** As they are at that moment. */
  cosigners: () => NoteSigners;
  /** Seconds since 1970. */
  now: () => number;
}

/**
 * Cosigns the checkpoints of logs that staff have named (c2sp.org/tlog-witness). What it cosigned is kept by compare-and-set
 * before it answers, so that two requests at once, or two replicas, never cosign two histories. A log that was rewritten is
 * refused, and the checkpoint that shows it is kept.
 */
export class Witness {
  constructor(private readonly options: WitnessOptions) {}

  async addCheckpoint(body: string): Promise<WitnessAnswer> {
    const { store, settings, cosigners, now } = this.options;
    const { logs } = await settings();
    const parsed = parseAddCheckpoint(body);
    const origin = parsed.kind === 'read' ? parsed.value.checkpoint.origin : '';
    const log = logs.find((each) => each.origin === origin);
    for (let tries = 1; tries <= TRIES; tries += 1) {
      const known = log === undefined ? null : await store.last(origin);
      const witnessed = log && { verifiers: log.verifiers, state: known?.state ?? null };
      const decision = decideCheckpoint(body, () => witnessed);
      if (decision.kind === 'refuse') {
        if (decision.evidence !== null) await this.#keepEvidence(origin, decision.evidence);
        return decision.answer;
      }
      const kept = await store.keep(origin, { ...decision.state, text: decision.text }, known?.revision ?? 0);
      if (kept !== null) return cosignedAnswer(cosigners().lines(decision.text, now()));
    }
    return { status: 503, contentType: 'text/plain; charset=utf-8', body: 'too many at once; ask again\n' };
  }

  async #keepEvidence(origin: string, note: string): Promise<void> {
    logger().error({ origin }, 'a log that is witnessed shows another history than before; the checkpoint is kept');
    await this.options.store.keepEvidence(origin, note);
  }
}
