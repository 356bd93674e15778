import type { Position } from '@freehold/kernel';
import type { BuildOutcome, EditionBuild } from '@freehold/projection';
import type { NatsConnectionOptions } from '../../service/nats-options.js';

/** What is built, by what, from where: all of an `EditionBuild` that can be sent. */
export interface BuildOrder extends Pick<EditionBuild, 'connection' | 'replacing' | 'rowsInMemory'> {
  /** Address of the module that exports `views`. */
  readonly module: string;
  /** Of its projections, so that nobody builds others. */
  readonly names: readonly string[];
  readonly tables: Pick<EditionBuild['views'], 'schema' | 'signature' | 'statements'>;
  readonly nats: NatsConnectionOptions;
}

/** To the building process; `build` numbers what it was told. */
export type ToBuilder =
  | { readonly kind: 'build'; readonly build: number; readonly order: BuildOrder }
  | { readonly kind: 'abort'; readonly build: number };

/** And what it tells. */
export type FromBuilder = { readonly build: number } & (
  | { readonly kind: 'reached'; readonly position: Position }
  | { readonly kind: 'ended'; readonly outcome: BuildOutcome }
  | { readonly kind: 'failed'; readonly reason: string; readonly isFinal: boolean }
);
