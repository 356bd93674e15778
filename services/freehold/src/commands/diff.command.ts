import { cellKeys, operatorKeys, operators, subscriptions } from '@freehold/accounts-contract';
import { applications, offerings } from '@freehold/catalog-contract';
import { deployments } from '@freehold/deployment-contract';
import type { Moments } from '@freehold/kernel';
import { arrivals, departures, exportsMade } from '@freehold/portability-contract';
import { environments, hosts, names } from '@freehold/provisioning-contract';
import type { Command } from 'commander';
import { command, type CommandContext, wholeNumber, withSession } from '../cli/command-context.js';
import { CommandFailure } from '../cli/command-failure.js';
import { momentMeant, positionMeant } from '../cli/moment-input.js';
import { arrivalMeant, departureMeant, exportMeant } from '../cli/moves-meant.js';
import { deploymentMeant, operatorMeant, operatorsToLookAt, pick } from '../cli/name-resolution.js';
import { listAll } from '../cli/paging.js';
import { processMeant } from '../cli/process-meant.js';
import type { CommonOptions, Session } from '../cli/session.js';
import { differenceText, type Told } from '../output/difference-text.js';

type Options = CommonOptions & { from: string; to?: string; limit: number; before?: string };

/** `freehold diff`: what was recorded at one moment, what at another, and who made it so. */
export const diffCommand = (context: CommandContext): Command =>
  command('diff <what> <which>', {
    summary: `what is different between two moments, and who changed it: ${Object.keys(KINDS).join(', ')}`,
    example: 'diff deployment chat.freehold.test --from 2026-11-21T12:00:00Z',
    operator: true,
  })
    .requiredOption('--from <moment>', 'the earlier: an instant (RFC 3339, UTC) or a position such as 1:4711')
    .option('--to <moment>', 'the later; without it, now')
    .option('--limit <n>', 'how many commits', wholeNumber(1, 200), 30)
    .option('--before <position>', 'commits older than this position')
    .action(
      withSession<Options>(context, async (session, { from, to, before, limit }, [what = '', which = '']) => {
        const moments = {
          from: momentMeant(from),
          to: to === undefined ? undefined : momentMeant(to),
          ...{ before: positionMeant(before), limit },
        };
        const told = await differenceOf(what)(session, which, moments);
        session.show(told, () => differenceText(told, session.terminal));
      }),
    );

type Ask = (session: Session, which: string, moments: Moments) => Promise<Told>;

/** How each is named, and where its changes are asked for. */
const KINDS: Readonly<Record<string, Ask>> = {
  deployment: async (session, which, moments) =>
    session.ask(deployments.changes, await deploymentMeant(session, which), moments),
  operator: async (session, which, moments) =>
    session.ask(operators.changes, { operator: await operatorMeant(session, which) }, moments),
  subscription: async (session, which, moments) =>
    session.ask(subscriptions.changes, { operator: await operatorMeant(session, which) }, moments),
  key: async (session, which, moments) =>
    session.operatorOfKey === undefined && session.options.operator === undefined
      ? session.ask(cellKeys.changes, { key: which }, moments)
      : session.ask(operatorKeys.changes, { operator: await operatorMeant(session), key: which }, moments),
  environment: async (session, which, moments) => {
    const { operator, id } = await amongAll(session, which, 'environment');
    return session.ask(environments.changes, { operator, environment: id }, moments);
  },
  name: async (session, which, moments) => {
    const { operator, id } = await amongAll(session, which, 'name');
    return session.ask(names.changes, { operator, name: id }, moments);
  },
  process: async (session, which, moments) => {
    const { recorded, context } = await processMeant(session, which);
    return session.ask(context.processes.changes, { operator: recorded.operator, process: recorded.id }, moments);
  },
  departure: async (session, which, moments) => {
    const { operator, id } = await departureMeant(session, which);
    return session.ask(departures.changes, { operator, departure: id }, moments);
  },
  arrival: async (session, which, moments) => {
    const { operator, id } = await arrivalMeant(session, which);
    return session.ask(arrivals.changes, { operator, arrival: id }, moments);
  },
  export: async (session, which, moments) => {
    const { operator, id } = await exportMeant(session, which);
    return session.ask(exportsMade.changes, { operator, export: id }, moments);
  },
  host: (session, host, moments) => session.ask(hosts.changes, { host }, moments),
  application: (session, application, moments) => session.ask(applications.changes, { application }, moments),
  offering: (session, offering, moments) => session.ask(offerings.changes, { offering }, moments),
};

function differenceOf(what: string): Ask {
  const ask = KINDS[what];
  if (ask !== undefined) return ask;
  throw new CommandFailure(`"${what}" cannot be compared`, `Say one of: ${Object.keys(KINDS).join(', ')}.`);
}

/** Those that are named by their id, its beginning, or (a domain name) what it says; staff look through all operators. */
async function amongAll(session: Session, wanted: string, kind: 'environment' | 'name') {
  const whose = await operatorsToLookAt(session);
  const lists = await Promise.all(
    whose.map(async (operator) =>
      kind === 'name'
        ? (await listAll(session, names.list, { operator })).map(({ recorded }) => ({
            ...{ operator, id: recorded.id, names: [recorded.name] },
          }))
        : (await listAll(session, environments.list, { operator })).map(({ recorded }) => ({
            ...{ operator, id: recorded.id, names: [] },
          })),
    ),
  );
  return pick<{ operator: string; id: string; names: string[] }>(lists.flat(), wanted, kind);
}
