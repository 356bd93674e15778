import { type AggregateName, CELL, type Commit, type Position, type RecordedEvent } from '@freehold/kernel';
import { createAppender, type Log, subjectOf } from '@freehold/log';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { clone } from '../../kit/clone.js';

export const DEPLOYMENTS_EACH = 5;
/** A host that joined once and is away: no agent makes its environments true. */
export const ELSEWHERE = 'elsewhere';
const WRITERS = 500;
const SAY_EVERY = 100_000;

export interface Years {
  readonly operators: number;
  readonly commits: number;
}

/** What happened to one aggregate, a commit each. */
interface History {
  readonly name: AggregateName;
  readonly types: readonly string[];
  /** Ids in the samples, and those that stand in their place. */
  readonly ids: Readonly<Record<string, string>>;
}

const DEPLOYED = ['deployment-ordered', 'resources-bound', 'secrets-prepared', 'tenure-taken', 'went-live'];
const REQUESTED = ['environment-requested', 'environment-desired', 'environment-observed'];

/**
 * A log as years leave it: operators, each with a subscription, a key, and five deployments that live; then places reserved and
 * freed, keys issued and revoked, and environments observed again, until there are so many commits. Nothing is left to be done.
 */
function historiesOf({ operators, commits }: Years): History[] {
  const each = Math.floor(commits / operators);
  const host = nameOf('provisioning', CELL, 'host', randomUUID());
  return [
    { name: host, types: ['provisioning.host-joined.v1'], ids: {} },
    ...Array.from({ length: operators }, () => operatorHistories(each)).flat(),
  ];
}

function operatorHistories(commits: number): History[] {
  const operator = randomUUID();
  const deployments = Array.from({ length: DEPLOYMENTS_EACH }, () => deploymentHistories(operator));
  const fixed = 2 + DEPLOYMENTS_EACH * (DEPLOYED.length + REQUESTED.length + 1);
  const more = Math.max(0, commits - fixed);
  const keys = Math.max(1, Math.floor(more / 8));
  const places = Math.floor(more / 4);
  const observed = Math.max(0, Math.floor((more - 2 * keys - places) / DEPLOYMENTS_EACH));
  const history = (aggregate: string, id: string, types: readonly string[]): History => ({
    ...{ name: nameOf('accounts', operator, aggregate, id), ids: { [SAMPLE.operator]: operator } },
    types: types.map((type) => `accounts.${type}.v1`),
  });
  return [
    history('operator', operator, ['operator-registered']),
    history('subscription', operator, [
      'subscription-agreed',
      ...Array.from({ length: DEPLOYMENTS_EACH + places }, (_, n) => (n % 2 === 0 ? 'place-reserved' : 'place-freed')),
    ]),
    ...Array.from({ length: keys }, () =>
      history('credential', randomUUID(), ['credential-issued', 'credential-revoked']),
    ),
    ...deployments.flatMap(({ deployment, environment }) => [
      deployment,
      { ...environment, types: [...environment.types, ...Array.from({ length: observed }, () => OBSERVED)] },
    ]),
  ];
}

function deploymentHistories(operator: string): { deployment: History; environment: History } {
  const [deployment, environment] = [randomUUID(), randomUUID()];
  const ids = {
    ...{ [SAMPLE.operator]: operator, [SAMPLE.deployment]: deployment, [SAMPLE.environment]: environment },
    [SAMPLE.lineage]: randomUUID(),
  };
  return {
    deployment: {
      ...{ name: nameOf('deployment', operator, 'deployment', deployment), ids },
      types: DEPLOYED.map((type) => `deployment.${type}.v1`),
    },
    environment: {
      ...{ name: nameOf('provisioning', operator, 'environment', environment), ids },
      types: REQUESTED.map((type) => `provisioning.${type}.v1`),
    },
  };
}

const OBSERVED = 'provisioning.environment-observed.v1';

const nameOf = (
  context: 'accounts' | 'deployment' | 'provisioning',
  operator: AggregateName['operator'],
  aggregate: string,
  id: string,
): AggregateName => ({ context, operator, aggregate, id });

/** Appends them, many at once, each commit after the one before. Returns how many they were. */
export async function fill(log: Log, years: Years, say: (line: string) => void): Promise<number> {
  const samples = samplesOf('accounts', 'deployment', 'provisioning');
  const histories = historiesOf(years).toReversed();
  const { append } = createAppender({ log, deadlineMs: 120_000 });
  let count = 0;
  const write = async (): Promise<void> => {
    for (let next = histories.pop(); next !== undefined; next = histories.pop()) {
      const subject = subjectOf(next.name);
      let previous: Position | null = null;
      for (const [index, type] of next.types.entries()) {
        const event = { type, data: dataOf(samples.get(type), next.ids) };
        const commit = commitOf(index + 1, previous, event);
        const outcome = await append({ subject, commit, expected: previous });
        if (outcome.kind !== 'stored') throw new Error(`${subject} has another commit already`);
        previous = outcome.stored.position;
        count += 1;
        if (count % SAY_EVERY === 0) say(`${count} commits appended`);
      }
    }
  };
  await Promise.all(Array.from({ length: WRITERS }, write));
  return count;
}

const Data = z.record(z.string(), z.json());
type Data = z.infer<typeof Data>;
const Samples = z.record(z.string(), z.array(Data).min(1));

/** What stored samples call whom they are about. */
const SAMPLE = {
  operator: '00000000-0000-4000-8000-000000000002',
  deployment: '00000000-0000-4000-8000-000000000003',
  environment: '00000000-0000-4000-8000-000000000004',
  lineage: '00000000-0000-4000-8000-000000000005',
} as const;

/** The first stored sample of every event, at the host that is away, as text. */
function samplesOf(...contexts: readonly string[]): Map<string, string> {
  const found = new Map<string, string>();
  for (const context of contexts) {
    const path = join(clone, 'test', 'contracts', 'samples', `${context}.json`);
    for (const [type, [data]] of Object.entries(Samples.parse(JSON.parse(readFileSync(path, 'utf8')))))
      found.set(type, JSON.stringify({ ...data, ...OVERRIDES[type] }).replaceAll('"local"', `"${ELSEWHERE}"`));
  }
  return found;
}

/** So that what is desired is what the deployments want, and is observed already. */
const OVERRIDES: Readonly<Record<string, Data>> = {
  'provisioning.environment-desired.v1': { generation: 1, revision: 1_000_000, epoch: 1, want: 'running' },
  'provisioning.environment-observed.v1': { generation: 1, state: 'running' },
};

function dataOf(sample: string | undefined, ids: Readonly<Record<string, string>>): Data {
  if (sample === undefined) throw new Error('an event without a stored sample');
  let text = sample;
  for (const [from, to] of Object.entries(ids)) text = text.replaceAll(from, to);
  return Data.parse(JSON.parse(text));
}

const commitOf = (version: number, previous: Position | null, event: RecordedEvent): Commit => ({
  version,
  previous,
  at: new Date().toISOString(),
  actor: { kind: 'system', id: 'bench' },
  command: { id: randomUUID(), name: 'bench.fill', digest: '9f86d081884c7d659a2feaa0c55ad015' },
  cause: null,
  correlation: randomUUID(),
  events: [event],
});
