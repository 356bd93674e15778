/** Which names may be claimed: host names (RFC 1123) with one or more labels right below the provider's zone. */
import type { Finding } from '@freehold/kernel';
import { nameTaken } from './name.findings.js';

const LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/** Lower case, without the root's dot. */
export const normaliseName = (name: string): string => name.trim().toLowerCase().replace(/\.$/, '');

/**
 * Everything that is wrong with `name` (normalised) as a name below `zone`. `via` a provider: the name is under the zone of
 * that one, and must not be under ours.
 */
export function findingsOfName(name: string, zone: string, via: string | null = null): Finding[] {
  const isBelow = name.endsWith(`.${zone}`);
  return [
    ...(isHostName(name) ? [] : [nameInvalid(zone)]),
    ...(via === null && !isBelow ? [outsideZone(zone)] : []),
    ...(via !== null && (isBelow || name === zone) ? [insideZone(zone)] : []),
    ...(isOfNameServers(name, zone) ? [nameTaken] : []),
  ];
}

/** The names of the zone's own name servers: `<host>.ns.<zone>`. */
export const nameServersOf = (zone: string): string => `ns.${zone}`;

const isOfNameServers = (name: string, zone: string): boolean =>
  name === nameServersOf(zone) || name.endsWith(`.${nameServersOf(zone)}`);

const isHostName = (name: string): boolean => name.length <= 253 && name.split('.').every((label) => LABEL.test(label));

const nameInvalid = (zone: string): Finding => ({
  pointer: '/name',
  code: 'name-invalid',
  detail: 'This is not a host name.',
  hint: `Use labels of letters, digits and inner hyphens, each at most 63 characters, such as chat.${zone}.`,
});
const outsideZone = (zone: string): Finding => ({
  pointer: '/name',
  code: 'name-outside-zone',
  detail: `Only names below ${zone} can be used here.`,
  hint: `Choose a name such as chat.${zone}.`,
});
const insideZone = (zone: string): Finding => ({
  pointer: '/name',
  code: 'name-inside-zone',
  detail: `${zone} and the names below it are ours; no other provider gives them away.`,
  hint: 'Move the deployment under a name of the zone it comes from.',
});

/** The id in the subject is not that of the name: two claims of it would not meet. */
export const nameElsewhere: Finding = {
  pointer: '/name',
  code: 'name-invalid',
  detail: 'The id of the name is not that of the name.',
  hint: 'Order again; the id follows from the name.',
};
