import type { Sizes } from './move/content.js';

/** What a benchmark says: lines for people, the same as JSON, and whether its bar is reached. */
export interface Report {
  readonly bench: string;
  readonly bar: string;
  readonly reached: boolean;
  readonly lines: readonly string[];
  readonly figures: Readonly<Record<string, unknown>>;
}

export interface BenchOptions {
  readonly rounds: number;
  /** In the log. */
  readonly commits: number;
  /** Three nodes instead of one. */
  readonly cluster: boolean;
  /** Of what is moved. */
  readonly sizes: Sizes;
  /** Among how many aggregates one is loaded: one after the other, in one log that grows. */
  readonly aggregates: readonly number[];
  /** Told what is going on. */
  say(line: string): void;
}
