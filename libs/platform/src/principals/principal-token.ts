import { CELL, Principal } from '@freehold/kernel';
import {
  type CryptoKey,
  decodeProtectedHeader,
  errors,
  type JWTPayload,
  jwtVerify,
  type JWTVerifyOptions,
  type KeyObject,
  SignJWT,
} from 'jose';
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
/** Public keys by signer: one, or several while a signer's key is changed, and with each of them it is believed. */
export interface SignerKeys {
  get(signer: Signer): readonly SigningKey[] | undefined;
}

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
    const payload = await verifiedWithOne(keys.get(signer), token, { clockTolerance: CLOCK_TOLERANCE_S });
    const claims = Claims.safeParse(payload);
    return claims.success && maySay(signer, claims.data.principal) ? claims.data.principal : null;
  } catch (error) {
    if (error instanceof errors.JOSEError || error instanceof TypeError) return null;
    throw error;
  }
}

/**
 * The claims of a token that has an end and is signed with one of the keys; null: with none of them.
 * @throws JOSEError for whatever else is wrong with it
 */
export async function verifiedWithOne(
  keys: readonly SigningKey[] = [],
  token: string,
  options: Pick<JWTVerifyOptions, 'clockTolerance' | 'typ'>,
): Promise<JWTPayload | null> {
  for (const key of keys) {
    try {
      const verified = await jwtVerify(token, key, { ...options, algorithms: ['EdDSA'], requiredClaims: ['exp'] });
      return verified.payload;
    } catch (error) {
      if (!(error instanceof errors.JWSSignatureVerificationFailed)) throw error;
    }
  }
  return null;
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
