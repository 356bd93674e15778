import type { HistoryProven } from '@freehold/deployment-contract';
import { checkHistory, parseVerifierKey, readHistory } from '@freehold/evidence';
import type { Finding } from '@freehold/kernel';
import { log as logger } from '@freehold/platform';
import type { ArrivalSource } from '@freehold/portability-contract';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { GivenUp } from '../reconciler/failures.js';

/** Both files are read as a whole: beyond this they are carried along unread, as a bag without a proof is. Some 10,000 commits. */
const LIMIT_BYTES = 16 * 1024 ** 2;
const FINDINGS = 50;
const WARNINGS = 10;

/**
 * Holds the history of a received bag against its proof, by the keys that the source publishes. A bag of a provider without a
 * log, or without a proof, is taken with a warning: what happened there says so itself.
 *
 * @throws GivenUp with everything that is wrong, by position: somebody changed it, or the source contradicts itself
 */
export async function provenHistory(received: string, log: ArrivalSource['log']): Promise<HistoryProven> {
  const [history, proof] = [join(received, 'data', 'history.jsonl'), join(received, 'data', 'history.proof')];
  const bytes = await sizeOf(proof);
  if (bytes === null) return unproven('The bag has no history.proof.');
  if (log === null) return unproven('The source publishes no key of a log.');
  if (Math.max(bytes, (await sizeOf(history)) ?? 0) > LIMIT_BYTES)
    return unproven('The history is too long to be read here.');
  const keys = [log.key, ...log.also, ...log.former].flatMap((text) => {
    const key = parseVerifierKey(text);
    return key.kind === 'read' ? [key.value] : [];
  });
  if (keys.length === 0) return unproven('The key of the source’s log cannot be read.');
  const claim = { origin: log.origin, keys: { log: keys } };
  const checked = checkHistory({ lines: await readHistory(history), proof: await readFile(proof), ...claim });
  if (checked.findings.length > 0) throw new GivenUp(checked.findings.slice(0, FINDINGS));
  const { commits, through, unsigned, earlier, checkpoint, warnings } = checked;
  const checkpointSize = checkpoint?.checkpoint.size ?? null;
  return { commits, through, unsigned, earlier, checkpointSize, warnings: warnings.slice(0, WARNINGS) };
}

const sizeOf = (path: string): Promise<number | null> =>
  stat(path).then(
    ({ size }) => size,
    () => null,
  );

function unproven(why: string): HistoryProven {
  logger().warn({ why }, 'the history of a bag is not proven');
  const warnings = [notProven(why)];
  return { commits: 0, through: null, unsigned: 0, earlier: 0, checkpointSize: null, warnings };
}

const notProven = (why: string): Finding => ({
  pointer: '/history',
  code: 'history-not-proven',
  detail: `That what happened there is what the source recorded is not proven. ${why}`,
  hint: 'It is carried along as it is. Whoever needs a proof asks the source for one: freehold audit pack.',
});
