import {
  agreeSubscription,
  closeOperator,
  operators,
  registerOperator,
  resumeOperator,
  subscriptions,
  suspendOperator,
} from '@freehold/accounts-contract';
import { Command } from 'commander';
import { ProblemAnswered } from '../api/api-failures.js';
import { command, type CommandContext, wholeNumber, withSession } from '../cli/command-context.js';
import { dataCommand } from './operator-data.command.js';
import { eraseCommand } from './operator-erase.command.js';
import { operatorMeant } from '../cli/name-resolution.js';
import { listAll } from '../cli/paging.js';
import { CommandFailure } from '../cli/command-failure.js';
import type { CommonOptions, Session } from '../cli/session.js';
import { relative } from '../output/durations.js';
import { properties, table } from '../output/table.js';

type Register = CommonOptions & { name: string; contact: string; plan?: string; places?: number };
type Subscribe = CommonOptions & { plan: string; places: number };

/** `freehold operator …`: customers, for the provider's staff. */
export function operatorCommands(context: CommandContext): Command {
  const group = new Command('operator')
    .summary('customers, for staff')
    .description('Customers of the provider, for staff.');
  group.addCommand(register(context));
  group.addCommand(list(context));
  group.addCommand(show(context));
  group.addCommand(change(context, 'suspend'));
  group.addCommand(change(context, 'resume'));
  group.addCommand(change(context, 'close'));
  group.addCommand(dataCommand(context));
  group.addCommand(eraseCommand(context));
  group.addCommand(subscribe(context));
  return group;
}

const register = (context: CommandContext) =>
  command('register', {
    summary: 'take a customer on, with a plan at once if it is given',
    example: 'operator register --name "My club" --contact me@example.org --plan small --places 3',
    changes: true,
  })
    .requiredOption('--name <name>', 'of the organisation or person')
    .requiredOption('--contact <address>', 'e-mail address')
    .option('--plan <plan>', 'plan to agree: small, medium, large')
    .option('--places <n>', 'how many deployments at once', wholeNumber(0, 10_000))
    .action(
      withSession<Register>(context, async (session, { name, contact, plan, places }) => {
        if ((plan === undefined) !== (places === undefined)) {
          throw new CommandFailure(
            '--plan and --places belong together',
            'Give both, or agree them later: freehold operator subscribe',
          );
        }
        const { reply } = await session.call(registerOperator, { params: {}, body: { name, contact } });
        if (plan !== undefined && places !== undefined) await agree(session, reply.id, { plan, places });
        session.show({ id: reply.id, position: reply.position, plan: plan ?? null, places: places ?? null }, () =>
          [
            `Registered ${name}: ${reply.id}`,
            plan === undefined
              ? `Next: freehold operator subscribe ${reply.id} --plan small --places 3`
              : `It may have ${places} deployments of the size of plan ${plan}. Next: freehold apps`,
          ].join('\n'),
        );
      }),
    );

const list = (context: CommandContext) =>
  command('list', { summary: 'all customers', example: 'operator list' }).action(
    withSession(context, async (session) => {
      const found = await listAll(session, operators.list, {});
      session.show(found, () =>
        table(
          found,
          [
            { title: 'id', value: ({ recorded }) => recorded.id },
            { title: 'name', value: ({ recorded }) => recorded.name },
            { title: 'contact', value: ({ recorded }) => recorded.contact },
            { title: 'state', value: ({ recorded }) => recorded.status },
            { title: 'registered', value: ({ recorded }) => relative(recorded.registeredAt, new Date()) },
          ],
          session.terminal,
        ),
      );
    }),
  );

const show = (context: CommandContext) =>
  command('show [operator]', { summary: 'one customer and its plan', example: 'operator show "My club"' }).action(
    withSession(context, async (session, _, [wanted]) => {
      const operator = await operatorMeant(session, wanted);
      const [found, subscription] = await Promise.all([
        session.ask(operators.get, { operator }, {}),
        session.ask(subscriptions.get, { operator }, {}).catch(nothingIfMissing),
      ]);
      const { recorded } = found;
      session.show({ ...found, subscription: subscription?.recorded ?? null }, () =>
        properties(
          [
            ['name', recorded.name],
            ['id', recorded.id],
            ['contact', recorded.contact],
            ['state', recorded.status],
            ['plan', subscription?.recorded.plan ?? 'none agreed: freehold operator subscribe'],
            [
              'places',
              subscription === null
                ? ''
                : `${subscription.recorded.taken.length} of ${subscription.recorded.places} taken`,
            ],
          ],
          session.terminal,
        ),
      );
    }),
  );

const CHANGES = {
  suspend: { row: suspendOperator, summary: 'stop a customer from ordering; what runs goes on', done: 'may not order' },
  resume: { row: resumeOperator, summary: 'let a suspended customer order again', done: 'may order again' },
  close: {
    row: closeOperator,
    summary: 'end a customer who has no deployments; its keys open nothing any more',
    done: 'is closed. Its data stay until: freehold operator erase',
  },
} as const;

const change = (context: CommandContext, name: keyof typeof CHANGES) =>
  command(`${name} <operator>`, {
    summary: CHANGES[name].summary,
    example: `operator ${name} "My club"`,
    changes: true,
  }).action(
    withSession(context, async (session, _, [wanted]) => {
      const operator = await operatorMeant(session, wanted);
      const { reply } = await session.call(CHANGES[name].row, { params: { operator }, body: {} });
      session.show(reply, () => `${operator} ${CHANGES[name].done}.`);
    }),
  );

const subscribe = (context: CommandContext) =>
  command('subscribe <operator>', {
    summary: 'agree or change a customer’s plan and number of places',
    example: 'operator subscribe "My club" --plan medium --places 5',
    changes: true,
  })
    .requiredOption('--plan <plan>', 'small, medium, large')
    .requiredOption('--places <n>', 'how many deployments at once', wholeNumber(0, 10_000))
    .action(
      withSession<Subscribe>(context, async (session, { plan, places }, [wanted]) => {
        const operator = await operatorMeant(session, wanted);
        const reply = await agree(session, operator, { plan, places });
        session.show(reply, () => `${operator} has plan ${plan} with ${places} places.`);
      }),
    );

const agree = async (session: Session, operator: string, body: { plan: string; places: number }) =>
  (await session.call(agreeSubscription, { params: { operator }, body })).reply;

function nothingIfMissing(error: unknown): null {
  if (error instanceof ProblemAnswered && error.problem.status === 404) return null;
  throw error;
}
