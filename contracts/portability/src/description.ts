import { Instant } from '@freehold/kernel';
import { z } from 'zod';
import { Jwk, ProviderOrigin } from './provider.js';
import { SignedStatement } from './statements.js';

/** A key that signed once. What it signed stays checkable; no request is accepted with it. */
export const RetiredKey = Jwk.extend({
  /** When another one began to sign. */
  retired: Instant,
});
export type RetiredKey = z.infer<typeof RetiredKey>;

/** How many changes of its key a description can tell of: it must stay below 64 KiB. */
export const MOST_RETIRED_KEYS = 50;

/** What is told of keys of a log, or of a witness, that was changed: verifier keys, and lines of signed notes (evidence-v1). */
export const NoteKeyChanges = z.object({
  /** Those that sign beside the one that is shown, or will. */
  also: z.array(z.string().max(1_000)).max(50).default([]),
  /** Those that sign no more: by them what they signed is checked. */
  former: z.array(z.string().max(1_000)).max(50).default([]),
  /** By which one follows from another. */
  successions: z.array(z.string().max(1_000)).max(50).default([]),
});

/** `GET /.well-known/freehold`: what a provider says of itself. Unknown members and protocols are kept out of the way. */
export const ProviderDescription = z.object({
  provider: ProviderOrigin,
  name: z.string().min(1).max(200),
  /** Below it lie the addresses that the provider gives out. */
  zone: z.string().min(1).max(253),
  protocols: z.array(z.string().max(100)).min(1).max(50),
  /** The first one signs. The others will, or did a moment ago. */
  keys: z.array(Jwk).min(1).max(20),
  retiredKeys: z.array(RetiredKey).max(MOST_RETIRED_KEYS).optional(),
  /** Statements of the kind `succession`, each by the key before: so whoever knows one key believes those after it. */
  successions: z
    .array(SignedStatement)
    .max(MOST_RETIRED_KEYS + 20)
    .optional(),
  /** age recipient (X25519) of secrets for this provider. */
  recipient: z.string().regex(/^age1[02-9ac-hj-np-z]{58}$/, 'an age recipient, age1…'),
  /** The verifier key of its log (c2sp.org/signed-note), whose name is the log's origin: docs/protocol/evidence-v1.md. */
  logKey: z.string().max(1_000).optional(),
  logKeyChanges: NoteKeyChanges.optional(),
  /** That of the witness which it is to other logs. */
  witnessKey: z.string().max(1_000).optional(),
  witnessKeyChanges: NoteKeyChanges.optional(),
});
export type ProviderDescription = z.infer<typeof ProviderDescription>;
