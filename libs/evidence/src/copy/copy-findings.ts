import type { Finding, Position } from '@freehold/kernel';
import { type Tile, TILE_WIDTH, tilePath } from '../tree/tile.js';
import { entriesPath } from './entry-bundle.js';
import type { Difference } from './alignment.js';

/** What is wrong with a copy, for people: positions and files are named, and what to do. */

const KEEP = 'Keep this copy as evidence, and ask for another one; compare who could write to each.';
const FETCH = 'Fetch it again: remove the file, then freehold audit copy.';

const commit = (position: Position, code: string, detail: string): Finding => ({
  pointer: `/commits/${position}`,
  code,
  detail: `The commit at ${position} ${detail}.`,
  hint: KEEP,
});

export function differenceFinding(difference: Difference): Finding {
  const { position } = difference;
  switch (difference.kind) {
    case 'changed':
      return difference.elsewhere === null
        ? commit(position, 'commit-changed', 'is not what the log has there: its time, subject or body was changed')
        : commit(position, 'commit-replaced', `is not there, but the one of ${difference.elsewhere}`);
    case 'missing':
      return commit(
        position,
        'commit-missing',
        `is missing${others(difference.count)} (number ${difference.leaf + 1} of the log)`,
      );
    case 'added':
      return difference.elsewhere === null
        ? commit(
            position,
            'commit-added',
            `has ${entries(difference.count)} before it that the log does not have there`,
          )
        : commit(difference.elsewhere, 'commit-out-of-order', `stands ${before(difference.count, position)}`);
    case 'length':
      return commit(position, 'entry-length-wrong', 'is right, but not the length that is written before it');
    case 'unknown':
      return unknownTile(difference.tile);
  }
}

export const wrongTile = (tile: Tile, isThere: boolean): Finding => ({
  pointer: `/${tilePath(tile)}`,
  code: isThere ? 'tile-wrong' : 'tile-missing',
  detail: `The tile ${tilePath(tile)} ${isThere ? 'is not that of the log' : 'is missing'}; it stands for ${leavesOf(tile)}.`,
  hint: `The commits were compared without it. ${FETCH}`,
});

/** Its commits are right; what is around them is not. */
export const wrongBundle = (bundle: Tile): Finding =>
  wrongFile(entriesPath(bundle), 'has other bytes than its commits, or another number of them than its name says');

export const wrongFile = (path: string, detail: string): Finding => ({
  pointer: `/${path}`,
  code: 'file-wrong',
  detail: `${path} ${detail}.`,
  hint: FETCH,
});

export const signedTwice = (kept: number, own: number): Finding => ({
  pointer: '/checkpoint',
  code: 'log-rewritten',
  detail: `The checkpoint of ${own} commits that comes with the copy does not continue the one of ${kept} that was kept: both are signed, and only one can be true.`,
  hint: 'The log was rewritten and signed again. Keep both checkpoints: together they are the proof.',
});

export const unplaceable = (size: number): Finding => ({
  pointer: '',
  code: 'log-changed',
  detail: `The copy is not the log of which the checkpoint has ${size} commits, and its tiles do not lead to this checkpoint: where it differs cannot be said.`,
  hint: 'Fetch the tiles again, from the provider or from anybody who has them; they are checked against the checkpoint.',
});

export const foreignCheckpoint = (size: number): Finding => ({
  pointer: '/checkpoint',
  code: 'checkpoint-other',
  detail: `The copy’s own checkpoint has ${size} commits, and they are not those of the copy.`,
  hint: 'The kept checkpoint was compared all the same. Fetch what is missing: freehold audit copy.',
});

export const cutOff = (position: Position, count: number): Finding =>
  commit(position, 'commit-missing', `is missing, and so is all after it: the copy ends there, ${count} short`);

export function bounded(findings: readonly Finding[], most: number): readonly Finding[] {
  if (findings.length <= most) return findings;
  const detail = `${findings.length - most} more findings are not listed.`;
  const hint = 'Look at those that are listed first.';
  return [...findings.slice(0, most), { pointer: '', code: 'more-findings', detail, hint }];
}

export const notGoneOn = (): Finding => ({
  pointer: '',
  code: 'more-findings',
  detail: 'So much differs that the rest was not compared.',
  hint: 'Look at those that are listed first.',
});

const unknownTile = (tile: Tile): Finding => ({
  pointer: `/${tilePath(tile)}`,
  code: 'tile-wrong',
  detail: `${leavesOf(tile)} could not be compared: neither the tile ${tilePath(tile)}, or one above it, nor the commits themselves lead to the checkpoint.`,
  hint: 'Fetch the tile again from anywhere, then verify again.',
});

/** The largest number is that of a tree's last leaf: of the highest tile it is not reached. */
function leavesOf({ level, index, width }: Tile): string {
  const each = TILE_WIDTH ** level;
  const first = index * TILE_WIDTH * each;
  return `commits ${first + 1} to ${first + width * each}`;
}

const others = (count: number): string => (count === 1 ? '' : `, and so are the ${count - 1} after it`);
const entries = (count: number): string => (count === 1 ? 'an entry' : `${count} entries`);
const before = (count: number, position: Position): string =>
  count === 1 ? `before ${position} in the copy` : `with ${count - 1} others before ${position} in the copy`;
