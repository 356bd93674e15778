import type { NatsConnection } from '@nats-io/transport-node';
import { Objm, type ObjectStore } from '@nats-io/obj';
import { LRUCache } from 'lru-cache';
import type { ApplicationPackage } from '../domain/application-package.js';
import { unarchive } from '../package.archive.js';

/** The object store in which packages lie, by the SHA-256 of their archive. */
export const PACKAGES_BUCKET = 'PACKAGES';

/** Packages by digest: what is fetched is checked against the digest and loaded as if it came from a stranger. */
export interface PackageStore {
  /** Null: there is none of this digest. */
  get(digest: string): Promise<ApplicationPackage | null>;
  /** Stores an archive; the same one again changes nothing. */
  put(archive: { bytes: Uint8Array; digest: string }): Promise<void>;
}

/** Thrown when what lies in the store is not the package that its name says. */
export class PackageAltered extends Error {
  readonly hint = 'Publish the package again: "freehold up" does it for those that are shipped.';

  constructor(
    readonly digest: string,
    detail: string,
  ) {
    super(`the package ${digest} in the store cannot be used: ${detail}`);
    this.name = 'PackageAltered';
  }
}

/** Makes the bucket if it is missing; for whoever installs, not for services. */
export async function ensurePackagesBucket(connection: NatsConnection): Promise<void> {
  await new Objm(connection).create(PACKAGES_BUCKET, { storage: 'file' });
}

export async function packageStore(connection: NatsConnection): Promise<PackageStore> {
  const bucket: ObjectStore = await new Objm(connection).open(PACKAGES_BUCKET, { check: false });
  const loaded = new LRUCache<string, ApplicationPackage>({ max: 50 });
  return {
    async get(digest) {
      const known = loaded.get(digest);
      if (known !== undefined) return known;
      const bytes = await bucket.getBlob(digest);
      if (bytes === null) return null;
      const result = unarchive(bytes, { digest });
      if (result.kind === 'refused') {
        throw new PackageAltered(digest, result.findings.map(({ detail }) => detail).join('; '));
      }
      loaded.set(digest, result.package);
      return result.package;
    },
    async put({ bytes, digest }) {
      if ((await bucket.info(digest)) === null) await bucket.putBlob({ name: digest }, bytes);
    },
  };
}
