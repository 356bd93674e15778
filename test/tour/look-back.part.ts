import { eventually } from '@freehold/supervisor/testing';
import { z } from 'zod';
import { deployments } from '@freehold/deployment-contract';
import { show } from './deployed.js';
import { NAME, type People, type Tour } from './tour.js';

const LIMIT_MEBIBYTES = 8;
const mebibytes = (bytes: number | undefined): string => `${(bytes ?? 0) / 2 ** 20} MiB`;

/** A setting changes in the application; then the log is asked what happened, and what was before. */
export async function lookBackPart(tour: Tour, people: People): Promise<void> {
  const { stage, operatorProfile: profile } = tour;
  stage.part(
    'A setting',
    'The operator says what should hold; the agent writes the configuration and restarts what must be.',
  );
  const limitBefore = await people.ada.uploadLimitBytes();
  const { observed } = await show(tour);
  stage.say(`Synapse says that the largest upload is ${mebibytes(limitBefore)}`);
  const instant = new Date().toISOString();
  await stage.run(['settings', NAME, `uploadLimitMebibytes=${LIMIT_MEBIBYTES}`], { profile });
  const startedAt = performance.now();
  const wanted = LIMIT_MEBIBYTES * 2 ** 20;
  const limitNow = () => people.ada.uploadLimitBytes().catch(() => undefined);
  const applied = await eventually(async () => (await limitNow()) === wanted, { timeoutMs: 60_000, intervalMs: 200 });
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  stage.claim(
    applied,
    `${seconds} s later Synapse itself says ${mebibytes(wanted)}`,
    `it says ${mebibytes(await limitNow())}`,
  );
  stage.claim(limitBefore !== wanted, `It was ${mebibytes(limitBefore)} before`, 'it was the same before');
  const settled = await eventually(async () => (await show(tour)).observed?.generation !== observed?.generation);
  stage.claim(settled, 'The platform has seen it: the next generation of the environment runs', 'it has not');

  stage.part(
    'What happened',
    'Every change is a commit in the log: what, when, by whom, caused by what. Names are enciphered in it.',
  );
  await stage.run(['history', 'deployment', NAME], { profile });
  stage.part('What was', `The state at ${instant}, just before the change, folded anew from the log.`);
  await stage.run(['replay', '--at', instant, 'deployments'], { profile });
  await then(tour, instant);
}

const Replayed = z.object({ deployments: z.array(z.object({ recorded: deployments.get.reply.shape.recorded })) });

async function then(tour: Tour, instant: string): Promise<void> {
  const { stage, installation, operatorProfile: profile } = tour;
  const given = await installation.freeholdJson(['replay', '--at', instant, 'deployments'], { profile });
  const past = Replayed.parse(given).deployments.find(({ recorded }) => recorded.names[0]?.name === NAME);
  const now = await show(tour);
  const limit = (settings: Record<string, unknown> | undefined) => settings?.['uploadLimitMebibytes'];
  stage.say(`settings then  ${JSON.stringify(past?.recorded.settings)}`);
  stage.say(`settings now   ${JSON.stringify(now.recorded.settings)}`);
  stage.claim(
    past?.recorded.status === 'live' && limit(past.recorded.settings) !== LIMIT_MEBIBYTES,
    'Then it was live without the change',
    `it was ${past?.recorded.status ?? 'not there'}`,
  );
  stage.claim(limit(now.recorded.settings) === LIMIT_MEBIBYTES, 'Now the change is recorded', 'it is not');
}
