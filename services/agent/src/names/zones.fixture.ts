import type { PublishedName, PublishedZone, ResourceRecord } from '@freehold/provisioning-contract';
import { ServedZones } from './domain/served-zones.js';

export const ZONE = 'freehold.test';
export const zone: PublishedZone = {
  zone: ZONE,
  ttlS: 3_600,
  primary: `one.ns.${ZONE}`,
  mailbox: `hostmaster.${ZONE}`,
  serial: 7,
  ...{ refreshS: 3_600, retryS: 600, expireS: 1_209_600, negativeTtlS: 60 },
  nameServers: [{ name: `one.ns.${ZONE}`, address: '127.0.0.2' }],
};

export const named = (name: string, ...records: ResourceRecord[]): PublishedName => ({ name, ttlS: 60, records });

/** A zone with a name of each kind. */
export function servedZones(): ServedZones {
  const zones = new ServedZones();
  zones.putZone(`zone.${ZONE}`, zone);
  const names = [
    named(`chat.${ZONE}`, { type: 'A', data: '127.0.0.2' }, { type: 'AAAA', data: '2001:db8::1' }),
    named(`alias.${ZONE}`, { type: 'CNAME', data: `chat.${ZONE}` }),
    named(`away.${ZONE}`, { type: 'CNAME', data: 'www.example.org' }),
    named(`dead.${ZONE}`, { type: 'CNAME', data: `none.${ZONE}` }),
    named(`loop.${ZONE}`, { type: 'CNAME', data: `loop.${ZONE}` }),
    named(
      `text.${ZONE}`,
      { type: 'TXT', data: ['v=spf1', '-all'] },
      { type: 'CAA', data: { critical: true, tag: 'issue', value: 'ca.example' } },
    ),
    named(`_matrix._tcp.chat.${ZONE}`, {
      type: 'SRV',
      data: { priority: 1, weight: 2, port: 8448, target: `chat.${ZONE}` },
    }),
    named(
      `large.${ZONE}`,
      ...Array.from({ length: 60 }, (_, n): ResourceRecord => ({ type: 'TXT', data: [`${n}`.padEnd(100, 'x')] })),
    ),
    // Not under any zone of ours: it must never be answered.
    named('chat.cloud.example', { type: 'A', data: '127.0.0.2' }),
  ];
  for (const each of names) zones.putName(`name.${each.name}`, each);
  return zones;
}
