import { Id } from '@freehold/kernel';
import { decodeProtectedHeader, errors, SignJWT } from 'jose';
import { z } from 'zod';
import { type SignerKeys, type SigningKey, verifiedWithOne } from './principal-token.js';

/*
 * What may be fetched of a move, in a form that an agent can believe: a compact JWS (RFC 7515, EdDSA) of the cell's
 * `portability`, carried as `Authorization: Bearer`. It is of a type of its own (RFC 8725, 3.11), so that no principal's
 * token passes as one, nor the other way round. It ends by this cell's clock, without tolerance.
 */

const SIGNER = 'portability';
const TYPE = 'freehold-transfer+jwt';

/** `live`: files while the application runs · `sealed`: the bag, by the target of a move · `export`: the bag, by its operator. */
export const TransferScope = z.object({
  move: Id,
  environment: Id,
  deployment: Id,
  kind: z.enum(['live', 'sealed', 'export']),
});
export type TransferScope = z.infer<typeof TransferScope>;
const Claims = z.object({ transfer: TransferScope });

/** @param privateKey of the signer `portability` */
export async function signTransferToken(
  privateKey: SigningKey,
  { expires, ...transfer }: TransferScope & { readonly expires: Date },
): Promise<string> {
  return new SignJWT({ transfer: TransferScope.parse(transfer) })
    .setProtectedHeader({ alg: 'EdDSA', kid: SIGNER, typ: TYPE })
    .setExpirationTime(expires)
    .sign(privateKey);
}

/** What it allows, or null: of another signer or type, altered, without an end, or expired. */
export async function openTransferToken(keys: SignerKeys, token: string): Promise<TransferScope | null> {
  try {
    if (decodeProtectedHeader(token).kid !== SIGNER) return null;
    const payload = await verifiedWithOne(keys.get(SIGNER), token, { typ: TYPE });
    const claims = Claims.safeParse(payload);
    return claims.success ? claims.data.transfer : null;
  } catch (error) {
    if (error instanceof errors.JOSEError || error instanceof TypeError) return null;
    throw error;
  }
}
