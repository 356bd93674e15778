import { z } from 'zod';

/*
 * What agents' name servers answer: the bucket ZONES, written only by provisioning from the log, and written again from
 * there when it is lost.
 *
 *     name.<id of the name>  → PublishedName      zone.<zone> → PublishedZone
 */
export const ZONES_BUCKET = 'ZONES';
export const ZONES_DESCRIPTION = 'what name servers answer, by name and zone: written again from the log if it is lost';
/** Says that everything in the log was written once; not there in a new bucket. */
export const ZONES_COMPLETE_KEY = 'complete';

export const publishedNameKey = (id: string): string => `name.${id}`;
/** A domain's characters may all stand in a key. */
export const publishedZoneKey = (zone: string): string => `zone.${zone}`;

const DomainName = z
  .string()
  .regex(/^[a-z0-9_]([a-z0-9_-]{0,62})?(\.[a-z0-9_]([a-z0-9_-]{0,62})?)*$/)
  .max(253);
const Uint16 = z.int().min(0).max(65_535);
const Seconds = z
  .int()
  .min(0)
  .max(2 ** 31 - 1);

/** Data as in a zone file (RFC 1035, 2782, 3596, 8659); a TXT record is a list of strings of at most 255 bytes. */
export const ResourceRecord = z.discriminatedUnion('type', [
  z.object({ type: z.literal('A'), data: z.ipv4() }),
  z.object({ type: z.literal('AAAA'), data: z.ipv6() }),
  z.object({ type: z.literal('CNAME'), data: DomainName }),
  z.object({ type: z.literal('TXT'), data: z.array(z.string().max(255)).min(1) }),
  z.object({
    type: z.literal('SRV'),
    data: z.object({ priority: Uint16, weight: Uint16, port: Uint16, target: DomainName }),
  }),
  z.object({
    type: z.literal('CAA'),
    data: z.object({ critical: z.boolean(), tag: z.enum(['issue', 'issuewild', 'iodef']), value: z.string().max(255) }),
  }),
]);
export type ResourceRecord = z.infer<typeof ResourceRecord>;

/** Everything that is answered for a name. Lower case, no final dot. */
export const PublishedName = z.object({ name: DomainName, ttlS: Seconds, records: z.array(ResourceRecord).max(100) });
export type PublishedName = z.infer<typeof PublishedName>;

/** SOA (RFC 1035, 3.3.13; RFC 2308 for `negativeTtlS`) and name servers of a zone; their addresses are in the zone too. */
export const PublishedZone = z.object({
  zone: DomainName,
  ttlS: Seconds,
  primary: DomainName,
  mailbox: DomainName,
  serial: z
    .int()
    .min(0)
    .max(2 ** 32 - 1),
  refreshS: Seconds,
  retryS: Seconds,
  expireS: Seconds,
  negativeTtlS: Seconds,
  nameServers: z.array(z.object({ name: DomainName, address: z.union([z.ipv4(), z.ipv6()]) })).max(100),
});
export type PublishedZone = z.infer<typeof PublishedZone>;
