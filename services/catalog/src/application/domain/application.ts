/**
 * An application and its releases. A release is fixed by the digest of its package: the same version never means
 * other bytes.
 *
 *     (release) none ──publish──► published ──withdraw──► withdrawn
 */
import { accepted, refused, type Decider, type Decision } from '@freehold/decider';
import type { ApplicationEvent } from '@freehold/catalog-contract';
import type { Finding } from '@freehold/kernel';

export interface Release {
  digest: string;
  date: string;
  status: 'published' | 'withdrawn';
}
/** Releases by version, in the order in which they were published. */
export interface Application {
  releases: ReadonlyMap<string, Release>;
}

export type ApplicationCommand =
  | { type: 'publish'; application: string; title: string; version: string; date: string; digest: string }
  | { type: 'withdraw'; version: string; reason: string };

const evolve = ({ releases }: Application, event: ApplicationEvent): Application => {
  switch (event.type) {
    case 'catalog.release-published.v1': {
      const { version, digest, date } = event.data;
      return { releases: new Map(releases).set(version, { digest, date, status: 'published' }) };
    }
    case 'catalog.release-withdrawn.v1': {
      const release = releases.get(event.data.version);
      return release === undefined
        ? { releases }
        : { releases: new Map(releases).set(event.data.version, { ...release, status: 'withdrawn' }) };
    }
  }
};

const decide = (command: ApplicationCommand, application: Application): Decision<ApplicationEvent> => {
  switch (command.type) {
    case 'publish':
      return publish(command, application);
    case 'withdraw':
      return withdraw(command.version, command.reason, application);
  }
};

const publish = (
  { application, title, version, date, digest }: Extract<ApplicationCommand, { type: 'publish' }>,
  { releases }: Application,
): Decision<ApplicationEvent> => {
  const known = releases.get(version);
  if (known === undefined) {
    return accepted({ type: 'catalog.release-published.v1', data: { application, title, version, date, digest } });
  }
  return known.digest === digest ? accepted() : refused(releaseDiffers(version));
};

const withdraw = (version: string, reason: string, { releases }: Application): Decision<ApplicationEvent> => {
  const known = releases.get(version);
  if (known === undefined) return refused(releaseUnknown(version));
  return known.status === 'withdrawn'
    ? accepted()
    : accepted({ type: 'catalog.release-withdrawn.v1', data: { version, reason } });
};

/** The release asked for, or the one published last; undefined when there is none to order. */
export const releaseToOrder = ({ releases }: Application, version?: string): [string, Release] | undefined =>
  [...releases].findLast(([each, { status }]) => status === 'published' && (version === undefined || each === version));

const releaseDiffers = (version: string): Finding => ({
  pointer: '/digest',
  code: 'release-differs',
  detail: `Release ${version} is published with another package.`,
  hint: 'Publish the changed package as a new version.',
});

export const releaseUnknown = (version: string): Finding => ({
  pointer: '/version',
  code: 'release-unknown',
  detail: `There is no release ${version} to order.`,
  hint: 'See the releases with "freehold apps".',
});

export const applicationDecider: Decider<Application, ApplicationCommand, ApplicationEvent> = {
  initialState: () => ({ releases: new Map() }),
  evolve,
  decide,
};
