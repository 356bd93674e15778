import type { ProcessRecorded } from '@freehold/kernel';
import { Command } from 'commander';
import { command, type CommandContext, withSession } from '../cli/command-context.js';
import { followToEnd } from '../cli/follow-process.js';

import { listAll } from '../cli/paging.js';
import { PROCESS_CONTEXTS } from '../cli/process-contexts.js';
import { processMeant } from '../cli/process-meant.js';
import { renderFinding } from '../cli/render-failure.js';
import type { Session } from '../cli/session.js';
import { relative } from '../output/durations.js';
import { stepSaid, stepTitle } from '../output/process-progress.js';
import { stuckLines } from '../output/stuck-text.js';
import { properties, table } from '../output/table.js';

/** `freehold work …`: what is under way and what is stuck, for staff. */
export function workCommands(context: CommandContext): Command {
  const group = new Command('work').summary('what is under way or stuck').description('What is under way or stuck.');
  for (const each of [list, show, retry, goOn, undo]) group.addCommand(each(context));
  return group;
}

const list = (context: CommandContext) =>
  command('list', { summary: 'what has not ended, the stuck first', example: 'work list' }).action(
    withSession(context, async (session) => {
      const lists = await Promise.all(PROCESS_CONTEXTS.map(({ workList }) => listAll(session, workList, {})));
      const found = stuckFirst(lists.flat());
      session.show(found, () =>
        found.length === 0
          ? 'Nothing is under way.'
          : table(
              found,
              [
                { title: 'process', value: ({ id }) => id },
                { title: 'kind', value: ({ kind }) => kind },
                { title: 'state', value: ({ status }) => status },
                {
                  title: 'step',
                  value: ({ steps }) => stepTitle(steps.find(({ state }) => BUSY.has(state))?.name ?? ''),
                },
                { title: 'since', value: ({ startedAt }) => relative(startedAt, new Date()) },
                { title: 'operator', value: ({ operator }) => operator.slice(0, 8) },
              ],
              session.terminal,
            ),
      );
    }),
  );

/** Each context answers in this order; together they keep it. */
const stuckFirst = (found: readonly ProcessRecorded[]): ProcessRecorded[] =>
  found.toSorted(
    (a, b) =>
      Number(b.status === 'stuck') - Number(a.status === 'stuck') || Date.parse(a.startedAt) - Date.parse(b.startedAt),
  );

const BUSY: ReadonlySet<string> = new Set(['running', 'awaiting', 'undoing', 'failed']);

const show = (context: CommandContext) =>
  command('show <process>', {
    summary: 'the steps of one process',
    example: 'work show 5d1f0c3a',
    operator: true,
  }).action(
    withSession(context, async (session, _, [wanted = '']) => {
      const { recorded: found } = await processMeant(session, wanted);
      const now = new Date();
      session.show(found, () =>
        [
          properties(
            [
              ['kind', found.kind],
              ['state', found.status],
              ['deployment', found.deployment ?? ''],
              ['begun', relative(found.startedAt, now)],
              ['id', found.id],
            ],
            session.terminal,
          ),
          ...found.steps.map((step) => `  ${stepTitle(step.name)}: ${stepSaid(step, now)}`),
          ...(found.status === 'stuck'
            ? stuckLines(found, session.terminal)
            : found.findings.flatMap((finding) => renderFinding(finding, session.terminal.colours))),
        ].join('\n'),
      );
    }),
  );

const retry = (context: CommandContext) =>
  command('retry <process>', {
    summary: 'try what is stuck once more, and watch',
    example: 'work retry 5d1f0c3a',
    changes: true,
    operator: true,
  }).action(withSession(context, (session, _, [wanted = '']) => act(session, 'retryWork', wanted)));

const goOn = (context: CommandContext) =>
  command('continue <process>', {
    summary: 'try the step that failed once more in place of undoing it, go on, and watch',
    example: 'work continue 5d1f0c3a',
    changes: true,
    operator: true,
  }).action(withSession(context, (session, _, [wanted = '']) => act(session, 'continueWork', wanted)));

const undo = (context: CommandContext) =>
  command('undo <process>', {
    summary: 'give a process up, undo what it did, and watch',
    example: 'work undo 5d1f0c3a',
    changes: true,
    operator: true,
  }).action(withSession(context, (session, _, [wanted = '']) => act(session, 'undoWork', wanted)));

async function act(session: Session, what: 'retryWork' | 'continueWork' | 'undoWork', wanted: string) {
  const { recorded, context } = await processMeant(session, wanted);
  const { operator, id: process } = recorded;
  await session.call(context[what], { params: { operator, process }, body: {} });
  return (await followToEnd(session, { operator, process }, context.followProcess)).exitCode;
}
