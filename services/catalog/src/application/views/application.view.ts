import { PackageAltered, type PackageStore, packageText } from '@freehold/application-package';
import type { applications } from '@freehold/catalog-contract';
import type { ReplyOf } from '@freehold/kernel';
import type { Resource } from '@freehold/platform';
import { resourceProjection, viewEntity } from '@freehold/projection';
import { applicationAggregate } from '../../aggregates.js';

type Representation = ReplyOf<typeof applications.get>;
type Recorded = Representation['recorded'];
type Observed = NonNullable<Representation['observed']>;

const projection = resourceProjection<Recorded, Parameters<typeof applicationAggregate.evolve>[1]>({
  name: 'application',
  version: 1,
  of: applicationAggregate,
  evolve: (row, event) => {
    switch (event.type) {
      case 'catalog.release-published.v1': {
        const { application, title, version, date, digest } = event.data;
        const release = { version, date, digest, status: 'published' as const };
        return { id: event.subject.id, application, title, releases: [release, ...(row?.releases ?? [])] };
      }
      case 'catalog.release-withdrawn.v1': {
        const { version } = event.data;
        return (
          row && {
            ...row,
            releases: row.releases.map((each) => (each.version === version ? { ...each, status: 'withdrawn' } : each)),
          }
        );
      }
    }
  },
});

export const applicationView = viewEntity(projection);

export const applicationRecord = { projection, recorded: (row: Recorded) => row };

/** What is recorded comes from the log; the texts and the schema of the settings from the package itself. */
export const applicationResource = (packages: PackageStore): Resource<Recorded, Recorded, Observed> => ({
  view: applicationView,
  ...applicationRecord,
  observed: async ({ releases }) => {
    const [newest] = releases;
    if (newest === undefined) return null;
    try {
      const found = await packages.get(newest.digest);
      if (found === null) return null;
      const about = packageText(found.files, found.description.about) ?? '';
      const { resources, unproven } = found.description;
      return { about, settingsSchema: found.settingsSchema, names: resources.names, proven: unproven === undefined };
    } catch (error) {
      if (error instanceof PackageAltered) return null;
      throw error;
    }
  },
});
