import { CELL, Principal } from '@freehold/kernel';
import { type CryptoKey, decodeProtectedHeader, errors, jwtVerify, type KeyObject, SignJWT } from 'jose';
import { z } from 'zod';

/*
 * Who asks, in a form that a service can believe: a compact JWS (RFC 7515, EdDSA) over the principal, valid for a minute.
 * `kid` names the signer. What a signer may say follows from its name:
 *
 *   gateway        credentials and other providers: never a program of the cell
 *   agent.<host>   the agent of that host, outside every operator
 *   system         the installation itself (seeds)
 *   <context>      its processes
 */

/** `gateway`, `system`, `agent.<host>` or a context's name. */
export type Signer = string;
export type SigningKey = CryptoKey | KeyObject | Uint8Array;
/** Public keys by signer. */
export type SignerKeys = ReadonlyMap<Signer, SigningKey>;

export interface PrincipalTokenOptions {
  /** Default 60 s. */
  ttlS?: number;
}

const PROGRAM_ROLES: ReadonlySet<string> = new Set(['agent', 'process', 'system', 'peer']);
const CLOCK_TOLERANCE_S = 5;
const Claims = z.object({ principal: Principal });

export async function signPrincipal(
  privateKey: SigningKey,
  signer: Signer,
  principal: Principal,
  { ttlS = 60 }: PrincipalTokenOptions = {},
): Promise<string> {
  return new SignJWT({ principal })
    .setProtectedHeader({ alg: 'EdDSA', kid: signer })
    .setIssuedAt()
    .setExpirationTime(`${ttlS}s`)
    .sign(privateKey);
}

/** The principal, or null: unknown signer, wrong signature, expired, or more than the signer may say. */
export async function verifyPrincipal(keys: SignerKeys, token: string): Promise<Principal | null> {
  try {
    const signer = decodeProtectedHeader(token).kid ?? '';
    const key = keys.get(signer);
    if (key === undefined) return null;
    const { payload } = await jwtVerify(token, key, {
      algorithms: ['EdDSA'],
      clockTolerance: CLOCK_TOLERANCE_S,
      requiredClaims: ['exp'],
    });
    const claims = Claims.safeParse(payload);
    return claims.success && maySay(signer, claims.data.principal) ? claims.data.principal : null;
  } catch (error) {
    if (error instanceof errors.JOSEError || error instanceof TypeError) return null;
    throw error;
  }
}

function maySay(signer: Signer, { actor, role, operator, host }: Principal): boolean {
  if (signer === 'gateway') {
    if (actor.kind === 'peer') return role === 'peer' && operator === CELL && host === undefined;
    return actor.kind === 'credential' && !PROGRAM_ROLES.has(role);
  }
  if (signer === 'system') return actor.kind === 'system' && role === 'system';
  if (signer.startsWith('agent.')) {
    return actor.kind === 'agent' && role === 'agent' && operator === CELL && signer === `agent.${host}`;
  }
  return actor.kind === 'process' && role === 'process';
}
