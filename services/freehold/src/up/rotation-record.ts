import { appendFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';

/** Who changed which keys, and when: one JSON object a line, no secrets. Nothing reads it but people. */
export const rotationsFile = (home: string): string => join(home, 'keys', 'rotations.jsonl');

export function recordRotation(home: string, rotation: { keys: string } & Record<string, unknown>): void {
  const { username, uid } = userInfo();
  const line = { at: new Date().toISOString(), by: username, uid, ...rotation };
  appendFileSync(rotationsFile(home), `${JSON.stringify(line)}\n`, { mode: 0o600, flush: true });
}
