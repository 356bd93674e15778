import { parsePosition, type StoredCommit } from '@freehold/kernel';
import type { Found, PowerLedger, Puts } from './ledger.js';

/** Counts. All but the acknowledged are to be zero. */
export interface PowerVerdict {
  /** Acknowledged and not there. */
  readonly lost: number;
  /** Stored more than once. */
  readonly doubled: number;
  /** There, but with other bytes or in another place than was acknowledged; or never sent by anybody. */
  readonly changed: number;
  /** Breaks in the chain of an aggregate's versions, or in the numbering of the log. */
  readonly gaps: number;
  /** Acknowledged puts after which the key should have had this value or a later one, and has not. */
  readonly putsLost: number;
}

export const isClean = ({ lost, doubled, changed, gaps, putsLost }: PowerVerdict): boolean =>
  lost + doubled + changed + gaps + putsLost === 0;

/** Whatever was acknowledged at any time before is asked for. */
export function verdictOf(ledger: PowerLedger, found: Found): PowerVerdict {
  const byCommand = new Map<string, StoredCommit[]>();
  for (const each of found.commits) {
    const { id } = each.commit.command;
    byCommand.set(id, [...(byCommand.get(id) ?? []), each]);
  }
  const doubles = [...byCommand.values()].map((same) => same.length - 1);
  return {
    lost: [...ledger.acknowledged.keys()].filter((id) => !byCommand.has(id)).length,
    doubled: doubles.reduce((sum, each) => sum + each, 0),
    changed: found.commits.filter((each) => !isAsSent(ledger, each)).length,
    gaps: breaksInChains(found.commits) + breaksInNumbers(found),
    putsLost: [...ledger.puts].reduce((sum, [key, puts]) => sum + lostOf(puts, found.values.get(key)), 0),
  };
}

/** What was lost once is not to be counted again at the next cut. */
export function forgetLost(ledger: PowerLedger, found: Found): void {
  const there = new Set(found.commits.map(({ commit }) => commit.command.id));
  for (const id of ledger.acknowledged.keys()) if (!there.has(id)) ledger.acknowledged.delete(id);
  for (const [key, puts] of ledger.puts)
    puts.acknowledged = Math.min(puts.acknowledged, puts.values.indexOf(found.values.get(key) ?? ''));
}

function isAsSent({ sent, acknowledged }: PowerLedger, { position, subject, commit }: StoredCommit): boolean {
  const known = sent.get(commit.command.id);
  if (known === undefined) return false;
  const promised = acknowledged.get(commit.command.id) ?? position;
  return promised === position && known.subject === subject && JSON.stringify(known.commit) === JSON.stringify(commit);
}

function breaksInChains(commits: readonly StoredCommit[]): number {
  const last = new Map<string, StoredCommit>();
  let breaks = 0;
  for (const each of commits) {
    const before = last.get(each.subject);
    const { version, previous } = each.commit;
    if (version !== (before?.commit.version ?? 0) + 1 || previous !== (before?.position ?? null)) breaks += 1;
    last.set(each.subject, each);
  }
  return breaks;
}

/** The first is 1, each is one more than the one before, the last is the head. */
function breaksInNumbers({ commits, head }: Found): number {
  const numbers = [...commits.map(({ position }) => position), head].map((each) => parsePosition(each).sequence);
  const isWrong = (number: number, index: number): boolean => number !== Math.min(index + 1, commits.length);
  return numbers.filter(isWrong).length;
}

/** An unanswered put may be there or not. */
function lostOf({ values, acknowledged }: Puts, found: string | undefined): number {
  return Math.max(0, acknowledged - values.indexOf(found ?? ''));
}
