import { z } from 'zod';
import { Condition } from './condition.schema.js';
import { FileMode, InnerPath, Purpose, ShortName } from './names.schema.js';

/** One part of the state: what has to be captured so that the application can go on elsewhere. */
export const StatePart = z.strictObject({
  name: ShortName,
  when: Condition.optional(),
  kind: z.enum(['files', 'sqlite', 'postgres', 'mysql', 'redis']),
  path: InnerPath.describe('below the deployment’s folder; of a database server: its own folder'),
  database: ShortName.optional().describe('for postgres and mysql: the database’s name'),
  socket: InnerPath.optional().describe(
    'for postgres: the folder of its server’s Unix socket, below the deployment’s folder, where the superuser `postgres` is let in without a password; the database is then copied while it runs, and a move stops it for what has changed since only',
  ),
  leaveOut: z
    .array(z.strictObject({ path: z.string().min(1), why: z.string().min(1) }))
    .default([])
    .describe('caches and remote media (paths below the part), or tables'),
  copyWhileLive: z.boolean().describe('whether a copy taken while it runs is consistent'),
});

/** How a secret is made, from random octets that come in as an argument. */
export const Generate = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('random'),
    bytes: z.int().min(16).max(64),
    encoding: z.enum(['base64url', 'hex']),
  }),
  z.strictObject({ kind: z.literal('synapse-signing-key') }),
]);
export type Generate = z.infer<typeof Generate>;

/** One secret. `put` is absent when only hooks or documents take it. */
export const SecretDescription = z.strictObject({
  name: ShortName,
  madeBy: z.enum(['platform', 'application']),
  generate: Generate.optional(),
  put: z.strictObject({ path: InnerPath, mode: FileMode.default('0400') }).optional(),
  travels: z.boolean().describe('whether it goes along on a move'),
  ifLost: z.string().min(1).describe('what breaks'),
});

const IdentityKind = z.enum(['matrix-server-keys', 'webfinger', 'actor', 'nodeinfo', 'instance-api']);

/** A probe of the identity that the federated world knows. */
export const IdentityProbe = z.strictObject({
  kind: IdentityKind,
  name: Purpose.describe('the name whose identity it is'),
  port: ShortName,
  path: z.string().startsWith('/'),
  equal: z.array(z.string().min(1)).min(1).describe('fields of the answer that are equal before and after a move'),
});

/** A number worth comparing, taken at rest. */
export const Count = z.strictObject({
  name: ShortName,
  title: z.string().min(1),
  part: ShortName,
  sql: z
    .string()
    .regex(/^SELECT\s[^;]+$/, 'write one SELECT without a semicolon')
    .optional(),
  files: z
    .strictObject({ under: InnerPath.optional(), named: z.string().min(1).default('*') })
    .optional()
    .describe('counts files below the part whose base name matches the pattern (* only)'),
});
