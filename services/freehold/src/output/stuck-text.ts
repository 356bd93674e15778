import type { ProcessAction, ProcessRecorded } from '@freehold/kernel';
import { renderFinding } from '../cli/render-failure.js';
import { stepTitle } from './process-progress.js';
import type { Terminal } from './terminal.js';

/** What is stuck, why, and what staff can type; none: it is not stuck. */
export function stuckLines(recorded: ProcessRecorded, { colours }: Terminal): string[] {
  const { stuck, findings } = recorded;
  if (stuck === null) return [];
  const rendered = findings.flatMap((finding) => renderFinding(finding, colours));
  return [colours.red(headOf(stuck)), ...rendered, ...causeLines(recorded, colours), ...nextLines(recorded)];
}

type Stuck = NonNullable<ProcessRecorded['stuck']>;

const headOf = ({ step, direction }: Stuck): string =>
  direction === 'do'
    ? `It is stuck at “${stepTitle(step)}”, which failed; what came before stays as it is:`
    : `It is stuck: taking “${stepTitle(step)}” back failed, and somebody must look:`;

/** Why it was to be undone at all: that is what has to be mended before it can continue. */
function causeLines({ stuck, failure }: ProcessRecorded, colours: Terminal['colours']): string[] {
  if (stuck?.direction !== 'undo' || failure === null) return [];
  if (failure.step === null) return ['It is being undone because staff asked for it.'];
  const rendered = failure.findings.flatMap((finding) => renderFinding(finding, colours));
  return [`It is being undone because “${stepTitle(failure.step)}” failed:`, ...rendered];
}

function nextLines({ id, actions, stuck, failure }: ProcessRecorded): string[] {
  const at = `“${stepTitle(stuck?.step ?? '')}”`;
  const said: Readonly<Record<ProcessAction, string>> = {
    continue: `once that is mended: tries “${stepTitle(failure?.step ?? '')}” again, and goes on`,
    retry:
      stuck?.direction === 'do'
        ? `once that is mended: tries ${at} again, and goes on`
        : `tries to take ${at} back again, and then the rest`,
    undo: 'takes everything back',
  };
  if (actions.length === 0) return [];
  return [
    'Next, by the provider’s staff:',
    ...actions.map((action) => `  ${`freehold work ${action} ${id.slice(0, 8)}`.padEnd(32)}${said[action]}`),
  ];
}
