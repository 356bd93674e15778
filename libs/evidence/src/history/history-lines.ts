import { Commit, Position } from '@freehold/kernel';
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { LoggedCommit } from './commit-leaf.js';

/** A line of `history.jsonl`, without its end: a commit as the log's stream holds it, its body in base64. */
export const historyLine = ({ position, time, subject, body }: LoggedCommit): string =>
  JSON.stringify({ position, time, subject, body: Buffer.from(body).toString('base64') });

/** The commits of a file, line by line; null: none, or written otherwise than {@link historyLine} does. Every byte counts. */
export async function readHistory(file: string): Promise<(LoggedCommit | null)[]> {
  const commits: (LoggedCommit | null)[] = [];
  for await (const text of createInterface({ input: createReadStream(file), crlfDelay: Infinity })) {
    const commit = commitOf(text);
    commits.push(commit !== null && historyLine(commit) === text ? commit : null);
  }
  return commits;
}

function commitOf(text: string): LoggedCommit | null {
  const line = jsonOf(text);
  if (typeof line !== 'object' || line === null) return null;
  const { position, time, subject, body } = line as Record<string, unknown>;
  const place = Position.safeParse(position);
  if (!place.success || typeof time !== 'string' || typeof subject !== 'string' || typeof body !== 'string')
    return null;
  return { position: place.data, time, subject, body: Buffer.from(body, 'base64') };
}

/** What the body of a commit says; null: it is none. */
export function commitInBody(body: Uint8Array): Commit | null {
  return Commit.safeParse(jsonOf(Buffer.from(body).toString('utf8'))).data ?? null;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
