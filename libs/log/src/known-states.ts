import type { DomainEvent } from '@freehold/kernel';
import { LRUCache } from 'lru-cache';
import { type AggregateState, blank, type ReadableAggregate } from './aggregate-definition.js';
import type { FoldedStates } from './folded-states.js';

export interface Known<State> {
  folded: AggregateState<State>;
  /** Else kept beside the log, or blank. */
  inMemory: boolean;
}

interface Cached {
  definition: { stateVersion: number };
  loaded: AggregateState<unknown>;
  /** It is, or soon will be, beside the log too. */
  isKept: boolean;
}

/** What a service knows of aggregates without asking the log: the newest that it has seen of some in memory, and what is kept beside. */
export class KnownStates {
  readonly #cache: LRUCache<string, Cached>;

  /** @param size how many are kept in memory. */
  constructor(
    private readonly states: FoldedStates,
    size: number,
  ) {
    this.#cache = new LRUCache<string, Cached>({
      max: size,
      dispose: ({ definition: { stateVersion }, loaded, isKept }, subject, reason) => {
        if (reason === 'evict' && !isKept) states.keep({ subject, stateVersion }, loaded);
      },
    });
  }

  inMemory<State, Event extends DomainEvent>(
    definition: ReadableAggregate<State, Event>,
    subject: string,
  ): Known<State> | undefined {
    const cached = this.#cache.get(subject);
    if (cached?.definition !== definition) return undefined;
    // Each was made by this very definition, or by one of its state version, so its state is of this type.
    return { folded: cached.loaded as AggregateState<State>, inMemory: true };
  }

  async beside<State, Event extends DomainEvent>(
    definition: ReadableAggregate<State, Event>,
    subject: string,
  ): Promise<Known<State>> {
    const kept = await this.states.find({ subject, stateVersion: definition.stateVersion });
    return { folded: (kept as AggregateState<State> | null) ?? blank(definition), inMemory: false };
  }

  /** Found beside the log, and right. */
  found(definition: Cached['definition'], subject: string, loaded: AggregateState<unknown>): void {
    this.#intoMemory(subject, { definition, loaded, isKept: true });
  }

  /** Made in an append or a walk: kept beside too. */
  made(definition: Cached['definition'], subject: string, loaded: AggregateState<unknown>): void {
    if (this.#intoMemory(subject, { definition, loaded, isKept: true }))
      this.states.keep({ subject, stateVersion: definition.stateVersion }, loaded);
  }

  /** Folded with a commit that was at hand: kept beside when memory has no room for it any more. */
  followed(definition: Cached['definition'], subject: string, loaded: AggregateState<unknown>): void {
    this.#intoMemory(subject, { definition, loaded, isKept: false });
  }

  forget(subject: string): void {
    this.#cache.delete(subject);
  }

  /** False when a newer one is there. */
  #intoMemory(subject: string, found: Cached): boolean {
    const cached = this.#cache.get(subject);
    if (cached?.definition === found.definition && cached.loaded.version >= found.loaded.version) return false;
    this.#cache.set(subject, found);
    return true;
  }
}
