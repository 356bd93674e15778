import { type Finding, Problem } from '@freehold/kernel';
import { type PeerAnswer, PeerFailure } from '@freehold/peer';
import type { z } from 'zod';

/** Another provider answered with a refusal: its findings, as it said them. */
export class PeerRefused extends Error {
  override readonly name = 'PeerRefused';
  constructor(readonly findings: readonly Finding[]) {
    super(`the other provider refused: ${findings.map(({ code }) => code).join(', ')}`);
  }
}

/** A request may have waited there for longer than its key was shown; each is signed anew. */
const KEY_UNKNOWN =
  'If this provider has just changed its key, ask again. Otherwise that provider reads something else at /.well-known/freehold than this one shows.';

/** What another provider answered, by the protocol's schema. @throws PeerFailure, PeerRefused */
export function readAnswer<Schema extends z.ZodType>(
  schema: Schema,
  { status, body }: PeerAnswer,
  peer: string,
): z.output<Schema> {
  if (status >= 200 && status < 300) {
    const parsed = schema.safeParse(body);
    if (parsed.success) return parsed.data;
    throw new PeerFailure('not-a-provider', peer, 'it answered something that the protocol does not know');
  }
  const problem = Problem.safeParse(body).data;
  if (problem === undefined || status >= 500 || status === 429 || status === 409) {
    throw new PeerFailure('unreachable', peer, `it answered ${status}`);
  }
  const { errors, title, hint = 'Ask that provider.' } = problem;
  if (status === 401 && errors.some(({ code }) => code === 'signature-key-unknown'))
    throw new PeerFailure('refused', peer, 'it does not know the key with which it was asked', { hint: KEY_UNKNOWN });
  throw new PeerRefused(errors.length > 0 ? errors : [{ pointer: '', code: 'peer-refused', detail: title, hint }]);
}
