import { describe, expect, it } from '@jest/globals';
import type { Position, StoredCommit } from '@freehold/kernel';
import { randomUUID } from 'node:crypto';
import { subjectOf } from '@freehold/log';
import { type WatchedAggregate, watchedAggregateView } from './watched-aggregate.projection.js';

const operator = randomUUID();
const lineage = randomUUID();
const [first, second] = [randomUUID(), randomUUID()];
const deployment = subjectOf({ context: 'deployment', operator, aggregate: 'deployment', id: first });
const tenure = subjectOf({ context: 'deployment', operator: '_', aggregate: 'tenure', id: lineage });

type Given = {
  subject?: string;
  version?: number;
  previous?: Position | null;
  cause?: string;
  events: [string, object?][];
};

/** Commits one after the other, each well chained unless it says otherwise. */
function logged(...given: readonly Given[]): StoredCommit[] {
  const last = new Map<string, { version: number; position: Position }>();
  return given.map(({ subject = deployment, version, previous, cause = null, events }, at) => {
    const before = last.get(subject);
    const position: Position = `1:${at + 1}`;
    const commit = {
      version: version ?? (before?.version ?? 0) + 1,
      previous: previous === undefined ? (before?.position ?? null) : previous,
      at: '2026-11-21T12:00:00.000Z',
      actor: { kind: 'system' as const, id: 'test' },
      command: { id: randomUUID(), name: 'deployment.x', digest: '' },
      ...{ cause, correlation: randomUUID() },
      events: events.map(([type, data = {}]) => ({ type: `deployment.${type}.v1`, data: { ...data } })),
    };
    last.set(subject, { version: commit.version, position });
    return { position, time: String(at), subject, commit };
  });
}

async function foundIn(commits: readonly StoredCommit[]): Promise<string[]> {
  const { projection } = watchedAggregateView;
  let rows = new Map<string, WatchedAggregate>();
  for (const stored of commits) {
    for (const [index, event] of projection.read(stored).entries()) {
      const { position, time, subject, commit } = stored;
      const { version, previous, cause, at, command, actor } = commit;
      const [, , context, owner, aggregate, id] = subject.split('.');
      const name = { context: context as 'deployment', operator: owner!, aggregate: aggregate!, id: id! };
      const source = {
        ...event,
        position,
        index,
        time,
        at,
        subject: name,
        version,
        previous,
        cause,
        commandId: command.id,
        actor,
      };
      const key = projection.key(source)!;
      rows = new Map(rows).set(key, projection.evolve(rows.get(key) ?? null, source)!);
    }
  }
  return [...rows.values()].flatMap(({ findings }) => findings.map(({ position, code }) => `${position} ${code}`));
}

const taken = (epoch: number): Given => ({ events: [['tenure-taken', { epoch }]] });
const left = (epoch: number): Given => ({ events: [['deployment-left', { epoch }]] });
const claimed = (by: string): Given => ({ subject: tenure, events: [['tenure-claimed', { deployment: by }]] });
const freed = (by: string): Given => ({ subject: tenure, events: [['tenure-freed', { deployment: by }]] });

describe('what the log means', () => {
  it('is right where deployments come, move, come back and go', async () => {
    const whole = logged(
      { events: [['deployment-ordered'], ['secrets-prepared']] },
      claimed(first),
      taken(1),
      { cause: '1:3/0', events: [['went-live']] },
      { events: [['deployment-sealed']] },
      left(2),
      { events: [['deployment-reopened']] },
      { events: [['deployment-taken-back', { epoch: 3 }]] },
      { events: [['reconfigured']] },
      { events: [['retired']] },
      freed(first),
      claimed(second),
    );
    expect(await foundIn(whole)).toEqual([]);
  });

  it.each<[string, Given[], string[]]>([
    ['a version that was left out', [{ events: [['x']] }, { version: 3, events: [['x']] }], ['1:2 version-gap']],
    ['a version that stands twice', [{ events: [['x']] }, { version: 1, events: [['x']] }], ['1:2 version-gap']],
    ['a first commit that is none', [{ version: 2, events: [['x']] }], ['1:1 version-gap']],
    ['another commit before', [{ events: [['x']] }, { previous: '1:7', events: [['x']] }], ['1:2 previous-wrong']],
    ['no commit before', [{ events: [['x']] }, { previous: null, events: [['x'], ['x']] }], ['1:2 previous-wrong']],
    ['a cause that comes later', [{ cause: '1:9/0', events: [['x']] }], ['1:1 cause-not-before']],
    ['a cause that is itself', [{ cause: '1:1/0', events: [['x']] }], ['1:1 cause-not-before']],
    ['a cause that is no event', [{ cause: 'because', events: [['x']] }], ['1:1 cause-not-before']],
    ['the same epoch again', [taken(2), taken(2)], ['1:2 epoch-not-raised']],
    ['a leaving under an old epoch', [taken(2), left(2)], ['1:2 epoch-not-raised']],
    ['life after leaving', [taken(1), left(2), { events: [['went-live']] }], ['1:3 left-acts']],
    ['leaving twice', [taken(1), left(2), left(3)], ['1:3 left-acts']],
    ['two holders', [claimed(first), claimed(second)], ['1:2 tenure-held-twice']],
    [
      'two holders after a mark',
      [freed(second), claimed(first), freed(second), claimed(second)],
      ['1:4 tenure-held-twice'],
    ],
  ])('is found wrong: %s', async (_, given, codes) => {
    expect(await foundIn(logged(...given))).toEqual(codes);
  });

  it('is said once where it breaks, and no more than twenty times of one aggregate', async () => {
    const gaps = Array.from({ length: 30 }, (_, at): Given => ({ version: 10 * (at + 1), events: [['x']] }));
    expect(await foundIn(logged(...gaps))).toHaveLength(20);
    expect(await foundIn(logged({ version: 5, events: [['x']] }, { events: [['x']] }))).toEqual(['1:1 version-gap']);
  });
});
