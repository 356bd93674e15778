import { createPublicKey, verify, type KeyObject } from 'node:crypto';
import { z } from 'zod';
import { canonicalJson } from './canonical-json.js';
import { httpGetJson } from './http-get-json.js';
import type { IdentityProbe, ProbeTarget } from './identity-probe.js';
import { ProbeFailure } from './probe-failure.js';

/** The identity of a Matrix homeserver: its signing keys, each proven by its own signature. */
export interface MatrixServerKeys {
  kind: 'matrix-server-keys';
  serverName: string;
  /** Sorted by `keyId` (`ed25519:a_AbCd`); `publicKey` is unpadded base64 of 32 bytes. */
  keys: { keyId: string; publicKey: string }[];
  /** RFC 3339. Changes from answer to answer, so it is no part of the identity. */
  validUntil: string;
}

/** Matrix server-server API, "Publishing keys", `GET /_matrix/key/v2/server`. Unknown fields are signed too, so they stay. */
const KeyDocument = z.looseObject({
  server_name: z.string(),
  valid_until_ts: z.int().nonnegative().max(8.64e15),
  verify_keys: z.record(z.string(), z.looseObject({ key: z.string() })),
  signatures: z.record(z.string(), z.record(z.string(), z.string())),
});
type KeyDocument = z.infer<typeof KeyDocument>;

const PATH = '/_matrix/key/v2/server';
const ED25519 = /^ed25519:[A-Za-z0-9_]+$/;

export const matrixServerKeysProbe: IdentityProbe<MatrixServerKeys> = {
  kind: 'matrix-server-keys',
  probe: (target) => matrixServerKeys(target),
};

/**
 * Asks a homeserver for its keys and checks what it answers: its name, its validity, and a signature of each of its keys.
 * @param now the instant against which validity is checked; this machine's clock by default
 * @throws ProbeFailure those of {@link httpGetJson}, `malformed`, `wrong-server`, `signature-missing`, `signature-invalid`, `expired`
 */
export async function matrixServerKeys(target: ProbeTarget, now = new Date()): Promise<MatrixServerKeys> {
  const { serverName, baseUrl, ...options } = target;
  const url = `${baseUrl.replace(/\/+$/, '')}${PATH}`;
  const { json } = await httpGetJson(url, options);
  const document = documentOf(url, json);
  if (document.server_name !== serverName) {
    throw new ProbeFailure(
      'wrong-server',
      url,
      `says it is ${quoted(document.server_name)}, not ${quoted(serverName)}`,
    );
  }
  const keys = Object.entries(document.verify_keys)
    .filter(([keyId]) => ED25519.test(keyId))
    .map(([keyId, { key }]) => ({ keyId, publicKey: key }))
    .sort((left, right) => (left.keyId < right.keyId ? -1 : 1));
  if (keys.length === 0) throw new ProbeFailure('malformed', url, 'lists no Ed25519 key');
  checkSignatures(url, document, keys);
  if (document.valid_until_ts <= now.getTime())
    throw new ProbeFailure('expired', url, 'its keys are not valid any more');
  return {
    kind: 'matrix-server-keys',
    serverName,
    keys,
    validUntil: new Date(document.valid_until_ts).toISOString(),
  };
}

function documentOf(url: string, json: unknown): KeyDocument {
  const parsed = KeyDocument.safeParse(json);
  if (parsed.success) return parsed.data;
  throw new ProbeFailure('malformed', url, 'is not a document of server keys', { cause: parsed.error });
}

/** Signing JSON: the object without `signatures` and `unsigned`, in canonical form (Matrix appendices, "Signing JSON"). */
function checkSignatures(url: string, document: KeyDocument, keys: MatrixServerKeys['keys']): void {
  const signed = signedBytes(url, document);
  const signatures = document.signatures[document.server_name] ?? {};
  for (const { keyId, publicKey } of keys) {
    const signature = signatures[keyId];
    if (signature === undefined) throw new ProbeFailure('signature-missing', url, `is not signed by ${keyId}`);
    if (!verify(null, signed, publicKeyOf(url, keyId, publicKey), Buffer.from(signature, 'base64'))) {
      throw new ProbeFailure('signature-invalid', url, `the signature of ${keyId} is not good`);
    }
  }
}

function signedBytes(url: string, document: KeyDocument): Buffer {
  const { signatures: _signatures, unsigned: _unsigned, ...signed } = document;
  try {
    return Buffer.from(canonicalJson(signed));
  } catch (error) {
    throw new ProbeFailure('malformed', url, 'has no canonical form', { cause: error });
  }
}

function publicKeyOf(url: string, keyId: string, publicKey: string): KeyObject {
  const bytes = Buffer.from(publicKey, 'base64');
  if (bytes.length !== 32) throw new ProbeFailure('malformed', url, `the key ${keyId} is not 32 bytes`);
  return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: bytes.toString('base64url') }, format: 'jwk' });
}

const quoted = (name: string): string => JSON.stringify(name.slice(0, 255));
