import type { HistoryEntry } from '@freehold/kernel';
import { oneLine } from './table.js';
import type { Terminal } from './terminal.js';

type Entry = HistoryEntry & { aggregate?: string; id?: string };

/** A commit as people read it: a line with when, where and by whom, and one per event with what it says. */
export function historyLines(entries: readonly Entry[], { colours, width }: Terminal): string {
  const { dim, bold } = colours;
  const lines = entries.flatMap((entry) => {
    const { position, time, actor, command, events, aggregate, id } = entry;
    const subject = aggregate === undefined ? '' : `  ${aggregate} ${(id ?? '').slice(0, 8)}`;
    const head = `${position.padEnd(7)} ${time.replace('T', ' ').replace('Z', '')}${subject}  ${dim(`${command.name} by ${actor.kind} ${actor.id.slice(0, 8)}`)}`;
    return [
      head,
      ...events.map(
        ({ type, data }) =>
          `        ${bold(eventName(type))} ${dim(clip(summaryOf(data), width - eventName(type).length - 9))}`,
      ),
    ];
  });
  return lines.join('\n');
}

/** `accounts.operator-registered.v1` → `operator-registered`. */
export const eventName = (type: string): string => type.split('.')[1] ?? type;

const summaryOf = (data: Record<string, unknown>): string =>
  oneLine(
    Object.entries(data)
      .map(([name, value]) => `${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`)
      .join(', '),
  );

const clip = (text: string, width: number): string =>
  text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`;
