import { packageText, type ApplicationPackage } from './domain/application-package.js';

/** What is installed for one version. `digest` identifies it: two releases with one digest are one installation. */
export interface Release {
  readonly application: string;
  readonly version: string;
  /** Calendar date, `YYYY-MM-DD`. */
  readonly date: string;
  /** Sha-256 of the requirements, 64 hexadecimal digits. */
  readonly digest: string;
  /** A pip requirements file in which every line has its hashes: install with `--require-hashes`. */
  readonly requirements: string;
  /** Versions of Python that it runs on, for example `>=3.11,<3.14`. */
  readonly python: string;
  readonly upgradesFrom: readonly string[];
}

/** A release of the package for the process variant; undefined for a version that it does not have. */
export function release(app: ApplicationPackage, version: string): Release | undefined {
  const declared = app.description.releases.find((candidate) => candidate.version === version);
  const install = declared?.installs.process;
  if (declared === undefined || install === undefined) return undefined;
  const requirements = packageText(app.files, install.requirements);
  if (requirements === undefined)
    throw new Error(`${install.requirements} is not in the package; load the package first`);
  const { date, upgradesFrom } = declared;
  const { digest, python } = install;
  return { application: app.description.name, version, date, digest, requirements, python, upgradesFrom };
}

/** Versions of a package, newest first as declared. */
export function versions(app: Pick<ApplicationPackage, 'description'>): string[] {
  return app.description.releases.map((declared) => declared.version);
}
