import { rebuildAccountsViews } from '@freehold/accounts-contract';
import { rebuildAuditViews } from '@freehold/audit-contract';
import { rebuildCatalogViews } from '@freehold/catalog-contract';
import { rebuildDeploymentViews } from '@freehold/deployment-contract';
import { rebuildPortabilityViews } from '@freehold/portability-contract';
import { rebuildProvisioningViews } from '@freehold/provisioning-contract';
import { Command } from 'commander';
import { command, type CommandContext, withSession } from '../cli/command-context.js';
import { CommandFailure } from '../cli/command-failure.js';
import { duration } from '../output/durations.js';

const REBUILDS = {
  accounts: rebuildAccountsViews,
  catalog: rebuildCatalogViews,
  provisioning: rebuildProvisioningViews,
  deployment: rebuildDeploymentViews,
  portability: rebuildPortabilityViews,
  audit: rebuildAuditViews,
} as const;
type ContextWithViews = keyof typeof REBUILDS;
const NAMES: readonly string[] = Object.keys(REBUILDS);

/** `freehold projections rebuild`: read models, folded again from the log. */
export function projectionsCommands(context: CommandContext): Command {
  const group = new Command('projections').summary('read models').description('Read models: a fold of the log.');
  const rebuild = command('rebuild [context]', {
    summary: `build the read models, of all contexts unless named, again beside those that serve: ${NAMES.join(', ')}`,
    example: 'projections rebuild accounts',
    changes: true,
  });
  rebuild.action(
    withSession(context, async (session, _, [wanted]) => {
      const startedAt = performance.now();
      const contexts = chosen(wanted);
      const rebuilt = await Promise.all(
        contexts.map(async (name) => {
          const call = (replacing?: number) => session.call(REBUILDS[name], { params: {}, body: { replacing } });
          let { reply } = await call();
          while (!reply.complete) ({ reply } = await call(reply.replacing));
          return { context: name, position: reply.position };
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

const isContext = (name: string): name is ContextWithViews => name in REBUILDS;
