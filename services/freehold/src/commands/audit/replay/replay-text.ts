import { changedFields, shownValue } from '../../../output/difference-text.js';
import { eventName } from '../../../output/history-lines.js';
import { oneLine } from '../../../output/table.js';
import type { Terminal } from '../../../output/terminal.js';
import type { ToldDifference, ToldResource } from './replay-cell.js';

/** One line; all of it is in `--json`. */
export function resourceLine({ kind, id, etag, position, recorded }: ToldResource, terminal: Terminal): string {
  const { bold, dim } = terminal.colours;
  const fields = Object.entries(Object(recorded)).filter(([name]) => name !== 'id' && name !== 'operator');
  const said = fields.map(([name, value]) => `${name}: ${shownValue(value)}`).join(', ');
  const head = `${kind} ${id}`;
  return `${bold(head)} ${dim(clip(`v${etag} at ${position}  ${oneLine(said)}`, terminal.width - head.length - 1))}`;
}

/** What came, went or changed, with its fields, then who made it so and when. */
export function differenceLines(told: ToldDifference, terminal: Terminal): string {
  const { bold, dim } = terminal.colours;
  const fields = changedFields(Object(told.was?.recorded ?? {}), Object(told.is?.recorded ?? {}), told.patch);
  return [
    bold(`${told.change} ${told.kind} ${told.id}`),
    ...fields.map(({ field, was, is }) =>
      clip(`  ${oneLine(`${field}: ${shownValue(was)} → ${shownValue(is)}`)}`, terminal.width),
    ),
    ...told.commits.map(({ position, time, types, actor, command }) =>
      dim(`  ${position} ${time} ${types.map(eventName).join(', ')}: ${command} by ${actor.kind} ${actor.id}`),
    ),
  ].join('\n');
}

const clip = (text: string, width: number): string =>
  text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`;
