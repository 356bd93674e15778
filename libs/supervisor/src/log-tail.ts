import { readIfThere } from './private-file.js';

/** The last lines of a server's log, for an error that must say why it did not start. */
export function tailOf(path: string, lines = 8): string {
  return (readIfThere(path) ?? '(empty)').trimEnd().split('\n').slice(-lines).join('\n');
}
