import { Finding } from '@freehold/kernel';
import { z } from 'zod';
import { GivenUp } from '../reconciler/failures.js';
import { linesOf } from './lines.js';

/** Of a line: a path of 2 KiB whose every byte is escaped, and what is said about it. */
export const LINE_LIMIT_BYTES = 64 * 1024;

const Nanoseconds = z
  .string()
  .regex(/^-?\d{1,20}$/)
  .transform((text) => BigInt(text));
const at = { path: z.string(), mtimeNs: Nanoseconds };
const mode = z.int().min(0).max(0o7777);
const Sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const EntryLine = z.discriminatedUnion('type', [
  z.object({ type: z.literal('file'), ...at, sizeBytes: z.int().nonnegative(), sha256: Sha256.optional(), mode }),
  z.object({ type: z.literal('dir'), ...at, mode }),
  z.object({ type: z.literal('link'), ...at, target: z.string() }),
]);
/** The last line; without it something is missing. */
const EndLine = z.object({ type: z.literal('end'), entries: z.int().nonnegative() });
/** The last line instead: why this part cannot be moved. */
const RefusedLine = z.object({ type: z.literal('refused'), findings: z.array(Finding).min(1).max(50) });
const Line = z.union([EntryLine, EndLine, RefusedLine]);

/** An entry as a source says it: of a file in an outline, no digest. */
export type SaidEntry = z.infer<typeof EntryLine>;

/** One entry of a part as a line of JSON, with its end. Times in nanoseconds as text. */
export const listingLine = (entry: SaidEntry): string =>
  `${JSON.stringify({ ...entry, mtimeNs: String(entry.mtimeNs) })}\n`;
export const refusedLine = (findings: readonly Finding[]): string =>
  `${JSON.stringify({ type: 'refused', findings })}\n`;
export const endLine = (entries: number): string => `${JSON.stringify({ type: 'end', entries })}\n`;

/**
 * Reads a listing of somebody else. `refuse` throws; it is called for whatever is not as it should be.
 * @throws GivenUp with what the source says against its part
 */
export async function* readListing(
  chunks: AsyncIterable<Uint8Array>,
  refuse: (why: string) => never,
): AsyncGenerator<SaidEntry> {
  let entries = 0;
  let ended = false;
  for await (const text of linesOf(chunks, LINE_LIMIT_BYTES, () => refuse('a line is too long'))) {
    const line = Line.safeParse(parsed(text));
    if (!line.success || ended) return refuse('a line cannot be read');
    if (line.data.type === 'refused') throw new GivenUp(line.data.findings);
    if (line.data.type === 'end') {
      if (line.data.entries !== entries) refuse('entries are missing');
      ended = true;
    } else {
      entries += 1;
      yield line.data;
    }
  }
  if (!ended) refuse('its end is missing');
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
