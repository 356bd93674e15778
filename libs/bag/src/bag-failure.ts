import type { Finding } from '@freehold/kernel';

/** At most so many findings are kept; one more says how many there were beyond them. */
export const MAX_FINDINGS = 200;

/** A bag cannot be read, written, completed or unpacked. `findings` names each file; empty where the machine failed (`cause`). */
export class BagFailure extends Error {
  override readonly name = 'BagFailure';
  readonly hint: string;

  constructor(
    message: string,
    readonly findings: readonly Finding[],
    options: { hint?: string; cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.hint = options.hint ?? findings[0]?.hint ?? 'Look at the cause.';
  }
}

/** Findings in the order in which they were made, each (pointer, code) once, bounded. */
export class FindingList {
  readonly #kept = new Map<string, Finding>();
  #beyond = 0;

  add(...findings: readonly Finding[]): void {
    for (const finding of findings) {
      const key = `${finding.code} ${finding.pointer}`;
      if (this.#kept.has(key)) continue;
      if (this.#kept.size < MAX_FINDINGS) this.#kept.set(key, finding);
      else this.#beyond += 1;
    }
  }

  get empty(): boolean {
    return this.#kept.size === 0;
  }

  all(): Finding[] {
    const kept = [...this.#kept.values()];
    if (this.#beyond === 0) return kept;
    const detail = `${this.#beyond} more findings are not listed`;
    return [
      ...kept,
      { pointer: '', code: 'more-findings', detail, hint: 'Mend those that are listed, then check again.' },
    ];
  }
}

/** The errno name of a Node error, for example `ENOENT`. By shape: it may come from another realm (Jest). */
export function errnoOf(error: unknown): string | undefined {
  const coded = typeof error === 'object' && error !== null && 'code' in error;
  return coded && typeof error.code === 'string' ? error.code : undefined;
}
