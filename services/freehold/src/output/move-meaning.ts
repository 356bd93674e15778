/** What the state of a move means, in a sentence for people: where it runs, what goes on, and who is waited for. */
import type { ProcessRecorded } from '@freehold/kernel';
import type { ArrivalShown, DepartureShown, Move } from '../cli/moves-meant.js';
import { oneLine } from './table.js';

/** @param process of the move, if any has begun and is known */
export const moveMeaning = (move: Move, process: ProcessRecorded | null): string =>
  oneLine(move.side === 'departure' ? departureMeaning(move, process) : arrivalMeaning(move, process));

const STAFF = 'What goes on is stuck and waits for the provider’s staff; why is said below.';

function departureMeaning(move: DepartureShown, process: ProcessRecorded | null): string {
  const said = move.status === 'bound' ? boundMeaning(move) : DEPARTURES[move.status];
  return process?.status === 'stuck' ? `${STUCK_DEPARTURES[move.status] ?? WHOLE_HERE} ${STAFF}` : said;
}

const boundMeaning = ({ by, confirmed }: DepartureShown): string => {
  const who = by?.provider ?? 'A provider';
  return confirmed
    ? `It runs here as before, while ${who} copies its files. It stops only when little is left to copy.`
    : `It runs here as before. ${who} brought the grant, and may copy once you have confirmed its fingerprint.`;
};

const DEPARTURES: Readonly<Record<Exclude<DepartureShown['status'], 'bound'>, string>> = {
  granted: 'It runs here as before. The grant waits for the other provider to take it.',
  sealing: 'It is asked to stop here, and is captured for the target. It runs here again if that does not come about.',
  sealed:
    'It is stopped. The target fetches the rest, restores it and compares; it runs here again if the target is late.',
  leaving:
    'It is stopped. The target has compared everything and asked for the tenure: in seconds it is live here or there.',
  'handed-over': 'The tenure is the target’s, which opens it now. What asks for it here is forwarded.',
  opened: 'It is live at the target. What asks for it here is forwarded, until the copy here is erased.',
  reopening: 'The move came to nothing. It is being opened here again, and the target will be told.',
  reopened: 'The move came to nothing. It runs here again; a new grant begins a new move.',
  abandoned: 'The move was given up before anything stopped. It runs here; a new grant begins a new move.',
  returned: 'The target could not open it and gave it back. It runs here again; why, the target’s report says.',
  erased: 'It is live elsewhere. Nothing of it is left here but its history.',
};

const WHOLE_HERE = 'The copy here is whole, and no other is live.';
const STUCK_DEPARTURES: Readonly<Partial<Record<DepartureShown['status'], string>>> = {
  'handed-over': 'The tenure is the target’s; the copy here is whole.',
  opened: 'It is live at the target.',
  erased: 'It is live elsewhere.',
  reopened: 'It runs here again.',
  returned: 'The target gave it back; it is for this side to run.',
};

function arrivalMeaning({ status }: ArrivalShown, process: ProcessRecorded | null): string {
  if (process?.status === 'stuck') return `${status === 'completed' ? 'It is live here.' : HALF_WAY} ${STAFF}`;
  const hasEnded = status === 'returned' || status === 'abandoned';
  if (process?.status === 'undoing' && !hasEnded) return UNDOING;
  if (status === 'completed') return process?.status === 'running' ? CLEARING_UP : LIVE;
  if (status === 'returned') return 'It could not be opened here and was given back. It runs at the source again.';
  if (status === 'abandoned')
    return 'The move came to nothing. It runs at the source; what was copied is removed here.';
  const step = process?.steps.find(({ state }) => state !== 'done')?.name;
  return PHASES.find(({ steps }) => steps.some((each) => each === step))?.said ?? PREPARING;
}

const HALF_WAY = 'It came half way; the copy at the source was not thrown away.';
const UNDOING = 'The move came to nothing. What was copied is removed here; it runs at the source, or soon does again.';
const LIVE = 'It is live here.';
const CLEARING_UP = 'It is live here. The source is told, and what only the move needed is removed.';
const PREPARING = 'It runs at the source as before, while a place for it is made here.';
const PHASES = [
  { steps: ['copy'], said: 'It runs at the source as before, while its files are copied here.' },
  {
    steps: ['seal'],
    said: 'The source stops it and captures what is left. It is down from about now until it opens here.',
  },
  {
    steps: ['restore', 'describe'],
    said: 'It is stopped at the source. The rest is fetched, and all is restored here.',
  },
  {
    steps: ['start-closed', 'after-restore', 'compare'],
    said: 'It is stopped at the source. Here it is started, closed to the world, and compared with what the source had.',
  },
  {
    steps: ['ask-tenure'],
    said: 'Everything is equal. The source is asked for the tenure: it becomes live here, or runs there again.',
  },
  {
    steps: ['take-tenure', 'open', 'complete'],
    said: 'The tenure has passed to this side, and it is being opened here.',
  },
] as const;
