import type { Application } from './applications.js';
import type { Ledger } from './ledger.js';
import type { Machine } from './machine.js';

/** What an order is about: where its traces would be. */
export interface Ordered {
  readonly process: string;
  readonly deployment: string;
}

/** Everything that is looked at when a round has come to rest. */
export interface Seen {
  readonly ledger: Ledger;
  readonly machine: Machine;
  readonly host: string;
  /** The application answers by its name. */
  readonly answers: boolean;
}

/** What speaks against "live": empty when it is. Everything but this one order has been cleared away before. */
export function againstLive(seen: Seen, { process, deployment }: Ordered, application: Application): string[] {
  const { ledger, machine, host } = seen;
  const [environment = 'none'] = [...ledger.environments].filter(isWanted).map(([id]) => id);
  const units = machine.processes.filter(({ command }) => command.includes(application.unit));
  return [
    ...ledger.breaches,
    ...differs('outcome of the process', ledger.processes.get(process)?.outcome, 'completed'),
    ...differs('life of the deployment', ledger.deployments.get(deployment), 'went-live'),
    ...ONCE.flatMap((type) => differs(type, ledger.counts.get(`${type} ${deployment}`), 1)),
    ...differs('capacity reserved', ledger.counts.get(`provisioning.capacity-reserved.v1 ${environment}`), 1),
    ...differs('places', [...ledger.places], [deployment]),
    ...differs('names', [...ledger.names.values()], [{ deployment, environment }]),
    ...differs('capacity', [...ledger.capacity], [environment]),
    ...differs('tenures', [...ledger.tenures.values()], [deployment]),
    ...differs('environments', [...ledger.environments].filter(isWanted).length, 1),
    ...differs('folders', machine.folders, [environment]),
    ...differs("agent's records", machine.records, [environment]),
    ...differs('desired states', machine.desired, [`${host}.${environment}`]),
    ...differs('ports claimed', machine.claims.filter((claim) => claim.startsWith('port-')).length, 1),
    ...differs('units', units.length, 1),
    ...differs('ports listening', machine.processes.flatMap(({ ports }) => ports).length, 1),
    ...differs('processes', machine.processes.length === 2 ? 'unit and shim' : commandsOf(machine), 'unit and shim'),
    ...differs('jobs', machine.jobs, 0),
    ...differs('unfinished builds', machine.builds, 0),
    ...differs('answers by name', seen.answers, true),
  ];
}

/** What speaks against a clean slate: nothing of any order is left. */
export function againstClean({ ledger, machine, answers }: Seen): string[] {
  const unfinished = [...ledger.processes].filter(([, { outcome }]) => outcome === null).map(([id]) => id);
  return [
    ...ledger.breaches,
    ...differs('unfinished processes', unfinished, []),
    ...differs('places', [...ledger.places], []),
    ...differs('names', [...ledger.names.values()], []),
    ...differs('capacity', [...ledger.capacity], []),
    ...differs('tenures', [...ledger.tenures.values()], []),
    ...differs('environments', [...ledger.environments].filter(isWanted), []),
    ...differs('folders', machine.folders, []),
    ...differs("agent's records", machine.records, []),
    ...differs('desired states', machine.desired, []),
    ...differs('claims', machine.claims, []),
    ...differs('processes', commandsOf(machine), []),
    ...differs('jobs', machine.jobs, 0),
    ...differs('unfinished builds', machine.builds, 0),
    ...differs('answers by name', answers, false),
  ];
}

/** How a deployment must have ended whose order was given up. */
export const againstUndone = (seen: Seen, { deployment }: Ordered): string[] => [
  ...againstClean(seen),
  ...differs('life of the deployment', seen.ledger.deployments.get(deployment), 'order-undone'),
];

const ONCE = [
  'accounts.place-reserved.v1',
  'provisioning.name-claimed.v1',
  'provisioning.name-attached.v1',
  'provisioning.environment-requested.v1',
  'deployment.tenure-claimed.v1',
  'deployment.secrets-prepared.v1',
  'deployment.resources-bound.v1',
  'deployment.release-installed.v1',
  'deployment.tenure-taken.v1',
  'deployment.went-live.v1',
  'deployment.first-administrator-made.v1',
];

const isWanted = ([, { deployment, want }]: [string, { deployment: string | null; want: string | null }]): boolean =>
  deployment !== null && want !== 'absent';

const commandsOf = ({ processes }: Machine): string[] => processes.map(({ pid, command }) => `${pid} ${command}`);

function differs(what: string, found: unknown, wanted: unknown): string[] {
  const [left, right] = [JSON.stringify(found), JSON.stringify(wanted)];
  return left === right ? [] : [`${what}: ${left} instead of ${right}`];
}
