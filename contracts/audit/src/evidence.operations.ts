import { CellParams, operation, Position } from '@freehold/kernel';
import { z } from 'zod';

/*
 * The log's evidence (docs/protocol/evidence-v1.md). What a C2SP tile log serves, `/log/checkpoint` and `/log/tile/…`, has
 * bodies that are no JSON: the gateway serves it by the rows without a path.
 */

const Hash = z.base64();
const size = z.coerce.number().int().positive().max(Number.MAX_SAFE_INTEGER);

/** The newest checkpoint: a signed note, as it was published. */
export const checkpoint = operation({
  id: 'audit.checkpoint',
  kind: 'query',
  summary: 'The newest signed checkpoint of the log.',
  permission: null,
  scope: 'public',
  params: CellParams,
  body: z.object({}),
  reply: z.object({ note: z.string() }),
  refusals: [],
  since: '0.3.0',
});

/** Hashes only. */
export const tile = operation({
  id: 'audit.tile',
  kind: 'query',
  summary: 'A tile of the log’s Merkle tree.',
  permission: null,
  scope: 'public',
  params: CellParams,
  body: z.object({ path: z.string().max(100) }),
  reply: z.object({ bytes: z.base64() }),
  refusals: [],
  since: '0.3.0',
});

/** Leaves with what they say: commits. As many of those asked for as one answer carries, at least one. */
export const entries = operation({
  id: 'audit.entries',
  kind: 'query',
  summary: 'The leaves of the log’s Merkle tree, with the commits in them.',
  permission: 'cell:history',
  scope: 'cell',
  params: CellParams,
  body: z.object({ first: z.int().nonnegative(), count: z.int().min(1).max(256) }),
  reply: z.object({ entries: z.array(z.base64()).min(1) }),
  refusals: [],
  since: '0.3.0',
});

/** Of another log, to be cosigned: `add-checkpoint` of c2sp.org/tlog-witness, as it came and as it is answered. */
export const addCheckpoint = operation({
  id: 'audit.add-checkpoint',
  kind: 'command',
  summary: 'Cosigns a checkpoint of a log that staff have named.',
  permission: null,
  scope: 'public',
  params: CellParams,
  body: z.object({ request: z.string().max(65_536) }),
  reply: z.object({ status: z.int(), contentType: z.string(), body: z.string() }),
  refusals: [],
  since: '0.3.0',
});

/** RFC 9162 section 2.1.3: that a commit stands in the log, in a tree that the provider signed or a smaller one. */
export const inclusionProof = operation({
  id: 'audit.inclusion-proof',
  kind: 'query',
  http: { method: 'GET', path: '/v1/log/proofs/inclusion' },
  summary: 'Proves that the commit at a position stands in the log.',
  permission: null,
  scope: 'public',
  params: CellParams,
  body: z.object({ position: Position, size: size.optional() }),
  reply: z.object({
    position: Position,
    /** The number of its leaf, from 0. */
    index: z.int().nonnegative(),
    /** Of the tree; by default the newest checkpoint’s. */
    size: z.int().positive(),
    leaf: Hash,
    proof: z.array(Hash),
    root: Hash,
    /** Of this size: the newest one. Null for a smaller tree. */
    checkpoint: z.string().nullable(),
  }),
  refusals: ['position-not-signed', 'size-not-signed'],
  since: '0.3.0',
});

/** RFC 9162 section 2.1.4: that nothing of the first tree was changed in the second. */
export const consistencyProof = operation({
  id: 'audit.consistency-proof',
  kind: 'query',
  http: { method: 'GET', path: '/v1/log/proofs/consistency' },
  summary: 'Proves that a tree of the log continues a smaller one.',
  permission: null,
  scope: 'public',
  params: CellParams,
  body: z.object({ from: size, to: size.optional() }),
  reply: z.object({
    from: z.int().positive(),
    to: z.int().positive(),
    fromRoot: Hash,
    toRoot: Hash,
    proof: z.array(Hash),
    checkpoint: z.string().nullable(),
  }),
  refusals: ['size-not-signed'],
  since: '0.3.0',
});

/**
 * For services that hand on what happened to something: the proof of its commits. Without `size` in the newest checkpoint's
 * tree, and first what is asked for is signed, which takes some milliseconds; with it, in the tree of that size, so that many
 * requests get proofs that lead to one checkpoint. Commits that this tree does not have are left out.
 */
export const proveCommits = operation({
  id: 'audit.prove-commits',
  kind: 'query',
  summary: 'Proves that commits stand in the log, and signs the newest of them first if they are not signed yet.',
  permission: 'process:act',
  scope: 'cell',
  params: CellParams,
  body: z.object({ positions: z.array(Position).min(1).max(100), size: z.int().positive().optional() }),
  reply: z.object({
    /** Of the tree. */
    size: z.int().positive(),
    /** Of this size: the newest one. Null for a smaller tree. */
    checkpoint: z.string().nullable(),
    commits: z.array(z.object({ position: Position, index: z.int().nonnegative(), proof: z.array(Hash) })),
  }),
  refusals: ['size-not-signed'],
  since: '0.3.0',
});
