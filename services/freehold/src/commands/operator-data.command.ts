import { operatorKeys, operators, subscriptions } from '@freehold/accounts-contract';
import { operatorLog } from '@freehold/audit-contract';
import { deployments } from '@freehold/deployment-contract';
import type { Position } from '@freehold/kernel';
import { names } from '@freehold/provisioning-contract';
import type { Command } from 'commander';
import { randomBytes } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { ProblemAnswered } from '../api/api-failures.js';
import { command, type CommandContext, withSession } from '../cli/command-context.js';
import { operatorMeant } from '../cli/name-resolution.js';
import { listAll } from '../cli/paging.js';
import type { CommonOptions, Session } from '../cli/session.js';

type DataOptions = CommonOptions & { to: string };

const FORMAT = 'freehold-operator-data/v1';
const PAGE = 200;

/** `freehold operator data`: for who asks what is held about them. */
export const dataCommand = (context: CommandContext): Command =>
  command('data [operator]', {
    summary: 'everything that is held about a customer, now and in the past, as readable JSON',
    example: 'operator data "My club" --to my-club.json',
  })
    .requiredOption('--to <file>', 'where to write it, for you alone to read')
    .action(
      withSession<DataOptions>(context, async (session, { to }, [wanted]) => {
        const operator = await operatorMeant(session, wanted);
        await writeWhole(to, dataOf(session, operator));
        session.show({ operator, file: to }, () => `What is held about ${operator} lies in ${to}.`);
      }),
    );

/** A JSON object in pieces: a long history is never in memory as a whole. */
async function* dataOf(session: Session, operator: string): AsyncGenerator<string> {
  const params = { operator };
  const subscription = await session.ask(subscriptions.get, params, {}).catch(nullIfMissing);
  const held = {
    format: FORMAT,
    writtenAt: new Date().toISOString(),
    operator: await session.ask(operators.get, params, {}),
    subscription,
    keys: await listAll(session, operatorKeys.list, params),
    deployments: await listAll(session, deployments.list, params),
    names: await listAll(session, names.list, params),
  };
  for (const [name, value] of Object.entries(held)) yield `${name === 'format' ? '{' : ','}\n${field(name, value)}`;
  yield `,\n${JSON.stringify('history')}: [`;
  let before: Position | null = null;
  do {
    const page: { items: unknown[]; next: Position | null } = await session.ask(operatorLog, params, {
      limit: PAGE,
      ...(before === null ? {} : { before }),
    });
    yield page.items
      .map((item, n) => `${before === null && n === 0 ? '' : ','}\n${JSON.stringify(item, undefined, 2)}`)
      .join('');
    before = page.next;
  } while (before !== null);
  yield '\n]\n}\n';
}

const field = (name: string, value: unknown): string =>
  `${JSON.stringify(name)}: ${JSON.stringify(value, undefined, 2)}`;

/** Mode 0600; a failure leaves nothing, and whatever was there. */
async function writeWhole(file: string, pieces: AsyncIterable<string>): Promise<void> {
  const temporary = `${file}.${randomBytes(6).toString('hex')}.new`;
  const handle = await open(temporary, 'wx', 0o600);
  try {
    for await (const piece of pieces) await handle.write(piece);
    await handle.sync();
    await rename(temporary, file);
  } finally {
    await handle.close();
    await rm(temporary, { force: true });
  }
}

function nullIfMissing(error: unknown): null {
  if (error instanceof ProblemAnswered && error.problem.status === 404) return null;
  throw error;
}
