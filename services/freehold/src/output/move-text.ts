import type { ArrivalShown, DepartureShown, Move } from '../cli/moves-meant.js';
import { comparisonText } from './comparison-text.js';
import { relative } from './durations.js';
import { moveMeaning } from './move-meaning.js';
import { type ProcessShown, stepSaid, stepTitle } from './process-progress.js';
import { stuckLines } from './stuck-text.js';
import { oneLine, properties, table } from './table.js';
import type { Terminal } from './terminal.js';

const peerSaid = (peer: DepartureShown['to']): string =>
  peer === null ? '' : `${peer.provider}, fingerprint ${peer.fingerprint}`;

/** Whom it goes to or comes from, as far as that is known. */
const otherSide = (move: Move): string =>
  move.side === 'arrival' ? move.source.provider : (move.by?.provider ?? move.to?.provider ?? 'whoever is confirmed');

/** A row a move, of both sides. */
export const movesTable = (moves: readonly Move[], terminal: Terminal, now: Date): string =>
  table(
    moves,
    [
      { title: 'move', value: ({ id }) => id },
      { title: 'side', value: ({ side }) => side },
      { title: 'deployment', value: ({ deployment }) => deployment.slice(0, 8) },
      { title: 'state', value: ({ status }) => status },
      { title: 'other side', value: otherSide },
      { title: 'until', value: (move) => (move.side === 'departure' ? untilSaid(move, now) : '') },
    ],
    terminal,
  );

function untilSaid({ status, deadline, expires }: DepartureShown, now: Date): string {
  if (deadline !== null) return `reopens ${relative(deadline, now)}`;
  return status === 'granted' || status === 'bound' ? `expires ${relative(expires, now)}` : '';
}

export type Names = readonly { readonly purpose: string; readonly name: string }[];

interface MoveShown {
  readonly move: Move;
  readonly names: Names;
  readonly process: ProcessShown | null;
}

/** One move: what stands, its names, the steps of its process, what goes on, and what giving up would mean. */
export function moveText({ move, names, process }: MoveShown, terminal: Terminal): string {
  const now = new Date();
  const activity = process?.observed?.activity ?? null;
  const pairs = move.side === 'departure' ? departurePairs(move, now) : arrivalPairs(move);
  const recorded = process?.recorded ?? null;
  return [
    moveMeaning(move, recorded),
    properties([...pairs, ...namesPair(names), ...(activity === null ? [] : [['now', activity] as const])], terminal),
    ...(recorded?.steps ?? []).map((step) => `  ${stepTitle(step.name)}: ${stepSaid(step, now)}`),
    ...(move.side === 'arrival' && move.comparison !== null ? ['', comparisonText(move.comparison, terminal), ''] : []),
    ...(recorded === null ? [] : stuckLines(recorded, terminal)),
    `If abandoned now: ${oneLine(move.ifAbandoned)}`,
    ...(mustBeConfirmed(move) ? [confirmText(move.id, move.by)] : []),
  ].join('\n');
}

const namesPair = (names: Names): (readonly [string, string])[] =>
  names.length === 0 ? [] : [['names', names.map(({ purpose, name }) => `${name} (${purpose})`).join(', ')]];

const mustBeConfirmed = (move: Move): move is Move & { side: 'departure' } =>
  move.side === 'departure' && move.status === 'bound' && !move.confirmed;

const confirmText = (id: string, by: DepartureShown['by']): string =>
  [
    'Next: compare the fingerprint with the one that the other provider’s operator reads to you. If they are equal:',
    `      freehold move confirm ${id.slice(0, 8)} --fingerprint "${by?.fingerprint ?? ''}"`,
  ].join('\n');

const departurePairs = (move: DepartureShown, now: Date): (readonly [string, string])[] => [
  ['state', move.status],
  ['deployment', move.deployment],
  ['for', move.to === null ? 'whoever is confirmed' : peerSaid(move.to)],
  ...(move.by === null ? [] : [['brought by', peerSaid(move.by)] as const]),
  ...(move.by === null || move.to !== null ? [] : [['confirmed', move.confirmed ? 'yes' : 'no'] as const]),
  ['grant ends', `${relative(move.expires, now)} (${move.expires})`],
  ...(move.deadline === null
    ? []
    : [['deadline', `reopens ${relative(move.deadline, now)} (${move.deadline}) unless it has left`] as const]),
  ['departure', move.id],
];

const arrivalPairs = (move: ArrivalShown): (readonly [string, string])[] => [
  ['state', move.status],
  ['application', `${move.application} ${move.version}`],
  ['from', peerSaid(move.source)],
  ['deployment', move.deployment],
  ['tenure', `epoch ${move.epoch} of lineage ${move.lineage}`],
  ['process', move.process],
  ['arrival', move.id],
];
