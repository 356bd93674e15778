import { type NoteVerifier, parseVerifierKey } from '@freehold/evidence';
import { readFile } from 'node:fs/promises';
import { z } from 'zod';

/**
 * Who cosigns our log, and whose logs we cosign: a file that staff write (docs/provider/witnesses.md). Without it nobody. It is
 * read again at each use, so a change holds at once.
 *
 *     { "witnesses": [{ "url": "https://witness.example", "key": "<verifier key>" }],
 *       "logs":      [{ "origin": "cloud.example/log", "keys": ["<verifier key>"] }] }
 */
export interface WitnessSettings {
  witnesses: readonly KnownWitness[];
  logs: readonly { origin: string; verifiers: readonly NoteVerifier[] }[];
}

/** `add-checkpoint` stands below `url`. */
export interface KnownWitness {
  url: string;
  verifier: NoteVerifier;
}

const VerifierKey = z.string().transform((text, context) => {
  const parsed = parseVerifierKey(text);
  if (parsed.kind === 'read') return parsed.value;
  context.addIssue({ code: 'custom', message: parsed.findings.map(({ detail }) => detail).join(' ') });
  return z.NEVER;
});

const Settings = z.strictObject({
  witnesses: z
    .array(z.strictObject({ url: z.url({ protocol: /^https?$/ }), key: VerifierKey }))
    .max(20)
    .default([]),
  logs: z
    .array(z.strictObject({ origin: z.string().min(1), keys: z.array(VerifierKey).min(1) }))
    .max(100)
    .default([]),
});

/** @throws Error naming the file when it is there and not of this form. */
export async function readWitnessSettings(file: string): Promise<WitnessSettings> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if (isAbsent(error)) return '{}';
    throw error;
  });
  try {
    const { witnesses, logs } = Settings.parse(JSON.parse(text));
    return {
      witnesses: witnesses.map(({ url, key }) => ({ url: url.replace(/\/$/, ''), verifier: key })),
      logs: logs.map(({ origin, keys }) => ({ origin, verifiers: keys })),
    };
  } catch (cause) {
    throw new Error(`${file} does not name witnesses and logs; docs/provider/witnesses.md shows its form`, { cause });
  }
}

const isAbsent = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOENT';
