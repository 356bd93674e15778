interface ReadEvent {
  type: string;
  data: object;
}

/**
 * Which commits of a name, oldest first, an operator may see: those about a deployment for which it claimed the name
 * itself, or to which the name came back. Who had it before or after is nobody's business.
 */
export function ownCommits<C extends { commit: { events: readonly ReadEvent[] } }>(
  commits: readonly C[],
  operator: string,
): C[] {
  const events = commits.flatMap(({ commit }) => commit.events);
  const own = new Set(
    events
      .filter(({ type, data }) => TAKING.has(type) && 'operator' in data && data.operator === operator)
      .map(({ data }) => deploymentIn(data)),
  );
  return commits.filter(({ commit }) => commit.events.every(({ data }) => own.has(deploymentIn(data))));
}

const TAKING: ReadonlySet<string> = new Set(['provisioning.name-claimed.v1', 'provisioning.name-reclaimed.v1']);

const deploymentIn = (data: object): unknown => ('deployment' in data ? data.deployment : undefined);
