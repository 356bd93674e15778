import { z } from 'zod';
import { Condition } from './condition.schema.js';
import { DurationMs, FileMode, InnerPath, Purpose, ShortName } from './names.schema.js';

/** One configuration file: a structured document whose strings may hold `${…}` references (reference.ts). */
export const FileDescription = z.strictObject({
  path: InnerPath.describe('where it is put below the deployment’s folder'),
  format: z
    .enum(['yaml', 'json', 'ini', 'python-ini', 'environment'])
    .describe('python-ini is what Python’s RawConfigParser reads: no quotes, one line a value'),
  mode: FileMode.default('0600'),
  document: z.json().describe('the content; ${…} is replaced as a value'),
});
export type FileDescription = z.infer<typeof FileDescription>;

const Port = z.strictObject({ name: ShortName, protocol: z.enum(['http', 'tcp']).default('http') });

/** Which name leads to which port. */
const Route = z.strictObject({ name: Purpose, port: ShortName });

const Environment = z.record(z.string().regex(/^[A-Z_][A-Z0-9_]*$/, 'use capital letters, digits and _'), z.string());

/** What it must find on the host; the agent says which applications a host cannot run. */
const Needs = z.strictObject({
  python: z.string().min(1).optional(),
  commands: z.array(z.string().min(1)).default([]),
  programs: z
    .array(
      z.strictObject({
        name: z.enum(['postgres']),
        atLeast: z.int().min(1).describe('the oldest major version that will do'),
        when: Condition.optional(),
      }),
    )
    .default([])
    .describe('programs that the host has anyway, used where they are: ${host.postgres} is the folder they lie in'),
});

const Unit = z.strictObject({
  name: ShortName,
  when: Condition.optional(),
  command: z.array(z.string().min(1)).min(1).describe('the program and its arguments; no shell, no secrets'),
  workingFolder: z.string().default('${folder}'),
  environment: Environment.default({}),
  stopSignal: z.enum(['SIGTERM', 'SIGINT']).default('SIGTERM'),
  stopTimeoutMs: DurationMs.default(10_000),
  network: z
    .enum(['host', 'none'])
    .default('host')
    .describe(
      'none: it needs none, as a database behind a socket in the deployment’s folder; it goes on while a move opens',
    ),
});

const ProcessVariant = z.strictObject({
  needs: Needs.prefault({}),
  ports: z.array(Port).min(1),
  routes: z.array(Route).default([]),
  folders: z.array(InnerPath).default([]).describe('made before the first start, mode 0700'),
  units: z.array(Unit).min(1).describe('started in this order'),
});
export type ProcessVariant = z.infer<typeof ProcessVariant>;

const ContainerVariant = z.strictObject({
  needs: Needs.prefault({}),
  ports: z.array(Port).min(1),
  routes: z.array(Route).default([]),
  units: z
    .array(
      z.strictObject({
        name: ShortName,
        image: z.string().min(1).describe('with its digest'),
        command: z.array(z.string()).default([]),
        environment: Environment.default({}),
        mounts: z.array(z.strictObject({ from: InnerPath, to: z.string().startsWith('/'), readOnly: z.boolean() })),
      }),
    )
    .min(1),
});

const NixosVariant = z.strictObject({
  needs: Needs.prefault({}),
  ports: z.array(Port).min(1),
  routes: z.array(Route).default([]),
  units: z.array(z.strictObject({ name: ShortName, module: z.string().min(1), options: z.json() })).min(1),
});

/** How it runs on each backend. Only `process` is rendered so far. */
export const Variants = z
  .strictObject({
    process: ProcessVariant.optional(),
    container: ContainerVariant.optional(),
    nixos: NixosVariant.optional(),
  })
  .refine((variants) => Object.keys(variants).length > 0, 'declare at least one variant');
