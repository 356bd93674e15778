import type { Job } from '@freehold/deployment-contract';
import { environmentInUse } from './move-failures.js';
import type { MoveGround } from './move-work.js';

/** Alone with an environment, which may have no desired state yet. @throws GivenUp where it is wanted to run */
export function atRest<Result>(
  { reconciler }: Pick<MoveGround, 'reconciler'>,
  { environment }: Pick<Job, 'environment'>,
  work: () => Promise<Result>,
): Promise<Result> {
  const lane = reconciler.lane(environment);
  const atRestOnly = async () => {
    const want = reconciler.lane(environment)?.desired?.want ?? 'stopped';
    if (want !== 'stopped') throw environmentInUse(want);
    return work();
  };
  return lane === undefined ? atRestOnly() : lane.exclusively(atRestOnly);
}
