import { z } from 'zod';
import { Count, IdentityProbe, SecretDescription, StatePart } from './contents.schema.js';
import { InnerPath, Purpose, ShortName } from './names.schema.js';
import { Health, Hooks, Mail, SignOn } from './operation.schema.js';
import { FileDescription, Variants } from './runs.schema.js';

const Version = z.string().regex(/^[0-9]+(\.[0-9]+)*([.-][0-9A-Za-z]+)*$/, 'write a version, for example 1.2.3');

const PythonInstall = z.strictObject({
  kind: z.literal('python'),
  python: z.string().regex(/^>=3\.\d+(,<3\.\d+)?$/, 'write for example >=3.11,<3.14'),
  requirements: InnerPath.describe('a requirements file in which every line has its hashes'),
  digest: z.string().regex(/^[0-9a-f]{64}$/, 'sha-256 of the requirements file, as 64 hexadecimal digits'),
});

/** One version: what is installed for each variant, and from where an upgrade is allowed. */
const ReleaseDescription = z.strictObject({
  version: Version,
  date: z.iso.date(),
  installs: z.strictObject({ process: PythonInstall.optional() }),
  upgradesFrom: z.array(Version).describe('versions of which a deployment may be upgraded to this one'),
  wayBack: z.strictObject({ exists: z.boolean(), why: z.string().min(1) }),
});

const MEBI_LIMIT = 1024 * 1024;
const PlanResources = z.strictObject({
  memoryMebibytes: z.int().min(1).max(MEBI_LIMIT),
  cpuMillis: z.int().min(10).max(64_000).describe('thousandths of a processor'),
  diskMebibytes: z
    .int()
    .min(1)
    .max(MEBI_LIMIT * 16),
});

const Resources = z.strictObject({
  plans: z.strictObject({ small: PlanResources, medium: PlanResources, large: PlanResources }),
  names: z
    .array(z.strictObject({ purpose: Purpose, title: z.string().min(1), identityBound: z.boolean() }))
    .min(1)
    .describe('the domain names it needs; the first is the one that an operator opens'),
  bucket: z.boolean().default(false),
});

/** The whole of `app.yaml`. Design: apps.md. */
export const AppDescription = z.strictObject({
  format: z.literal(1).describe('of this file'),
  name: ShortName,
  title: z.string().min(1).max(80),
  categories: z.array(ShortName).min(1),
  website: z.url({ protocol: /^https$/ }),
  licence: z.string().min(1).describe('SPDX expression'),
  about: InnerPath.default('about.md'),
  icon: InnerPath.default('icon.svg'),
  unproven: z.string().min(1).optional().describe('why the conformance suite cannot run it'),
  releases: z.array(ReleaseDescription).min(1).describe('newest first'),
  resources: Resources,
  files: z.array(FileDescription).default([]),
  variants: Variants,
  state: z.array(StatePart).min(1),
  secrets: z.array(SecretDescription).default([]),
  identity: z.array(IdentityProbe).default([]),
  counts: z.array(Count).default([]),
  health: Health,
  hooks: Hooks.prefault({}),
  mail: Mail,
  'sign-on': SignOn,
});
export type AppDescription = z.infer<typeof AppDescription>;

/** `app.yaml` as JSON Schema (draft 2020-12), as an author writes it: defaults may be left out. */
export function packageJsonSchema(): Record<string, unknown> {
  return z.toJSONSchema(AppDescription, { target: 'draft-2020-12', io: 'input' });
}
