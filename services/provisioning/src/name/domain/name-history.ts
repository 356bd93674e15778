import type { RecordedEvent } from '@freehold/kernel';

/**
 * Which commits of a name, oldest first, an operator may see: those about a deployment for which it claimed the name
 * itself. Who had it before or after is nobody's business.
 */
export function ownCommits<C extends { commit: { events: readonly RecordedEvent[] } }>(
  commits: readonly C[],
  operator: string,
): C[] {
  const events = commits.flatMap(({ commit }) => commit.events);
  const own = new Set(
    events
      .filter(({ type, data }) => type === 'provisioning.name-claimed.v1' && data['operator'] === operator)
      .map(({ data }) => data['deployment']),
  );
  return commits.filter(({ commit }) => commit.events.every(({ data }) => own.has(data['deployment'])));
}
