import {
  changeSettings,
  deployments,
  firstAdministrator,
  resumeDeployment,
  suspendDeployment,
} from '@freehold/deployment-contract';
import type { ReplyOf } from '@freehold/kernel';
import type { Command } from 'commander';
import { command, type CommandContext, withSession } from '../cli/command-context.js';
import { deploymentMeant, operatorsToLookAt } from '../cli/name-resolution.js';
import { listAll } from '../cli/paging.js';
import type { CommonOptions } from '../cli/session.js';
import { readSettings } from '../cli/settings-input.js';
import { relative } from '../output/durations.js';
import { properties, table } from '../output/table.js';
import type { Terminal } from '../output/terminal.js';
import { settingsSchema } from './order.command.js';

type DeploymentShown = ReplyOf<typeof deployments.get>;

/** `freehold list`: an operator's deployments; for staff everybody's. */
export const listCommand = (context: CommandContext): Command =>
  command('list', { summary: 'deployments', example: 'list', operator: true })
    .option('--all', 'those that are retired or undone too')
    .action(
      withSession<CommonOptions & { all?: boolean }>(context, async (session, { all }) => {
        const whose = await operatorsToLookAt(session);
        const lists = await Promise.all(whose.map((operator) => listAll(session, deployments.list, { operator })));
        const found = lists.flat().filter(({ recorded }) => all === true || !GONE.has(recorded.status));
        session.show(found, () =>
          found.length === 0
            ? 'Nothing runs. Next: freehold apps'
            : table(
                found,
                [
                  { title: 'name', value: ({ recorded }) => recorded.names[0]?.name ?? '' },
                  { title: 'application', value: ({ recorded }) => `${recorded.application} ${recorded.version}` },
                  { title: 'plan', value: ({ recorded }) => recorded.plan },
                  { title: 'state', value: stateOf },
                  { title: 'ordered', value: ({ recorded }) => relative(recorded.orderedAt, new Date()) },
                  { title: 'id', value: ({ recorded }) => recorded.id },
                ],
                session.terminal,
              ),
        );
      }),
    );

const GONE: ReadonlySet<string> = new Set(['retired', 'undone']);

const stateOf = ({ recorded, observed }: Pick<DeploymentShown, 'recorded' | 'observed'>): string =>
  recorded.status === 'live' && observed !== null && !observed.healthy ? 'live, not healthy' : recorded.status;

/** `freehold show`: one deployment. */
export const showCommand = (context: CommandContext): Command =>
  command('show <deployment>', {
    summary: 'one deployment: by id, its beginning, or domain name',
    example: 'show chat.freehold.test --first-admin',
    operator: true,
  })
    .option('--first-admin', 'the first administrator’s account, with its password (needs a key of the operator)')
    .action(
      withSession<CommonOptions & { firstAdmin?: boolean }>(context, async (session, { firstAdmin }, [wanted = '']) => {
        const params = await deploymentMeant(session, wanted);
        if (firstAdmin === true) {
          const account = await session.ask(firstAdministrator, params, {});
          return session.show(account, () =>
            properties(
              [
                ['user', account.user],
                ['password', account.password],
              ],
              session.terminal,
            ),
          );
        }
        const found = await session.ask(deployments.get, params, {});
        session.show(found, () => deploymentText(found, session.terminal));
      }),
    );

/** What its host sees of it. What has left is seen at its new provider only. */
function seenNow({ recorded, observed }: DeploymentShown): (readonly [string, string])[] {
  if (recorded.status === 'left')
    return [['now', 'it is at another provider, who is handed what asks for it here: see "freehold move status"']];
  if (observed === null) return [['now', 'nothing was seen of it yet']];
  const { address, router, healthy, units, activity } = observed;
  return [
    ['address', address],
    ['router', `${router.address}:${router.port}`],
    ['health', healthy ? 'healthy' : 'not healthy'],
    ...units.map(
      ({ name, state, pid, since }) =>
        [
          `unit ${name}`,
          [state, pid === null ? '' : `pid ${pid}`, since === null ? '' : `since ${since}`].filter(Boolean).join(', '),
        ] as const,
    ),
    ...(activity === null ? [] : [['now', activity] as const]),
  ];
}

function deploymentText(found: DeploymentShown, terminal: Terminal): string {
  const { recorded } = found;
  return properties(
    [
      ['names', recorded.names.map(({ purpose, name }) => `${name} (${purpose})`).join(', ')],
      ['state', stateOf(found)],
      ['application', `${recorded.application} ${recorded.version}, plan ${recorded.plan}`],
      ...seenNow(found),
      ['host', recorded.host ?? ''],
      ['ordered', `${relative(recorded.orderedAt, new Date())} (${recorded.orderedAt})`],
      ...(recorded.eraseAt === null ? [] : [['data erased', relative(recorded.eraseAt, new Date())] as const]),
      ['tenure', `epoch ${recorded.epoch} of lineage ${recorded.lineage}`],
      ['id', recorded.id],
      ['version', `${found.etag} at ${found.position}`],
    ],
    terminal,
  );
}

/** `freehold settings`: shows or changes. */
export const settingsCommand = (context: CommandContext): Command =>
  command('settings <deployment> [changes...]', {
    summary: 'show settings, or change them: name=value …',
    example: 'settings chat.freehold.test registration=token',
    changes: true,
    operator: true,
  }).action(
    withSession(context, async (session, _, [wanted = '', ...changes]) => {
      const params = await deploymentMeant(session, wanted);
      const { recorded } = await session.ask(deployments.get, params, {});
      if (changes.length === 0) {
        const pairs = Object.entries(recorded.settings).map(([name, value]) => [name, JSON.stringify(value)] as const);
        return session.show(recorded.settings, () =>
          pairs.length === 0 ? 'All settings have their defaults.' : properties(pairs, session.terminal),
        );
      }
      const settings = readSettings(changes, await settingsSchema(session, recorded.application));
      const { reply } = await session.call(changeSettings, { params, body: { settings } });
      session.show(
        reply,
        () => `Changed ${Object.keys(settings).join(', ')} (version ${reply.version}); it takes effect shortly.`,
      );
    }),
  );

const SWITCHES = {
  suspend: {
    row: suspendDeployment,
    summary: 'stop an application; everything is kept',
    done: 'is suspended; its data are kept',
  },
  resume: { row: resumeDeployment, summary: 'start a suspended application again', done: 'starts again' },
} as const;

/** `freehold suspend` and `resume`. */
export const switchCommand = (context: CommandContext, name: keyof typeof SWITCHES): Command =>
  command(`${name} <deployment>`, {
    summary: SWITCHES[name].summary,
    example: `${name} chat.freehold.test`,
    changes: true,
    operator: true,
  }).action(
    withSession(context, async (session, _, [wanted = '']) => {
      const params = await deploymentMeant(session, wanted);
      const { reply } = await session.call(SWITCHES[name].row, { params, body: {} });
      session.show(reply, () => `${wanted} ${SWITCHES[name].done}.`);
    }),
  );
