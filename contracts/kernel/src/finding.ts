import { z } from 'zod';

/**
 * One reason why something is refused. A refusal lists all of them at once.
 *
 * - `pointer`: RFC 6901 JSON pointer into what was sent (`/settings/uploadLimit`), or `` for the whole.
 * - `code`: stable kebab-case noun (`name-taken`), for programs.
 * - `detail`: what is wrong, for people, without secrets or personal data of others.
 * - `hint`: what to do about it.
 */
export const Finding = z.object({ pointer: z.string(), code: z.string(), detail: z.string(), hint: z.string() });
export type Finding = z.infer<typeof Finding>;

/** Findings of a schema that did not match, each with its pointer below `root`. */
export function findingsOf(error: z.ZodError, root = ''): Finding[] {
  return error.issues.map((issue) => ({
    pointer: `${root}${issue.path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')}`,
    code: issue.code === 'unrecognized_keys' ? 'field-unknown' : 'field-invalid',
    detail: issue.message,
    hint: 'Correct this field; the operation’s description lists what it takes.',
  }));
}
