import { commitInBody, type OpenedCheckpoint } from '@freehold/evidence';
import type { Actor, Position } from '@freehold/kernel';
import { eventName } from '../../../output/history-lines.js';
import type { ProvenCommit } from './collect-pack.js';

/** What an evidence pack says, before it is HTML or PDF. Made of proven commits only. */
export interface Report {
  title: string;
  facts: readonly (readonly [name: string, value: string])[];
  commits: readonly ReportedCommit[];
  /** Changes of state, in order. */
  life: readonly Milestone[];
}

export interface ReportedCommit {
  position: Position;
  /** The stream's time, RFC 3339. */
  at: string;
  version: number;
  command: string;
  actor: string;
  events: readonly { name: string; says: string }[];
}

export interface Milestone {
  at: string;
  text: string;
  /** Of the deployment from here on. */
  state: LifeState;
}

export type LifeState = 'prepared' | 'live' | 'paused' | 'ended';

const MOST_SAID = 160;

/** Events that say what became of a deployment; others are work on the way. */
const STATES: Readonly<Record<string, LifeState>> = {
  'deployment-ordered': 'prepared',
  'documents-received': 'prepared',
  'went-live': 'live',
  resumed: 'live',
  'deployment-reopened': 'live',
  'deployment-taken-back': 'live',
  suspended: 'paused',
  'deployment-sealed': 'paused',
  'deployment-left': 'ended',
  'retirement-begun': 'ended',
  retired: 'ended',
  'order-undone': 'ended',
};

export interface ReportSubject {
  origin: string;
  subject: string;
  checkpoint: OpenedCheckpoint;
}

export function reportOf(commits: readonly ProvenCommit[], { origin, subject, checkpoint }: ReportSubject): Report {
  const reported = commits.map(reportedCommit);
  const [, , , operator = '', , deployment = ''] = subject.split('.');
  const { size, root } = checkpoint.checkpoint;
  return {
    title: `Evidence of deployment ${deployment}`,
    facts: [
      ['Log', origin],
      ['Operator', operator],
      ['Deployment', deployment],
      ...orderedAs(commits),
      ['Commits', `${commits.length}, from ${reported[0]?.position ?? '-'} to ${reported.at(-1)?.position ?? '-'}`],
      ['From', reported[0]?.at ?? '-'],
      ['To', reported.at(-1)?.at ?? '-'],
      ['Checkpoint', `${size} commits, root ${Buffer.from(root).toString('base64')}`],
      ...checkpoint.cosigned.map(
        ({ name, at }) => ['Witness', `${name}, ${new Date(at * 1_000).toISOString()}`] as const,
      ),
    ],
    commits: reported,
    life: lifeOf(reported),
  };
}

function reportedCommit({ position, time, body }: ProvenCommit): ReportedCommit {
  const commit = commitInBody(body);
  return {
    position,
    at: instantOf(time),
    version: commit?.version ?? 0,
    command: commit?.command.name ?? 'not readable here',
    actor: commit === null ? '-' : actorText(commit.actor),
    events: (commit?.events ?? []).map(({ type, data }) => ({ name: eventName(type), says: clipped(saidBy(data)) })),
  };
}

/** Nanoseconds since 1970, to the millisecond. */
const instantOf = (time: string): string => new Date(Number(BigInt(time) / 1_000_000n)).toISOString();

const actorText = ({ kind, id }: Actor): string => `${kind} ${id}`;

function orderedAs(commits: readonly ProvenCommit[]): [string, string][] {
  const events = commits.flatMap(({ body }) => commitInBody(body)?.events ?? []);
  const ordered = events.find(({ type }) => eventName(type) === 'deployment-ordered')?.data;
  const text = (name: string): string => (typeof ordered?.[name] === 'string' ? ordered[name] : '-');
  return ordered === undefined
    ? []
    : [
        ['Application', `${text('application')} ${text('version')}, plan ${text('plan')}`],
        ['Lineage', text('lineage')],
      ];
}

const saidBy = (data: Record<string, unknown>): string =>
  Object.entries(data)
    .map(([name, value]) => `${name}: ${typeof value === 'string' ? value : JSON.stringify(hidden(value))}`)
    .join(', ');

/** Enciphered values say nothing to anybody: their place is shown. */
function hidden(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(hidden);
  if (typeof value !== 'object' || value === null) return value;
  if ('$enciphered' in value) return '(enciphered)';
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, hidden(each)]));
}

const clipped = (text: string): string => (text.length <= MOST_SAID ? text : `${text.slice(0, MOST_SAID - 1)}…`);

function lifeOf(commits: readonly ReportedCommit[]): Milestone[] {
  let state: LifeState = 'prepared';
  return commits.flatMap(({ at, events }) =>
    events.flatMap(({ name }) => {
      const next = STATES[name];
      if (next === undefined && name !== 'reconfigured' && name !== 'tenure-taken') return [];
      state = next ?? state;
      return [{ at, text: name.replaceAll('-', ' '), state }];
    }),
  );
}
