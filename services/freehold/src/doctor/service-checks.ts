import { cellLog } from '@freehold/audit-contract';
import type { Position } from '@freehold/kernel';
import { hosts } from '@freehold/provisioning-contract';
import { z } from 'zod';
import type { CellHealth } from '../api/api-client.js';
import { listAll } from '../cli/paging.js';
import { PROCESS_CONTEXTS } from '../cli/process-contexts.js';
import type { Session } from '../cli/session.js';
import { bytes } from '../output/durations.js';
import { type Check, notice, ok, problem } from './checks.js';
import { evidenceCheck, meaningCheck } from './evidence-check.js';
import { nameServerCheck } from './name-server-check.js';

const MOST_COMMITS = 1_000;
const PAGES_OF_LOG = 10;

/** What runs: services, followers, hosts, work, aggregates. Takes a key of the provider's staff. */
export async function serviceChecks(session: Session): Promise<Check[]> {
  const health = await session.health();
  return [
    ok('API', session.address),
    ...Object.entries(health.services).map(([name, each]) => service(name, each)),
    ...parkedFollowers(health),
    await hostsThere(session),
    ...(await nameServerCheck(health)),
    ...evidenceCheck(health),
    await meaningCheck(session),
    await stuckWork(session),
    await longAggregates(session),
  ];
}

type ServiceHealth = CellHealth['services'][string];

function service(name: string, { status }: ServiceHealth): Check {
  if (status === 'up') return ok(`service ${name}`, status);
  const remedy = 'The reason is in <home>/log/freehold.log; a restart of `freehold up` loses nothing.';
  return status === 'down'
    ? problem(`service ${name}`, 'it does not work', remedy)
    : notice(`service ${name}`, 'it works, with trouble', remedy);
}

const Parked = z.object({ parked: z.array(z.object({ subject: z.string(), reason: z.string() })) });

function parkedFollowers({ services }: CellHealth): Check[] {
  return Object.values(services).flatMap(({ details }) =>
    Object.entries(Object(details?.['followers'])).flatMap(([follower, state]) =>
      (Parked.safeParse(state).data?.parked ?? []).map(({ subject, reason }) =>
        problem(
          `follower ${follower}`,
          `${subject} is put aside: ${reason}`,
          'Correct the cause (the log file has it), then start `freehold up` again.',
        ),
      ),
    ),
  );
}

async function hostsThere(session: Session): Promise<Check> {
  const found = await listAll(session, hosts.list, {});
  const said = found.map(({ recorded }) => {
    const free = recorded.capacity.memoryBytes - recorded.reserved.memoryBytes;
    return `${recorded.name}: ${recorded.environments.length} environments, ${bytes(free)} of memory not reserved`;
  });
  return found.length === 0
    ? problem('hosts', 'no host has joined', 'Its agent joins when it starts: see service agent.')
    : ok('hosts', said.join('; '));
}

async function stuckWork(session: Session): Promise<Check> {
  const lists = await Promise.all(PROCESS_CONTEXTS.map(({ workList }) => listAll(session, workList, {})));
  const work = lists.flat();
  const stuck = work.filter(({ status }) => status === 'stuck');
  return stuck.length === 0
    ? ok('work', `${work.length} under way, none stuck`)
    : problem(
        'work',
        `${stuck.length} stuck: ${stuck.map(({ id }) => id.slice(0, 8)).join(', ')}`,
        'freehold work show <process> says what to type.',
      );
}

/** Looks through the newest commits only: an aggregate that grows is among them. */
async function longAggregates(session: Session): Promise<Check> {
  const long = new Map<string, number>();
  let before: Position | undefined;
  for (let page = 0; page < PAGES_OF_LOG; page += 1) {
    const { items, next } = await session.ask(cellLog, {}, { limit: 200, before });
    for (const { aggregate, id, version } of items) {
      if (version > MOST_COMMITS)
        long.set(`${aggregate} ${id}`, Math.max(version, long.get(`${aggregate} ${id}`) ?? 0));
    }
    if (next === null) break;
    before = next;
  }
  const said = [...long].map(([name, version]) => `${name}: ${version}`).join(', ');
  return long.size === 0
    ? ok('aggregates', `none above ${MOST_COMMITS} commits among the newest`)
    : notice('aggregates', `above ${MOST_COMMITS} commits: ${said}`, 'They load slowly; report it to the developers.');
}
