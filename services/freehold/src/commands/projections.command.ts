import { operators, rebuildAccountsViews } from '@freehold/accounts-contract';
import { cellLog, rebuildAuditViews } from '@freehold/audit-contract';
import { applications, rebuildCatalogViews } from '@freehold/catalog-contract';
import { rebuildDeploymentViews, workList } from '@freehold/deployment-contract';
import { hosts, rebuildProvisioningViews } from '@freehold/provisioning-contract';
import { Command } from 'commander';
import { command, type CommandContext, withSession } from '../cli/command-context.js';
import { CommandFailure } from '../cli/command-failure.js';
import type { Session } from '../cli/session.js';
import { duration } from '../output/durations.js';

/** By context: the row that rebuilds, and a query that answers once it is done. */
const CONTEXTS = {
  accounts: {
    rebuild: rebuildAccountsViews,
    isBack: (session: Session) => session.ask(operators.list, {}, { limit: 1 }),
  },
  catalog: {
    rebuild: rebuildCatalogViews,
    isBack: (session: Session) => session.ask(applications.list, {}, { limit: 1 }),
  },
  provisioning: {
    rebuild: rebuildProvisioningViews,
    isBack: (session: Session) => session.ask(hosts.list, {}, { limit: 1 }),
  },
  deployment: {
    rebuild: rebuildDeploymentViews,
    isBack: (session: Session) => session.ask(workList, {}, { limit: 1 }),
  },
  audit: { rebuild: rebuildAuditViews, isBack: (session: Session) => session.ask(cellLog, {}, { limit: 1 }) },
} as const;
type ContextWithViews = keyof typeof CONTEXTS;
const NAMES: readonly string[] = Object.keys(CONTEXTS);

/** `freehold projections rebuild`: read models, folded again from the log. */
export function projectionsCommands(context: CommandContext): Command {
  const group = new Command('projections').summary('read models').description('Read models: a fold of the log.');
  const rebuild = command('rebuild [context]', {
    summary: `empty the read models, of all contexts unless named, and build them again: ${NAMES.join(', ')}`,
    example: 'projections rebuild accounts',
    changes: true,
  });
  rebuild.action(
    withSession(context, async (session, _, [wanted]) => {
      const startedAt = performance.now();
      const contexts = chosen(wanted);
      const rebuilt = await Promise.all(
        contexts.map(async (name) => {
          const { reply } = await session.call(CONTEXTS[name].rebuild, { params: {}, body: {} });
          await CONTEXTS[name].isBack(session);
          return { context: name, ...reply };
        }),
      );
      session.show(rebuilt, () =>
        [
          ...rebuilt.map(({ context: name, position }) => `${name}: rebuilt up to ${position}`),
          `Done after ${duration(performance.now() - startedAt)}.`,
        ].join('\n'),
      );
    }),
  );
  return group.addCommand(rebuild);
}

function chosen(wanted: string | undefined): ContextWithViews[] {
  if (wanted === undefined) return NAMES.filter(isContext);
  if (isContext(wanted)) return [wanted];
  throw new CommandFailure(`"${wanted}" has no read models`, `Say one of: ${NAMES.join(', ')}.`);
}

const isContext = (name: string): name is ContextWithViews => name in CONTEXTS;
