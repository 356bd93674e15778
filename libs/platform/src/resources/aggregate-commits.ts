import type { AggregateName, HistoryEntry, StoredCommit } from '@freehold/kernel';
import type { AggregateStore } from '@freehold/log';
import type { Vault } from '@freehold/vault';

const PAGE = 200;

/** Every commit of an aggregate, oldest first. */
export async function allCommits(aggregates: AggregateStore, name: AggregateName): Promise<StoredCommit[]> {
  const commits: StoredCommit[] = [];
  for (;;) {
    const before = commits.at(-1)?.position;
    const page = await aggregates.history(name, before === undefined ? { limit: PAGE } : { before, limit: PAGE });
    commits.push(...page);
    if (page.length < PAGE) return commits.toReversed();
  }
}

/** A commit as a history shows it. */
export async function historyEntry(vault: Vault, { position, time, commit }: StoredCommit): Promise<HistoryEntry> {
  const { version, actor, command, cause, correlation, events } = commit;
  return {
    position,
    version,
    time: instantOf(time),
    actor,
    command: { id: command.id, name: command.name },
    cause,
    correlation,
    events: (await vault.openAll(events)) as HistoryEntry['events'],
  };
}

/** Nanoseconds since 1970 as RFC 3339 with milliseconds, rounded up, so that asking for this instant includes it. */
const instantOf = (nanoseconds: string): string =>
  new Date(Number((BigInt(nanoseconds) + 999_999n) / 1_000_000n)).toISOString();
