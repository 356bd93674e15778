/**
 * The provider's function from (available, requested) to a plan: `(requests, available) —policy→ plan`.
 * The one rule so far sends everything to one host; whether it fits is decided by the host's aggregate.
 */
import type { Finding } from '@freehold/kernel';
import type { Amounts } from '@freehold/provisioning-contract';

export interface Rule {
  kind: 'this-host';
  host: string;
}
export interface Plan {
  host: string;
}

export const policy = (rule: Rule): Plan => {
  switch (rule.kind) {
    case 'this-host':
      return { host: rule.host };
  }
};

/** What is left of a capacity. */
export const freeOf = (capacity: Amounts, reserved: Iterable<Amounts>): Amounts => {
  let { memoryBytes, cpuMillis, diskBytes } = capacity;
  for (const each of reserved) {
    memoryBytes -= each.memoryBytes;
    cpuMillis -= each.cpuMillis;
    diskBytes -= each.diskBytes;
  }
  return { memoryBytes, cpuMillis, diskBytes };
};

/** Everything in which the requested amounts do not fit into the free ones. */
export const findingsOfPlacement = (requested: Amounts, free: Amounts): Finding[] =>
  DIMENSIONS.filter(({ key }) => requested[key] > free[key]).map(({ key, code, what, show }) => ({
    pointer: '/plan',
    code,
    detail: `${show(requested[key])} of ${what} are needed, ${show(Math.max(0, free[key]))} are free.`,
    hint: 'Order a smaller plan, or ask the provider for more capacity.',
  }));

const mebibytes = (bytes: number): string => `${String(Math.ceil(bytes / 2 ** 20))} MiB`;
const cores = (millis: number): string => `${(millis / 1000).toFixed(2)} cores`;

const DIMENSIONS = [
  { key: 'memoryBytes', code: 'memory-too-small', what: 'memory', show: mebibytes },
  { key: 'cpuMillis', code: 'processor-too-small', what: 'processor time', show: cores },
  { key: 'diskBytes', code: 'disk-too-small', what: 'disk space', show: mebibytes },
] as const;
