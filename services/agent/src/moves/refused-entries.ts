import { checkLink, checkPath, pointerOf } from '@freehold/bag';
import type { Finding } from '@freehold/kernel';
import type { Outlined } from '@freehold/state-parts';
import { GivenUp } from '../reconciler/failures.js';

/** Enough to see what it is; all of them fit into a line of a listing. */
const MOST_FINDINGS = 20;
const HINT = 'Rename it in the application, or take it away there; then let the move be tried again.';

/**
 * The entries of a part that a bag can hold. Names and links that it refuses are left out, and told together at the end:
 * whoever lists or captures hears of all of them, before anybody else has to find out one by one.
 *
 * @throws GivenUp with the findings of checkPath and checkLink (@freehold/bag), each naming its file
 */
export async function* entriesForBag<Entry extends Outlined>(
  part: string,
  entries: AsyncIterable<Entry>,
): AsyncGenerator<Entry> {
  const refused: Finding[] = [];
  for await (const entry of entries) {
    const findings = entryFindings(part, entry);
    if (findings.length === 0) yield entry;
    else if (refused.length < MOST_FINDINGS) refused.push(...findings);
  }
  if (refused.length > 0) throw new GivenUp(refused.slice(0, MOST_FINDINGS));
}

/** Links are not payload of a bag, but stand in the part's side file. */
function entryFindings(part: string, entry: Outlined): Finding[] {
  const { path } = entry;
  const inBag = entry.type === 'link' ? path : `data/parts/${part}/${path}`;
  const findings = checkPath(inBag, pointerOf(path));
  if (findings.length === 0 && entry.type === 'link') findings.push(...checkLink(path, entry.target));
  return findings.map((finding) => ({ ...finding, pointer: `/parts/${part}${finding.pointer}`, hint: HINT }));
}
