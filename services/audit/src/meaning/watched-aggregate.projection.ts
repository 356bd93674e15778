/**
 * What the log means, checked apart from those who wrote it: whoever may publish can do so without an expectation, so that
 * the writers' rules alone are no proof. A row an aggregate, with what was found; rows come out the same however often they are
 * built. A finding is for people: nothing stops, and nothing is mended.
 */
import { comparePositions, Position } from '@freehold/kernel';
import { subjectOf } from '@freehold/log';
import { type Projection, type SourceEvent, viewEntity } from '@freehold/projection';

export interface WatchedAggregate {
  /** Its subject. */
  id: string;
  version: number;
  position: Position;
  /** Of a deployment: the epoch of its tenure; 0 before the first. */
  epoch: number;
  /** Of a deployment: it left, and did not come back. */
  left: boolean;
  /** Of a lineage's tenure: the deployment that has it. */
  holder: string | null;
  /** The first ones. */
  findings: readonly LogFinding[];
}

export interface LogFinding {
  position: Position;
  code: 'version-gap' | 'previous-wrong' | 'cause-not-before' | 'epoch-not-raised' | 'left-acts' | 'tenure-held-twice';
  detail: string;
}

type AnyEvent = { type: string; data: Record<string, unknown> };
type Watched = SourceEvent<AnyEvent>;

/** Of one aggregate: a log that is wrong all over does not make rows without end. */
const MOST_FINDINGS = 20;

/** What a deployment that left must not do before it is taken back. */
const ACTING: ReadonlySet<string> = new Set([
  'deployment.tenure-taken.v1',
  'deployment.went-live.v1',
  'deployment.resumed.v1',
  'deployment.reconfigured.v1',
  'deployment.first-administrator-made.v1',
  'deployment.deployment-sealed.v1',
  'deployment.deployment-left.v1',
]);

const watchedAggregate: Projection<WatchedAggregate, AnyEvent> = {
  name: 'watched-aggregate',
  version: 1,
  source: { context: '*', aggregate: '*' },
  read: ({ commit }) => commit.events,
  key: ({ subject }) => subjectOf(subject),
  evolve: (row, event) => {
    const before = row ?? fresh(subjectOf(event.subject));
    const found = [...(event.index === 0 ? ofCommit(before, event) : []), ...ofEvent(before, event)].map((each) => ({
      ...each,
      position: event.position,
    }));
    const findings = [...before.findings, ...found].slice(0, MOST_FINDINGS);
    return { ...before, ...tenureAfter(before, event), version: event.version, position: event.position, findings };
  },
};

export const watchedAggregateView = viewEntity(watchedAggregate, {
  columns: { isWrong: { type: 'boolean', value: ({ findings }) => findings.length > 0 } },
});

const fresh = (id: string): WatchedAggregate => ({
  id,
  ...{ version: 0, position: '1:0', epoch: 0, left: false, holder: null, findings: [] },
});

type Found = Omit<LogFinding, 'position'>;

/** Versions and `previous` without gaps; what caused it was there before. */
function ofCommit({ version, position }: WatchedAggregate, event: Watched): Found[] {
  const found: Found[] = [];
  if (event.version !== version + 1) {
    found.push({ code: 'version-gap', detail: `Version ${event.version} follows version ${version}.` });
  }
  const last = version === 0 ? null : position;
  if (event.previous !== last) {
    const [said, is] = [event.previous ?? 'none', last ?? 'none'];
    found.push({ code: 'previous-wrong', detail: `It names ${said} as the commit before; that is ${is}.` });
  }
  if (event.cause !== null && !isBefore(event.cause, event.position)) {
    found.push({ code: 'cause-not-before', detail: `What it names as its cause, ${event.cause}, is not before it.` });
  }
  return found;
}

/** The tenure: its epoch only rises, a lineage has one holder, and who has left does not act. */
function ofEvent({ epoch, left, holder }: WatchedAggregate, { type, data }: Watched): Found[] {
  const found: Found[] = [];
  const claimed = data['deployment'];
  if (type === 'deployment.tenure-claimed.v1' && holder !== null && claimed !== holder) {
    found.push({ code: 'tenure-held-twice', detail: `${String(claimed)} takes it while ${holder} has it.` });
  }
  const raised = epochOf(type, data);
  if (raised !== null && raised <= epoch) {
    found.push({ code: 'epoch-not-raised', detail: `${type} has epoch ${raised}, after epoch ${epoch}.` });
  }
  if (left && ACTING.has(type)) found.push({ code: 'left-acts', detail: `${type}, though it has left.` });
  return found;
}

function tenureAfter(
  { epoch, left, holder }: WatchedAggregate,
  { type, data }: Watched,
): Pick<WatchedAggregate, 'epoch' | 'left' | 'holder'> {
  const claimed = data['deployment'];
  const frees = type === 'deployment.tenure-freed.v1' && claimed === holder;
  return {
    epoch: Math.max(epoch, epochOf(type, data) ?? 0),
    left: type === 'deployment.deployment-left.v1' || (left && type !== 'deployment.deployment-taken-back.v1'),
    holder: type === 'deployment.tenure-claimed.v1' ? String(claimed) : frees ? null : holder,
  };
}

const RAISING: ReadonlySet<string> = new Set([
  'deployment.tenure-taken.v1',
  'deployment.deployment-left.v1',
  'deployment.deployment-taken-back.v1',
]);

const epochOf = (type: string, { epoch }: Watched['data']): number | null =>
  RAISING.has(type) && typeof epoch === 'number' ? epoch : null;

/** An event's id is `<position>/<index>`. */
function isBefore(cause: string, position: Position): boolean {
  const parsed = Position.safeParse(cause.split('/')[0]);
  return parsed.success && comparePositions(parsed.data, position) < 0;
}
