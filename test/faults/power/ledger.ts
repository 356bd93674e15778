import type { Commit, Position, StoredCommit } from '@freehold/kernel';

/** What was sent to a cell whose power is cut, and what was answered; kept on the host, which stays. */
export class PowerLedger {
  /** Every commit that was ever sent, by its command. */
  readonly sent = new Map<string, Sent>();
  /** Where the acknowledged ones stand, by command. */
  readonly acknowledged = new Map<string, Position>();
  /** The puts to each key, in their order; each writer has its own keys. */
  readonly puts = new Map<string, Puts>();

  send(subject: string, commit: Commit): void {
    this.sent.set(commit.command.id, { subject, commit });
  }

  putSent(key: string, value: string): number {
    const puts = this.puts.get(key) ?? { values: [], acknowledged: -1 };
    this.puts.set(key, puts);
    return puts.values.push(value) - 1;
  }

  putAcknowledged(key: string, index: number): void {
    const puts = this.puts.get(key);
    if (puts !== undefined) puts.acknowledged = Math.max(puts.acknowledged, index);
  }
}

interface Sent {
  readonly subject: string;
  readonly commit: Commit;
}

/** Each value is another one. */
export interface Puts {
  readonly values: string[];
  /** Index of the last acknowledged one, -1 for none. */
  acknowledged: number;
}

/** What is there after the power came back. */
export interface Found {
  /** All of the log, from its first position to its head. */
  readonly commits: readonly StoredCommit[];
  readonly head: Position;
  /** By key. */
  readonly values: ReadonlyMap<string, string>;
}
