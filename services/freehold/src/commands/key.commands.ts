import {
  cellKeys,
  issueCellKey,
  issueKey,
  OPERATOR_ROLES,
  operatorKeys,
  revokeCellKey,
  revokeKey,
  STAFF_ROLES,
} from '@freehold/accounts-contract';
import { Command, Option } from 'commander';
import { command, type CommandContext, withSession } from '../cli/command-context.js';
import { operatorMeant, pick } from '../cli/name-resolution.js';
import { listAll } from '../cli/paging.js';
import type { CommonOptions, Session } from '../cli/session.js';
import { relative } from '../output/durations.js';
import { table } from '../output/table.js';

type OperatorRole = (typeof OPERATOR_ROLES)[number];
type StaffRole = (typeof STAFF_ROLES)[number];
type Issue = CommonOptions & { role: OperatorRole | StaffRole; label?: string; expires?: string };

/** `freehold key …`: keys of an operator; without one, for staff, those of the provider. */
export function keyCommands(context: CommandContext): Command {
  const group = new Command('key').summary('keys of people and programs').description('Keys of people and programs.');
  group.addCommand(issue(context));
  group.addCommand(list(context));
  group.addCommand(revoke(context));
  return group;
}

const isStaffRole = (role: OperatorRole | StaffRole): role is StaffRole => STAFF_ROLES.some((each) => each === role);

const issue = (context: CommandContext) =>
  command('issue', {
    summary: 'give out a key; it is shown once',
    example: 'key issue --operator "My club" --role administrator --label "Ada’s laptop"',
    changes: true,
    operator: true,
  })
    .addOption(
      new Option('--role <role>', 'what it may do').choices([...OPERATOR_ROLES, ...STAFF_ROLES]).makeOptionMandatory(),
    )
    .option('--label <text>', 'to tell it from others')
    .option('--expires <instant>', 'such as 2027-01-01T00:00:00Z')
    .action(
      withSession<Issue>(context, async (session, { role, label, expires }) => {
        const given = {
          ...(label === undefined ? {} : { label }),
          ...(expires === undefined ? {} : { expiresAt: expires }),
        };
        const { reply } = isStaffRole(role)
          ? await session.call(issueCellKey, { params: {}, body: { role, ...given } })
          : await session.call(issueKey, {
              params: { operator: await operatorMeant(session) },
              body: { role, ...given },
            });
        session.show(
          reply,
          () => `${reply.key}\nKeep it now: it is not shown again. Use it: freehold login --key-stdin`,
        );
      }),
    );

const list = (context: CommandContext) =>
  command('list', {
    summary: 'keys that were given out',
    example: 'key list --operator "My club"',
    operator: true,
  }).action(
    withSession(context, async (session) => {
      const found = await keysMeant(session);
      session.show(found.keys, () =>
        table(
          found.keys,
          [
            { title: 'id', value: ({ recorded }) => recorded.id },
            { title: 'role', value: ({ recorded }) => recorded.role },
            { title: 'label', value: ({ recorded }) => recorded.label ?? '' },
            { title: 'state', value: ({ recorded }) => recorded.status },
            { title: 'issued', value: ({ recorded }) => relative(recorded.issuedAt, new Date()) },
            {
              title: 'expires',
              value: ({ recorded }) =>
                recorded.expiresAt === null ? 'never' : relative(recorded.expiresAt, new Date()),
            },
          ],
          session.terminal,
        ),
      );
    }),
  );

const revoke = (context: CommandContext) =>
  command('revoke <key>', {
    summary: 'make a key useless at once',
    example: 'key revoke 9b2555f8 --operator "My club"',
    changes: true,
    operator: true,
  }).action(
    withSession(context, async (session, _, [wanted = '']) => {
      const { operator, keys } = await keysMeant(session);
      const { id: key } = pick(
        keys.map(({ recorded }) => ({ id: recorded.id, names: [] })),
        wanted,
        'key',
      );
      const { reply } =
        operator === null
          ? await session.call(revokeCellKey, { params: { key }, body: {} })
          : await session.call(revokeKey, { params: { operator, key }, body: {} });
      session.show(reply, () => `The key ${key} is useless from now on.`);
    }),
  );

/** The provider's own for staff who name no operator. */
async function keysMeant(session: Session) {
  if (session.operatorOfKey === undefined && session.options.operator === undefined) {
    return { operator: null, keys: await listAll(session, cellKeys.list, {}) };
  }
  const operator = await operatorMeant(session);
  return { operator, keys: await listAll(session, operatorKeys.list, { operator }) };
}
