import { cellKeys, operatorKeys, operators, subscriptions } from '@freehold/accounts-contract';
import { applications, offerings } from '@freehold/catalog-contract';
import { deployments, processes } from '@freehold/deployment-contract';
import { environments, hosts, names } from '@freehold/provisioning-contract';
import type { Command } from 'commander';
import { command, type CommandContext, withSession } from '../cli/command-context.js';
import { CommandFailure } from '../cli/command-failure.js';
import { momentMeant } from '../cli/moment-input.js';
import { operatorMeant } from '../cli/name-resolution.js';
import { listAll } from '../cli/paging.js';
import type { CommonOptions, Session } from '../cli/session.js';
import { table } from '../output/table.js';

interface Item {
  recorded: Record<string, unknown>;
  position: string;
}

/** What can be replayed: those of the whole cell, and those of one operator. */
const OF_CELL = { operators, subscriptions, keys: cellKeys, applications, offerings, hosts } as const;
const OF_OPERATOR = { deployments, processes, environments, names, 'operator-keys': operatorKeys } as const;
type CellKind = keyof typeof OF_CELL;
type OperatorKind = keyof typeof OF_OPERATOR;
const KINDS: readonly string[] = [...Object.keys(OF_CELL), ...Object.keys(OF_OPERATOR)];

/** `freehold replay --at`: the state then, folded anew from the log. */
export const replayCommand = (context: CommandContext): Command =>
  command('replay [kind]', {
    summary: `the state at a past moment, folded from the log: ${KINDS.join(', ')}`,
    example: 'replay --at 2026-11-21T12:00:00Z operators',
    operator: true,
  })
    .requiredOption('--at <moment>', 'an instant (RFC 3339, UTC) or a position such as 1:4711')
    .action(
      withSession<CommonOptions & { at: string }>(context, async (session, { at: given }, [kind]) => {
        const at = momentMeant(given);
        const found = await replayed(session, kind, at);
        session.show({ at, ...found }, () =>
          Object.entries(found)
            .map(
              ([name, items]) =>
                `${session.terminal.colours.bold(`${name} (${items.length})`)}\n${itemsTable(items, session)}`,
            )
            .join('\n\n'),
        );
      }),
    );

async function replayed(session: Session, kind: string | undefined, at: string): Promise<Record<string, Item[]>> {
  if (kind === undefined) {
    const isStaff = session.operatorOfKey === undefined && session.options.operator === undefined;
    const kinds = isStaff ? (Object.keys(OF_CELL) as CellKind[]) : (Object.keys(OF_OPERATOR) as OperatorKind[]);
    const lists = await Promise.all(kinds.map(async (each) => [each, await listOf(session, each, at)] as const));
    return Object.fromEntries(lists);
  }
  if (!isKind(kind)) throw new CommandFailure(`"${kind}" cannot be replayed`, `Say one of: ${KINDS.join(', ')}.`);
  return { [kind]: await listOf(session, kind, at) };
}

const isKind = (kind: string): kind is CellKind | OperatorKind => KINDS.includes(kind);

async function listOf(session: Session, kind: CellKind | OperatorKind, at: string): Promise<Item[]> {
  if (kind in OF_CELL) return listAll(session, OF_CELL[kind as CellKind].list, {}, { at });
  const operator = await operatorMeant(session);
  return listAll(session, OF_OPERATOR[kind as OperatorKind].list, { operator }, { at });
}

/** The fields that are short enough to stand in a table; everything is in `--json`. */
function itemsTable(items: readonly Item[], { terminal }: Session): string {
  const [first] = items;
  if (first === undefined) return terminal.colours.dim('none');
  const fields = Object.keys(first.recorded).slice(0, 7);
  return table(
    items,
    fields.map((title) => ({ title, value: ({ recorded }: Item) => shown(recorded[title]) })),
    terminal,
  );
}

const shown = (value: unknown): string =>
  typeof value === 'string' ? value : value === null || value === undefined ? '' : JSON.stringify(value);
