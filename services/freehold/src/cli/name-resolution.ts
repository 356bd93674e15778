import { operators } from '@freehold/accounts-contract';
import { deployments } from '@freehold/deployment-contract';
import { Id } from '@freehold/kernel';
import { CommandFailure } from './command-failure.js';
import { EXIT } from './exit-codes.js';
import { listAll } from './paging.js';
import type { Session } from './session.js';

/** What can be named by its id, the beginning of it, or another name. */
export interface Named {
  id: string;
  names: readonly string[];
}

/** The one that is meant. @throws CommandFailure when it is none of them, or several. */
export function pick<Item extends Named>(items: readonly Item[], wanted: string, kind: string): Item {
  const said = wanted.toLowerCase();
  const exact = items.filter(({ id, names }) => id === said || names.some((name) => name.toLowerCase() === said));
  const found = exact.length > 0 ? exact : items.filter(({ id }) => said.length >= 4 && id.startsWith(said));
  const [one, ...more] = found;
  if (one === undefined) {
    throw new CommandFailure(
      `There is no ${kind} "${wanted}" here`,
      `See what there is: ${LISTS[kind] ?? 'freehold list'}`,
      EXIT.notFound,
    );
  }
  if (more.length > 0) {
    const ids = found.map(({ id }) => id).join(', ');
    throw new CommandFailure(`"${wanted}" names several: ${ids}`, 'Use more of the id.');
  }
  return one;
}

const LISTS: Readonly<Record<string, string>> = {
  operator: 'freehold operator list',
  deployment: 'freehold list',
  process: 'freehold work list',
  departure: 'freehold move status',
  arrival: 'freehold move status',
  export: 'freehold export <deployment> makes one, and shows its id',
  move: 'freehold move status',
};

/** The operator of the key; for staff the one of `--operator`, or the only one that there is. */
export async function operatorMeant(session: Session, wanted = session.options.operator): Promise<string> {
  if (session.operatorOfKey !== undefined) return session.operatorOfKey;
  if (wanted !== undefined && Id.safeParse(wanted).success) return wanted;
  const known = await knownOperators(session);
  if (wanted !== undefined) return pick(known, wanted, 'operator').id;
  const [only, ...others] = known;
  if (only !== undefined && others.length === 0) return only.id;
  throw only === undefined
    ? new CommandFailure(
        'There is no operator yet',
        'freehold operator register --name "My club" --contact me@example.org',
      )
    : new CommandFailure(
        `There are ${known.length} operators; say for which`,
        'Add --operator with an id or name: freehold operator list',
      );
}

export async function knownOperators(session: Session): Promise<Named[]> {
  const found = await listAll(session, operators.list, {});
  return found.map(({ recorded }) => ({ id: recorded.id, names: [recorded.name] }));
}

/** A deployment by id, by the beginning of it, or by one of its domain names. Staff look through all operators. */
export async function deploymentMeant(session: Session, wanted: string) {
  const whose = await operatorsToLookAt(session);
  const lists = await Promise.all(whose.map((operator) => listAll(session, deployments.list, { operator })));
  const items = lists.flat().map((item) => ({
    ...item,
    id: item.recorded.id,
    names: GONE.has(item.recorded.status) ? [] : item.recorded.names.map(({ name }) => name),
  }));
  const { recorded } = pick(items, wanted, 'deployment');
  return { operator: recorded.operator, deployment: recorded.id };
}

/** Their names may belong to others by now. */
const GONE: ReadonlySet<string> = new Set(['retired', 'undone']);

/** For staff without `--operator`: everybody's. */
export async function operatorsToLookAt(session: Session): Promise<string[]> {
  if (session.operatorOfKey !== undefined || session.options.operator !== undefined)
    return [await operatorMeant(session)];
  return (await knownOperators(session)).map(({ id }) => id);
}
