import { processesIn, proportionalSetSize } from '../kit/proc.js';

type Part = 'node' | 'nats' | 'postgres' | 'other';

/** Bytes (sum of PSS) of an installation's parts. */
export function memoryOf(folder: string): Record<Part, number> {
  const sizes = { node: 0, nats: 0, postgres: 0, other: 0 };
  for (const { pid, command } of processesIn(folder)) sizes[partOf(command)] += proportionalSetSize(pid);
  return sizes;
}

function partOf(command: string): Part {
  if (command.startsWith('node')) return 'node';
  if (command.startsWith('nats-server')) return 'nats';
  return command.startsWith('postgres') ? 'postgres' : 'other';
}
