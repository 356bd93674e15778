import { z } from 'zod';
import { DurationMs, Purpose, ShortName } from './names.schema.js';

const HttpProbe = z.strictObject({
  port: ShortName,
  path: z.string().startsWith('/'),
  status: z.int().min(100).max(599).default(200),
  timeoutMs: DurationMs.default(5_000).describe('for one attempt'),
});

/** started: it listens, within `startTimeoutMs` · ready: it answers users · alive: it need not be restarted. */
export const Health = z.strictObject({
  startTimeoutMs: DurationMs.default(60_000),
  started: HttpProbe,
  ready: HttpProbe,
  alive: HttpProbe,
});

/** before-start: files are in place, nothing runs · running: it is ready · stopped: nothing runs, and it did. */
const When = z.enum(['before-start', 'running', 'stopped']);

const Hook = z.strictObject({
  when: When,
  timeLimitMs: DurationMs,
  script: z.string().regex(/^hooks\/[a-z0-9-]+\.sh$/, 'name a shell script in hooks/'),
  secrets: z.array(ShortName).default([]).describe('the secrets its input holds; no others'),
  twice: z.literal('harmless').describe('said by the author: running it again changes nothing'),
});
export type Hook = z.infer<typeof Hook>;

export const HOOK_NAMES = ['configure', 'first-admin', 'quiesce', 'after-restore', 'upgrade'] as const;
export type HookName = (typeof HOOK_NAMES)[number];

/** What the platform calls at its fixed moments; only where a declaration does not suffice. */
export const Hooks = z.strictObject({
  configure: Hook.optional(),
  'first-admin': Hook.extend({
    account: z
      .strictObject({ user: z.string().min(1), passwordSecret: ShortName })
      .describe('what the operator is shown to sign in for the first time'),
  }).optional(),
  quiesce: Hook.extend({ when: z.literal('running') })
    .optional()
    .describe('before it is stopped to be captured: what is in memory goes to disk'),
  'after-restore': Hook.extend({ when: z.enum(['before-start', 'running']) })
    .optional()
    .describe('after its state was put back, here or elsewhere: what must not be carried over is made anew'),
  upgrade: Hook.optional(),
});

/** What it sends as. `none`: it sends nothing yet. */
export const Mail = z.discriminatedUnion('needs', [
  z.strictObject({ needs: z.literal('none') }),
  z.strictObject({ needs: z.enum(['relay', 'mailboxes']), name: Purpose, localPart: ShortName }),
]);

/** How it takes an OIDC client. */
export const SignOn = z.discriminatedUnion('takes', [
  z.strictObject({ takes: z.literal('none') }),
  z.strictObject({ takes: z.literal('oidc'), name: Purpose, callbackPath: z.string().startsWith('/') }),
]);
