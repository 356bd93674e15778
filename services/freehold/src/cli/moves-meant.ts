import { arrivals, departures, exportsMade } from '@freehold/portability-contract';
import type { ReplyOf } from '@freehold/kernel';
import { operatorsToLookAt, pick } from './name-resolution.js';
import { listAll } from './paging.js';
import type { Session } from './session.js';

export type DepartureShown = ReplyOf<typeof departures.get>['recorded'];
export type ArrivalShown = ReplyOf<typeof arrivals.get>['recorded'];

/** A move as this side sees it. */
export type Move = ({ side: 'departure' } & DepartureShown) | ({ side: 'arrival' } & ArrivalShown);

/** Both sides' moves of the operators that the caller may look at. */
export async function knownMoves(session: Session): Promise<Move[]> {
  const whose = await operatorsToLookAt(session);
  const lists = await Promise.all(
    whose.flatMap((operator) => [
      listAll(session, departures.list, { operator }).then((found) =>
        found.map(({ recorded }): Move => ({ side: 'departure', ...recorded })),
      ),
      listAll(session, arrivals.list, { operator }).then((found) =>
        found.map(({ recorded }): Move => ({ side: 'arrival', ...recorded })),
      ),
    ]),
  );
  return lists.flat();
}

/** One of them by its id or the beginning of it; the deployment's id names a move that is its only one. */
export async function moveMeant(session: Session, wanted: string): Promise<Move> {
  return pick(named(await knownMoves(session)), wanted, 'move').move;
}

export async function departureMeant(session: Session, wanted: string): Promise<DepartureShown> {
  const known = (await knownMoves(session)).filter((move) => move.side === 'departure');
  return pick(named(known), wanted, 'departure').move;
}

export async function arrivalMeant(session: Session, wanted: string): Promise<ArrivalShown> {
  const known = (await knownMoves(session)).filter((move) => move.side === 'arrival');
  return pick(named(known), wanted, 'arrival').move;
}

/** An export by its id or the beginning of it; its deployment's id names an export that is its only one. */
export async function exportMeant(
  session: Session,
  wanted: string,
): Promise<ReplyOf<typeof exportsMade.get>['recorded']> {
  const whose = await operatorsToLookAt(session);
  const lists = await Promise.all(whose.map((operator) => listAll(session, exportsMade.list, { operator })));
  const known = lists.flat().map(({ recorded }) => ({ id: recorded.id, names: [recorded.deployment], recorded }));
  return pick(known, wanted, 'export').recorded;
}

const named = <One extends Move>(moves: readonly One[]) =>
  moves.map((move) => ({ id: move.id, names: [move.deployment], move }));
