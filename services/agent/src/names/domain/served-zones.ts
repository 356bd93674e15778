import type { PublishedName, PublishedZone, ResourceRecord } from '@freehold/provisioning-contract';

/** What a name server answers of besides what is published for a name. */
export type ZoneRecord =
  | ResourceRecord
  | { type: 'NS'; data: string }
  | {
      type: 'SOA';
      data: Pick<PublishedZone, 'primary' | 'mailbox' | 'serial' | 'refreshS' | 'retryS' | 'expireS'> & {
        negativeTtlS: number;
      };
    };

export interface RecordSet {
  readonly ttlS: number;
  readonly records: readonly ZoneRecord[];
}

interface Index {
  /** By name, lower case. A name without records is there because one below it has some (RFC 8020). */
  readonly sets: ReadonlyMap<string, RecordSet>;
  readonly zones: ReadonlyMap<string, PublishedZone>;
}

const NONE: RecordSet = { ttlS: 0, records: [] };

/** The zones and names that are served, by the key of their entry; the newest of each. */
export class ServedZones {
  readonly #zones = new Map<string, PublishedZone>();
  readonly #names = new Map<string, PublishedName>();
  #index: Index | undefined;

  putZone(key: string, zone: PublishedZone): void {
    this.#zones.set(key, zone);
    this.#index = undefined;
  }

  putName(key: string, name: PublishedName): void {
    this.#names.set(key, name);
    this.#index = undefined;
  }

  delete(key: string): void {
    if (this.#zones.delete(key) || this.#names.delete(key)) this.#index = undefined;
  }

  /** Forgets all others. */
  keepOnly(keys: ReadonlySet<string>): void {
    for (const key of [...this.#zones.keys(), ...this.#names.keys()]) if (!keys.has(key)) this.delete(key);
  }

  /** By key; to be kept on disk. */
  entries(): [string, PublishedZone | PublishedName][] {
    return [...this.#zones, ...this.#names];
  }

  get zoneNames(): string[] {
    return [...this.#zones.values()].map(({ zone }) => zone);
  }

  /** The closest zone at or above a name (lower case). */
  zoneOf(name: string): PublishedZone | undefined {
    const { zones } = this.#indexed();
    for (const suffix of suffixesOf(name)) {
      const zone = zones.get(suffix);
      if (zone !== undefined) return zone;
    }
    return undefined;
  }

  /** Undefined: there is no such name. */
  recordsOf(name: string): RecordSet | undefined {
    return this.#indexed().sets.get(name);
  }

  #indexed(): Index {
    this.#index ??= indexOf([...this.#zones.values()], [...this.#names.values()]);
    return this.#index;
  }
}

/** `a.b.c` → `a.b.c`, `b.c`, `c`. */
export function suffixesOf(name: string): string[] {
  const labels = name.split('.');
  return labels.map((_, index) => labels.slice(index).join('.'));
}

function indexOf(published: readonly PublishedZone[], names: readonly PublishedName[]): Index {
  const zones = new Map(published.map((zone) => [zone.zone, zone]));
  const sets = new Map<string, RecordSet>();
  const add = (name: string, set: RecordSet): void => {
    sets.set(name, set);
    for (const above of suffixesOf(name).slice(1)) if (!sets.has(above)) sets.set(above, NONE);
  };
  for (const { name, ttlS, records } of names) add(name, { ttlS, records });
  for (const zone of published) {
    for (const { name, address } of zone.nameServers) add(name, { ttlS: zone.ttlS, records: [addressRecord(address)] });
    add(zone.zone, apexOf(zone));
  }
  return { sets, zones };
}

const addressRecord = (data: string): ResourceRecord => ({ type: data.includes(':') ? 'AAAA' : 'A', data });

const apexOf = (zone: PublishedZone): RecordSet => ({
  ttlS: zone.ttlS,
  records: [
    { type: 'SOA', data: zone },
    ...zone.nameServers.map(({ name }): ZoneRecord => ({ type: 'NS', data: name })),
  ],
});
