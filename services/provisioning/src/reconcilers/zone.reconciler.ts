/**
 * Keeps the bucket ZONES equal to the log: a record set for each name under the zone that leads somewhere, and the zone's own
 * records.
 *
 *     log ─► name changed ─► load name, environment, host ─► recordSetOf ─► compare-and-set
 *     log ─► host joined or changed ─► every name that was ever published, and the zone
 *     log ─► operator erased ─► every name that was ever published: nobody knows any more which were its
 *
 * Invariants: it has no input but the log and the configured zone, and the same is written however often it runs; an
 * entry's revision is read before what it follows from, so older knowledge never replaces newer. On a crash the commits
 * after the bookmark are handled again; at start every entry is compared, and a bucket that was lost is filled again.
 */
import { operatorErased } from '@freehold/accounts-contract';
import { parsePosition, type Position, type StoredCommit } from '@freehold/kernel';
import { aggregateFilter, contextFilter, type Log, parseSubject } from '@freehold/log';
import { CONFIGURATION, Follower, LOG } from '@freehold/platform';
import { PublishedZone, publishedNameKey, publishedZoneKey } from '@freehold/provisioning-contract';
import { Controller, Inject } from '@nestjs/common';
import { isDeepStrictEqual } from 'node:util';
import { hostName } from '../aggregates.js';
import { zoneRecordsOf } from '../name/domain/record-set.js';
import type { ProvisioningConfig } from '../provisioning.config.js';
import { DeployedNames } from './deployed-names.js';
import { ZoneRecords } from './zone-records.js';

const FOLLOWED = contextFilter('provisioning');
const BEGINNING: Position = '1:0';
/** What no name needs to know of a host; anything else, also what is not known here, is looked at. */
const BESIDE_NAMES: ReadonlySet<string> = new Set([
  'provisioning.capacity-reserved.v1',
  'provisioning.capacity-lowered.v1',
  'provisioning.capacity-freed.v1',
]);

@Controller()
export class ZoneReconciler {
  constructor(
    @Inject(LOG) private readonly log: Log,
    @Inject(DeployedNames) private readonly deployed: DeployedNames,
    @Inject(CONFIGURATION) private readonly config: ProvisioningConfig,
    @Inject(ZoneRecords) private readonly records: ZoneRecords,
  ) {}

  /** One at a time: a name's change and its zone's serial belong together. */
  @Follower<ZoneReconciler>({
    name: 'provisioning-zones',
    filter: FOLLOWED,
    concurrency: 1,
    resume: (self, commits) => self.resume(commits),
  })
  async follow(stored: StoredCommit): Promise<void> {
    const touched = new Touched();
    touched.add(stored);
    await this.#reconcile(touched);
  }

  /** Its names lead nowhere from now on, also those that led to another provider. */
  @Follower<ZoneReconciler>({
    name: 'provisioning-erased-names',
    filter: aggregateFilter('accounts', 'operator'),
    concurrency: 1,
  })
  async followErasure({ position, commit }: StoredCommit): Promise<void> {
    if (!commit.events.some(({ type }) => type === operatorErased.type)) return;
    const touched = new Touched();
    touched.sequence = parsePosition(position).sequence;
    await this.#addPublished(touched);
    await this.#reconcile(touched);
  }

  /** At start: what changed meanwhile, or everything if the bucket is new; and whatever was published ever. */
  async resume(commits: AsyncIterable<StoredCommit>): Promise<void> {
    const complete = await this.records.isComplete();
    const touched = new Touched();
    const missed = complete ? commits : this.log.range(BEGINNING, await this.log.head(), { filter: FOLLOWED });
    for await (const stored of missed) touched.add(stored);
    await this.#addPublished(touched);
    await this.#forgetOtherZones();
    await this.#reconcile(touched);
    if (!complete) await this.records.markComplete();
  }

  async #reconcile(touched: Touched): Promise<void> {
    if (touched.hosts.size > 0) await this.#addPublished(touched);
    let changed = false;
    for (const id of touched.names) changed = (await this.#reconcileName(id)) || changed;
    if (changed || touched.hosts.size > 0) await this.#reconcileZone(touched, changed);
  }

  async #addPublished({ names }: Touched): Promise<void> {
    for (const key of await this.records.keys(publishedNameKey('*'))) names.add(key.slice(publishedNameKey('').length));
  }

  /** True: something else is answered now. */
  async #reconcileName(id: string): Promise<boolean> {
    const key = publishedNameKey(id);
    const { value, revision } = await this.records.read(key);
    const wanted = await this.deployed.recordSet(id);
    if (isDeepStrictEqual(value, wanted)) return false;
    await this.records.write(key, wanted, revision);
    return true;
  }

  /**
   * The serial is raised by what is answered for a name too: whoever keeps a copy of the zone looks at it. A volume of the log
   * counts from 1 again, the serial goes on.
   */
  async #reconcileZone({ hosts, sequence }: Touched, nameChanged: boolean): Promise<void> {
    const { zone } = this.config;
    const key = publishedZoneKey(zone);
    const { value, revision } = await this.records.read(key);
    const last = PublishedZone.safeParse(value).data;
    const known = (last?.nameServers ?? []).map(({ name }) => hostName(hostIn(name)).id);
    const found = await Promise.all([...new Set([...known, ...hosts])].map((host) => this.deployed.host(host)));
    const serving = found.filter((host) => host !== null);
    const serial = last?.serial ?? 0;
    if (!nameChanged && isDeepStrictEqual(value, zoneRecordsOf(zone, serving, serial))) return;
    await this.records.write(key, zoneRecordsOf(zone, serving, Math.max(serial + 1, sequence)), revision);
  }

  /** The provider's zone is configured; one that it had before is answered no longer. */
  async #forgetOtherZones(): Promise<void> {
    for (const key of await this.records.keys(publishedZoneKey('>'))) {
      if (key === publishedZoneKey(this.config.zone)) continue;
      const { value, revision } = await this.records.read(key);
      if (value !== null) await this.records.write(key, null, revision);
    }
  }
}

const hostIn = (nameServer: string): string => nameServer.slice(0, nameServer.indexOf('.'));

/** What commits say may have changed. */
class Touched {
  readonly names = new Set<string>();
  /** Ids of their aggregates. */
  readonly hosts = new Set<string>();
  /** Of the newest commit. */
  sequence = 0;

  add({ subject, position, commit }: StoredCommit): void {
    const { aggregate, id } = parseSubject(subject);
    this.sequence = parsePosition(position).sequence;
    if (aggregate === 'name') this.names.add(id);
    if (aggregate === 'host' && commit.events.some(({ type }) => !BESIDE_NAMES.has(type))) this.hosts.add(id);
  }
}
