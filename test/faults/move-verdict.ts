import type { Entry } from './calendar.js';
import type { MoveLedger } from './move-ledger.js';
import { stuckIn } from './move-ledger.js';
import type { Unit } from './single-writer.js';
import type { Written } from './writer.js';

/** What is looked at, at one side, when a round has come to rest. */
export interface SideSeen {
  readonly ledger: MoveLedger;
  /** Breaches of the log's own laws. */
  readonly breaches: readonly string[];
  /** Of the environment of this round at this side. */
  readonly units: readonly Unit[];
  /** Its folder is there. */
  readonly folder: boolean;
  /** Texts of entries as they lie in that folder; undefined when it is not there. */
  readonly onDisk: readonly Entry[] | undefined;
  /** What the application shows by its name at this side's router; undefined when it does not answer. */
  readonly shown: readonly Entry[] | undefined;
  /** What of the deployment is still held here: place, name, capacity, tenure. */
  readonly held: readonly string[];
  /** Jobs in the queue. */
  readonly jobs: number;
  /** Folders of moves that the agent keeps. */
  readonly moves: number;
}

export interface MoveSeen {
  readonly a: SideSeen;
  readonly b: SideSeen;
}

/** Departures that left everything at the source as it was, or brought it back. */
const STAYED = [
  null,
  'departure-granted',
  'departure-bound',
  'departure-abandoned',
  'departure-reopened',
  'departure-returned',
];
/** After a departure was reopened, further events of it change nothing. */
const UNDONE = ['failed', 'refused'];

/** What speaks against "live and whole at the source, and nothing at the target". */
export function againstSource({ a, b }: MoveSeen, written: Written): string[] {
  const arrivals = [...b.ledger.processes.values()].map(({ state }) => state);
  return [
    ...bothWrong({ a, b }),
    ...(STAYED.includes(a.ledger.departure) ? [] : [`source: the departure is ${a.ledger.departure}`]),
    ...(arrivals.every((state) => UNDONE.includes(state)) ? [] : [`target: arrivals are ${arrivals.join(', ')}`]),
    ...openOnce('source', a),
    ...written.against(a.shown).map((each) => `source: ${each}`),
    ...(b.units.length > 0 ? [`target: ${b.units.length} units run`] : []),
    ...(b.folder ? ['target: its environment is still there'] : []),
    ...(b.held.length > 0 ? [`target: still held: ${b.held.join(', ')}`] : []),
    ...(b.shown === undefined ? [] : ['target: its router answers by the name']),
    ...(b.moves > 0 ? ['target: the folder of the move is still there'] : []),
  ];
}

/** What speaks against "live and whole at the target, and stopped at the source". */
export function againstTarget({ a, b }: MoveSeen, written: Written): string[] {
  const arrivals = [...b.ledger.processes.values()].map(({ state }) => state);
  const completed = arrivals.filter((state) => state === 'completed').length;
  return [
    ...bothWrong({ a, b }),
    ...(a.ledger.departure === 'target-opened' ? [] : [`source: the departure is ${a.ledger.departure}`]),
    ...(completed === 1 ? [] : [`target: arrivals are ${arrivals.join(', ')}`]),
    ...openOnce('target', b),
    ...written.against(b.shown).map((each) => `target: ${each}`),
    ...written.against(a.shown).map((each) => `target, by the source's router: ${each}`),
    ...(a.units.length > 0 ? [`source: ${a.units.length} units run`] : []),
    ...(a.folder ? [] : ['source: its copy is gone before its time']),
    ...(b.moves > 0 ? ['target: the folder of the move is still there'] : []),
  ];
}

/** What speaks against "stuck with both copies intact, and a sentence for staff". */
export function againstStuck({ a, b }: MoveSeen, written: Written): string[] {
  const stuck = [...stuckIn(a.ledger), ...stuckIn(b.ledger)];
  const copies = [a, b].filter(({ folder }) => folder);
  const whole = copies.filter(({ onDisk }) => written.against(onDisk).length === 0);
  const open = [a, b].filter(({ units }) => units.some((unit) => unit.open));
  return [
    ...(stuck.length > 0 ? [] : ['nothing is stuck']),
    ...(stuck.every(({ findings }) => findings.some(saysSomething)) ? [] : ['stuck without a word']),
    ...(whole.length > 0 ? [] : ['no copy is whole']),
    ...(open.length > 1 ? ['both sides run'] : []),
    ...[...a.breaches, ...b.breaches],
  ];
}

const saysSomething = (finding: unknown): boolean =>
  typeof finding === 'object' && finding !== null && 'detail' in finding && String(finding.detail).length > 10;

const bothWrong = ({ a, b }: MoveSeen): string[] => [
  ...a.breaches.map((each) => `source: ${each}`),
  ...b.breaches.map((each) => `target: ${each}`),
  ...[...stuckIn(a.ledger), ...stuckIn(b.ledger)].map(({ kind }) => `${kind} is stuck`),
  ...(a.jobs === 0 ? [] : [`source: ${a.jobs} jobs in the queue`]),
  ...(b.jobs === 0 ? [] : [`target: ${b.jobs} jobs in the queue`]),
];

function openOnce(where: string, { units }: SideSeen): string[] {
  const open = units.filter((unit) => unit.open && unit.ports.length === 1);
  return open.length === 1 && units.length === 1
    ? []
    : [`${where}: units ${JSON.stringify(units)} instead of one open`];
}
