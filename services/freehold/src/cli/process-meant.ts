import { operatorsToLookAt, pick } from './name-resolution.js';
import { listAll } from './paging.js';
import { PROCESS_CONTEXTS } from './process-contexts.js';
import type { Session } from './session.js';

/** By id or the beginning of it, in whichever context it runs. */
export async function processMeant(session: Session, wanted: string) {
  const whose = await operatorsToLookAt(session);
  const lists = await Promise.all(
    PROCESS_CONTEXTS.flatMap((context) =>
      whose.map(async (operator) =>
        (await listAll(session, context.processes.list, { operator })).map(({ recorded }) => ({ recorded, context })),
      ),
    ),
  );
  const items = lists.flat().map((item) => ({ ...item, id: item.recorded.id, names: [] }));
  return pick(items, wanted, 'process');
}
