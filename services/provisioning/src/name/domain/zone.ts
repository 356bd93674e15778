/** Which names may be claimed: host names (RFC 1123) with one or more labels right below the provider's zone. */
import type { Finding } from '@freehold/kernel';

const LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/** Lower case, without the root's dot. */
export const normaliseName = (name: string): string => name.trim().toLowerCase().replace(/\.$/, '');

/** Everything that is wrong with `name` (normalised) as a name below `zone`. */
export function findingsOfName(name: string, zone: string): Finding[] {
  const findings: Finding[] = [];
  if (name.length > 253 || !name.split('.').every((label) => LABEL.test(label))) {
    findings.push({
      pointer: '/name',
      code: 'name-invalid',
      detail: 'This is not a host name.',
      hint: 'Use labels of letters, digits and inner hyphens, each at most 63 characters, such as chat.' + zone + '.',
    });
  }
  if (!name.endsWith(`.${zone}`)) {
    findings.push({
      pointer: '/name',
      code: 'name-outside-zone',
      detail: `Only names below ${zone} can be used here.`,
      hint: `Choose a name such as chat.${zone}.`,
    });
  }
  return findings;
}

/** The id in the subject is not that of the name: two claims of it would not meet. */
export const nameElsewhere: Finding = {
  pointer: '/name',
  code: 'name-invalid',
  detail: 'The id of the name is not that of the name.',
  hint: 'Order again; the id follows from the name.',
};
