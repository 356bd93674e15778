import { type Finding, findingsOf } from '@freehold/kernel';
import { type Jwk, SignedStatement, STATEMENTS, type StatementKind } from '@freehold/portability-contract';
import type { z } from 'zod';
import { canonicalJson } from './canonical-json.js';
import { isSignedBy, type ProviderKey } from './provider-key.js';

export type PayloadOf<Kind extends StatementKind> = z.infer<(typeof STATEMENTS)[Kind]>;
export interface Signed<Kind extends StatementKind> {
  kind: Kind;
  payload: PayloadOf<Kind>;
  kid: string;
  /** base64url */
  signature: string;
}

/**
 * A statement under the provider's signature. What is signed is canonical JSON (RFC 8785) with protocol, kind and key id in
 * it, so that neither can be exchanged. @throws ZodError when the payload is not of its kind: what is signed can be opened
 */
export function signStatement<Kind extends StatementKind>(
  kind: Kind,
  payload: PayloadOf<Kind>,
  key: ProviderKey,
): Signed<Kind> {
  const checked = STATEMENTS[kind].parse(payload) as PayloadOf<Kind>;
  const { kid } = key.jwk;
  const signature = Buffer.from(key.sign(signedBytes({ kind, payload: checked, kid }))).toString('base64url');
  return { kind, payload: checked, kid, signature };
}

/** What the statement says if this key signed it as one of this kind; else everything that is wrong. Never throws for bad input. */
export function openStatement<Kind extends StatementKind>(
  kind: Kind,
  signed: unknown,
  key: Jwk,
): PayloadOf<Kind> | Finding[] {
  const parsed = SignedStatement.safeParse(signed);
  if (!parsed.success) return findingsOf(parsed.error);
  const { kid, signature, payload } = parsed.data;
  const findings: Finding[] = [];
  if (parsed.data.kind !== kind) {
    findings.push(statementFinding('/kind', 'statement-kind-wrong', `This is no statement of the kind ${kind}.`));
  }
  if (kid !== key.kid || !isSignedBy(key, bytesOf(parsed.data), Buffer.from(signature, 'base64url'))) {
    findings.push(statementFinding('/signature', 'statement-signature-wrong', 'It is not signed by this key.'));
  }
  const read = STATEMENTS[kind].safeParse(payload);
  if (!read.success) findings.push(...findingsOf(read.error, '/payload'));
  return findings.length > 0 || !read.success ? findings : (read.data as PayloadOf<Kind>);
}

type Unsigned = Pick<SignedStatement, 'kind' | 'payload' | 'kid'>;

const signedBytes = ({ kind, payload, kid }: Unsigned): Uint8Array =>
  Buffer.from(canonicalJson({ protocol: 'freehold-moving-v1', kind, kid, payload }));

/** Nothing that was ever signed, when it has no canonical form. */
function bytesOf(statement: Unsigned): Uint8Array {
  try {
    return signedBytes(statement);
  } catch {
    return new Uint8Array();
  }
}

const statementFinding = (pointer: string, code: string, detail: string): Finding => ({
  pointer,
  code,
  detail,
  hint: 'Ask the provider that is said to have signed it for a new one.',
});
