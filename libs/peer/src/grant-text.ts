import type { Finding } from '@freehold/kernel';
import { findingsOf } from '@freehold/kernel';
import { signed } from '@freehold/portability-contract';
import { canonicalJson } from './canonical-json.js';
import type { Signed } from './statement.js';

const PREFIX = 'fhmove_';
/** A grant for a thousand deployments has about 40,000 characters. */
const MAX_CHARACTERS = 100_000;
const SignedGrant = signed('grant');

/** A grant as people hand it on: one line, `fhmove_` and base64url. It is no secret: it says whom it serves. */
export const grantTextOf = (grant: Signed<'grant'>): string =>
  `${PREFIX}${Buffer.from(canonicalJson(grant)).toString('base64url')}`;

/** The grant in a text that a person pasted, its signature not yet checked; white space anywhere does no harm. */
export function readGrantText(text: string): Signed<'grant'> | Finding[] {
  const line = text.length > MAX_CHARACTERS ? '' : text.replaceAll(/\s/g, '');
  if (!line.startsWith(PREFIX) || !/^[A-Za-z0-9_-]+$/.test(line)) return [NO_GRANT];
  try {
    const bytes = Buffer.from(line.slice(PREFIX.length), 'base64url');
    const parsed = SignedGrant.safeParse(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)));
    return parsed.success ? parsed.data : [NO_GRANT, ...findingsOf(parsed.error)];
  } catch {
    return [NO_GRANT];
  }
}

const NO_GRANT: Finding = {
  pointer: '',
  code: 'grant-unreadable',
  detail: 'This is no grant, or only a part of one.',
  hint: 'Copy the whole line that begins with fhmove_ from the provider that you leave.',
};
