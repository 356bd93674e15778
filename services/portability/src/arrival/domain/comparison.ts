/** What was restored against what the source reported: every difference a finding, in words that a person can act on. */
import type { RestoreResult } from '@freehold/deployment-contract';
import { sameIdentity } from '@freehold/federation';
import type { Finding } from '@freehold/kernel';
import type { Comparison } from '@freehold/portability-contract';

const HINT =
  'Nothing was lost: it runs at the source again. Take it once more; if it differs again, tell both providers.';

/**
 * Side by side: what the agent counted here, and where that differs from the source's report, what that says. Not `checked`: it could not be asked who
 * it is before it opens.
 */
export function comparisonOf(
  { report, differences, identity: before }: RestoreResult,
  after: Comparison['identity']['after'],
  { checked }: { checked: boolean } = { checked: true },
): Comparison {
  const parts = (report ?? []).flatMap(({ part, tables }) =>
    tables.map(({ name, count, digest }) => ({ part, name, count, digest })),
  );
  const identity = { before, after, ...(checked ? {} : { checked }) };
  const equal = differences.length === 0 && identityDifferences(identity).length === 0;
  return { equal, parts, differences, identity };
}

export function findingsOf({ differences, identity }: Comparison): Finding[] {
  const differing = differences.map(stateDiffers);
  return [...differing, ...identityDifferences(identity).map(identityDiffers)];
}

/** None where it could not be asked. */
const identityDifferences = ({ before, after, checked }: Comparison['identity']) =>
  checked === false ? [] : sameIdentity(before, after);

const identityDiffers = ({ pointer }: { pointer: string }): Finding => ({
  pointer: `/identity${pointer}`,
  code: 'identity-differs',
  detail: `The application here is not known to the world as the one at the source${pointer === '' ? '' : ` (${pointer})`}.`,
  hint: HINT,
});

const stateDiffers = ({ part, name, what, before, after }: Comparison['differences'][number]): Finding => ({
  pointer: `/parts/${part}${name === '' ? '' : `/${name}`}`,
  code: 'state-differs',
  detail: `${name === '' ? part : `${part}, ${name}`}: ${what} is ${before ?? 'nothing'} at the source and ${after ?? 'nothing'} here.`,
  hint: HINT,
});
