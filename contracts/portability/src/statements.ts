import { Id, Instant, Position } from '@freehold/kernel';
import { z } from 'zod';
import { Jwk, KeyId, ProviderOrigin } from './provider.js';

/*
 * What providers sign besides requests: statements that a third party can check later. Each is canonical JSON (RFC 8785)
 * under an Ed25519 signature, its kind signed with it, so that no statement passes as one of another kind.
 */

/** Opaque to everybody but the source. */
export const MoveId = z.string().regex(/^[A-Za-z0-9._-]{1,100}$/, 'what the source calls this move');
export type MoveId = z.infer<typeof MoveId>;

/** The provider that may use it, by the key that was in its description. */
const Addressee = z.object({ provider: ProviderOrigin, kid: KeyId });

const Tenure = z.object({
  source: ProviderOrigin,
  departure: Id,
  deployment: Id,
  lineage: Id,
  /** Of the tenure that this says something about. */
  epoch: z.int().positive(),
});

/** What may be read at the source, and until when by the source's clock. `to` null: whoever brings it, names and sizes only. */
export const Grant = z.object({
  source: ProviderOrigin,
  departure: Id,
  /** What the source calls it in its own addresses: `/v1/moves/<move>`. */
  move: MoveId,
  deployments: z.array(Id).min(1).max(1_000),
  to: Addressee.nullable(),
  expires: Instant,
});
export type Grant = z.infer<typeof Grant>;

/** The source has stopped the application and this is the whole of it; it reopens by itself after `deadline`. */
export const Seal = Tenure.extend({
  tagManifestSha256: z.string().regex(/^[0-9a-f]{64}$/, 'SHA-256 in hex'),
  payloadBytes: z.int().nonnegative(),
  payloadFiles: z.int().nonnegative(),
  position: Position,
  deadline: Instant,
});
export type Seal = z.infer<typeof Seal>;

/** The source has appended `left(epoch, to)` at this position: the tenure of this epoch is the addressee's. */
export const Handover = Tenure.extend({ to: Addressee, position: Position, at: Instant });
export type Handover = z.infer<typeof Handover>;

/** The source serves again under its old epoch; it never signs a handover of this departure any more. */
export const Reopened = Tenure.extend({ position: Position, at: Instant });
export type Reopened = z.infer<typeof Reopened>;

/** The target never opened and gives the tenure back: `epoch` is the source's new one. */
export const Return = Tenure.extend({ target: ProviderOrigin, arrival: Id, position: Position, at: Instant });
export type Return = z.infer<typeof Return>;

/** This key is the provider's next one: signed with the one before it. */
export const Succession = z.object({ provider: ProviderOrigin, key: Jwk, at: Instant });
export type Succession = z.infer<typeof Succession>;

/** Kind → payload. */
export const STATEMENTS = {
  grant: Grant,
  seal: Seal,
  handover: Handover,
  reopened: Reopened,
  return: Return,
  succession: Succession,
} as const satisfies Record<string, z.ZodType>;
export type StatementKind = keyof typeof STATEMENTS;

/** Ed25519 in base64url. */
const Signature = z.string().regex(/^[A-Za-z0-9_-]{86}$/, '64 bytes in base64url');

/** A signed statement as it crosses borders and lies in logs. */
export const signed = <Kind extends StatementKind>(kind: Kind) =>
  z.object({ kind: z.literal(kind), payload: STATEMENTS[kind], kid: KeyId, signature: Signature });

/** A signed statement before anybody knows what it says. */
export const SignedStatement = z.object({
  kind: z.string().max(50),
  payload: z.json(),
  kid: KeyId,
  signature: Signature,
});
export type SignedStatement = z.infer<typeof SignedStatement>;
