import { Finding, Id, Position } from '@freehold/kernel';
import { Amounts } from '@freehold/provisioning-contract';
import { z } from 'zod';

const Release = { application: z.string(), version: z.string(), digest: z.string() };
const OfMove = { move: Id, ...Release };
const Sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'sha256 in lower-case hexadecimal');

/** A job's result is recorded in the log and crosses NATS: so many bytes of JSON at most. */
export const JOB_RESULT_LIMIT_BYTES = 256 * 1024;
export const JobResult = z
  .json()
  .refine((result) => JSON.stringify(result).length <= JOB_RESULT_LIMIT_BYTES, 'a result of at most 256 KiB');
export type JobResult = z.infer<typeof JobResult>;

/** What a sealed bag is known by: the digest that its provider signed, and how much it holds. */
export const SealedBag = z.object({
  tagManifestSha256: Sha256,
  payloadBytes: z.int().nonnegative(),
  payloadFiles: z.int().nonnegative(),
});
export type SealedBag = z.infer<typeof SealedBag>;

/** Target: files and copies of databases while the source still runs, round after round, until a round's rest is small. Result: CopyResult. */
const CopyState = z.object({
  kind: z.literal('copy-state'),
  ...OfMove,
  maxRounds: z.int().min(1).max(20).default(5),
  /** A round that moved no more than the larger of the two is the last. */
  restBytes: z
    .int()
    .nonnegative()
    .default(16 * 1024 ** 2),
  restShare: z.number().min(0).max(1).default(0.01),
  /** More than this is not taken: what was announced, or the quota. */
  maxBytes: z.int().positive().nullable().default(null),
  maxFiles: z.int().positive().nullable().default(null),
  /** Of the environment, in which databases are restored that were copied ahead; null: they are restored later. */
  amounts: Amounts.nullable().default(null),
});
/**
 * Source, once the environment is stopped at `generation`: the sealed bag. `info` goes to bag-info.txt. Result: CaptureResult.
 * `whole`: files are copied into the bag, which is then independent of the environment, and holds a README.txt for people.
 */
const CaptureState = z.object({
  kind: z.literal('capture-state'),
  ...OfMove,
  generation: z.int().positive(),
  /** age public key of who may open the secrets. */
  recipient: z.string().startsWith('age1'),
  info: z.record(z.string(), z.string()).default({}),
  whole: z.boolean().optional(),
});
/** Target: the sealed rest, checked and put in place; the environment is made if it is not there. Result: RestoreResult. */
const RestoreState = z.object({
  kind: z.literal('restore-state'),
  ...OfMove,
  seal: SealedBag,
  amounts: Amounts,
});
/**
 * Both: removes what the move left in the agent's own folder, never the environment. `keepDigests`: not what the rounds
 * have found out about files that have not changed since.
 */
const EraseMove = z.object({
  kind: z.literal('erase-move'),
  move: Id,
  keepDigests: z.boolean().default(false),
  /** Also what came with it from earlier providers: the environment is about to go. */
  history: z.boolean().default(false),
});

/** Finite work on data, for the agent of a host: subject `job.<host>.<deployment>`. `id` is the step's command id. */
export const Job = z.object({
  id: Id,
  operator: Id,
  deployment: Id,
  environment: Id,
  epoch: z.int().nonnegative(),
  work: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('prepare-release'), ...Release }),
    z.object({
      kind: z.literal('run-hook'),
      hook: z.enum(['first-admin', 'quiesce', 'after-restore']),
      generation: z.int().positive(),
    }),
    CopyState,
    CaptureState,
    RestoreState,
    EraseMove,
  ]),
});
export type Job = z.infer<typeof Job>;

/** Of `copy-state`. `small`: the last round moved so little that the seal may follow. */
export const CopyResult = z.object({
  rounds: z.array(
    z.object({
      files: z.int(),
      bytes: z.int(),
      fetchedFiles: z.int(),
      fetchedBytes: z.int(),
      /** Files that changed while they were read; the next round takes them. */
      changedFiles: z.int(),
      durationMs: z.int(),
    }),
  ),
  small: z.boolean(),
});
export type CopyResult = z.infer<typeof CopyResult>;

/** Counts and digests of a part, as @freehold/state-parts makes them. */
export const PartReport = z.object({
  part: z.string(),
  kind: z.enum(['files', 'sqlite', 'postgres', 'mysql', 'redis']),
  tables: z.array(z.object({ name: z.string(), count: z.number(), digest: z.string() })),
  counts: z.record(z.string(), z.number()),
});
export type PartReport = z.infer<typeof PartReport>;
/** Null where it would not fit a message; it is in the bag. */
const Report = z.array(PartReport).nullable();

/** Of `capture-state`. */
export const CaptureResult = SealedBag.extend({ report: Report });
export type CaptureResult = z.infer<typeof CaptureResult>;

/** Of a bag's history: how much of it its proof proves, and what it does not. Findings of a proof that is wrong end the restore. */
export const HistoryProven = z.object({
  /** Commits of the source's log that were proven, the last of them, and those that its checkpoint does not cover. */
  commits: z.int(),
  through: Position.nullable(),
  unsigned: z.int(),
  /** Commits of earlier providers before them. */
  earlier: z.int(),
  /** Leaves of the checkpoint; null: there was no proof. */
  checkpointSize: z.int().nullable(),
  warnings: z.array(Finding).max(10),
});
export type HistoryProven = z.infer<typeof HistoryProven>;

/** Of `restore-state`. No differences: every file and every row is equal by digest. */
export const RestoreResult = z.object({
  report: Report,
  differences: z
    .array(
      z.object({
        part: z.string(),
        name: z.string(),
        what: z.enum(['count', 'digest', 'missing', 'unexpected']),
        before: z.string().nullable(),
        after: z.string().nullable(),
      }),
    )
    .max(200),
  /** data/identity.json of the bag. */
  identity: z.json(),
  /** Of agents that look at it. */
  history: HistoryProven.exactOptional(),
  fetchedFiles: z.int(),
  fetchedBytes: z.int(),
  /** `due`: the package's hook waits for a configuration, or until it runs: a job `run-hook`. */
  afterRestore: z.enum(['none', 'done', 'due']),
});
export type RestoreResult = z.infer<typeof RestoreResult>;
