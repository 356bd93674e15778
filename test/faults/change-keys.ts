import type { Installation } from '../kit/installation.js';

/** By `freehold <command>`, with as little time as may be: another provider knows a description for five seconds here. */
const COMMANDS = [
  ['master-key', 'rotate'],
  ['signing-keys', 'rotate', '--settle', '4', '--overlap', '0'],
  ['provider-key', 'rotate', '--settle', '6', '--overlap', '0'],
  ['log-key', 'rotate', '--settle', '6', '--overlap', '0'],
  ['witness-key', 'rotate', '--settle', '6', '--overlap', '0'],
];

/** One after the other, as staff would. @throws CommandFailed */
export async function changeAllKeys(installation: Installation): Promise<void> {
  for (const command of COMMANDS) await installation.freeholdJson([...command, '--home', installation.home]);
}
