import { duration } from '../../../output/durations.js';
import type { TreeStep } from './collect-pack.js';
import { ACCENT, type Drawing, FAINT, INK, type Point, type Shape } from './drawing.js';
import type { LifeState, Milestone } from './report.js';

const WIDTH = 500;
const ROW = 22;
const COLOURS: Readonly<Record<LifeState, string>> = {
  ...{ prepared: '#8a94a0', live: '#2e8540', paused: '#b7791f', ended: '#9b2c2c' },
};
/** More than this, and the middle is left out. */
const MOST_MILESTONES = 26;

/** What became of a deployment, from top to bottom; the line has the colour of its state. */
export function lifePicture(life: readonly Milestone[]): Drawing {
  const shown = shortened(life);
  const shapes: Shape[] = [];
  for (const [at, milestone] of shown.entries()) {
    const y = ROW / 2 + at * ROW;
    const next = shown[at + 1];
    if (next !== undefined) {
      const colour = COLOURS[milestone.state];
      shapes.push({ kind: 'line', from: [170, y], to: [170, y + ROW], colour, width: 4 });
    }
    const gap = next === undefined ? '' : laterText(milestone.at, next.at);
    shapes.push(
      { kind: 'dot', at: [170, y], radius: 5, fill: COLOURS[milestone.state] },
      text([0, y + 3.5], milestone.at.replace('T', ' ').replace(/\.\d+Z$/, ' UTC'), FAINT, 'plain'),
      text([186, y + 3.5], milestone.text, INK, 'bold'),
      ...(gap === '' ? [] : [text([330, y + 3.5 + ROW / 2], gap, FAINT, 'plain')]),
    );
  }
  return { width: WIDTH, height: shown.length * ROW, title: 'What became of the deployment', shapes };
}

/** How the proof of one commit goes up the tree, from the leaf at the bottom to the root. */
export function treePicture(steps: readonly TreeStep[], root: Uint8Array, leaf: string): Drawing {
  const step = 34;
  const height = (steps.length + 1) * step + 10;
  const shapes: Shape[] = [];
  const [middle, box, high] = [195, 112, 18];
  for (const [at, { hash, sibling, siblingIsLeft }] of steps.entries()) {
    const y = height - (at + 1) * step;
    const beside = siblingIsLeft ? middle - 150 : middle + 150;
    shapes.push(
      { kind: 'line', from: [middle + box / 2, y], to: [middle + box / 2, y - step + high], colour: ACCENT, width: 2 },
      { kind: 'line', from: [beside + box / 2, y], to: [middle + box / 2, y - step + high], colour: FAINT, width: 1 },
      ...labelled([middle, y], { box, high }, hash, ACCENT),
      ...labelled([beside, y], { box, high }, sibling, FAINT),
    );
  }
  const top = height - (steps.length + 1) * step;
  shapes.push(
    ...labelled([middle, top], { box, high }, root, INK),
    text([middle + box + 8, top + 13], 'root, signed in the checkpoint', INK, 'bold'),
    ...(steps.length === 0 ? [] : [text([0, height - step + high + 12], leaf, FAINT, 'plain')]),
  );
  return { width: WIDTH, height: height + 4, title: 'How the proof goes up the tree', shapes };
}

function labelled(at: Point, { box, high }: { box: number; high: number }, hash: Uint8Array, colour: string): Shape[] {
  const [x, y] = at;
  const label = `${Buffer.from(hash).toString('hex').slice(0, 14)}…`;
  return [
    { kind: 'box', at, width: box, height: high, fill: '#ffffff', stroke: colour },
    { kind: 'text', at: [x + 6, y + 12.5], text: label, size: 9, colour: INK, font: 'code' },
  ];
}

const text = (at: Point, value: string, colour: string, font: 'plain' | 'bold'): Shape => ({
  ...{ kind: 'text', at, text: value, size: 10, colour, font },
});

function shortened(life: readonly Milestone[]): readonly Milestone[] {
  if (life.length <= MOST_MILESTONES) return life;
  const half = MOST_MILESTONES / 2;
  const left = life.length - MOST_MILESTONES + 1;
  const last = life[life.length - half]!;
  const between: Milestone = { at: last.at, text: `(${left} more between)`, state: life[half - 1]!.state };
  return [...life.slice(0, half), between, ...life.slice(1 - half)];
}

/** Of a minute and more: shorter ones are steps of the same work. */
function laterText(from: string, to: string): string {
  const ms = Date.parse(to) - Date.parse(from);
  return ms < 60_000 ? '' : `${duration(ms)} later`;
}
