/** Whether the names that come along are those that the application needs: each purpose has one, and only one. */
import type { Finding } from '@freehold/kernel';
import type { Offer } from '@freehold/portability-contract';

export function offeredNamesFindings(
  offered: Offer['names'],
  wanted: readonly { readonly purpose: string; readonly title: string }[],
): Finding[] {
  const purposes = offered.map(({ purpose }) => purpose);
  const missing = wanted.filter(({ purpose }) => !purposes.includes(purpose));
  const twice = new Set(purposes.filter((purpose, index) => purposes.indexOf(purpose) < index));
  return [...missing.map(({ title }) => nameMissing(title)), ...[...twice].map(nameTwice)];
}

const HINT = 'Tell the provider that it comes from: its offer names the deployment’s names by their purposes.';

const nameMissing = (title: string): Finding => ({
  pointer: '',
  code: 'name-missing',
  detail: `The source offers no name for what the application calls: ${title}.`,
  hint: HINT,
});
const nameTwice = (purpose: string): Finding => ({
  pointer: '',
  code: 'name-twice',
  detail: `The source offers more than one name for "${purpose}".`,
  hint: HINT,
});
