import type { StateKind, StatePart } from '@freehold/state-parts';

export interface ReadmeFacts {
  readonly application: string;
  readonly version: string;
  readonly parts: readonly Pick<StatePart, 'name' | 'kind'>[];
}

/** For whoever opens an export years later, without Freehold: what is in it, how it is checked, how each part is opened. */
export const exportReadme = ({ application, version, parts }: ReadmeFacts): string =>
  [
    `A copy of ${application} ${version}, taken home`,
    CHECK,
    'What is in it\n',
    ...contents(parts),
    SECRETS,
    'How each part is opened\n',
    ...parts.flatMap(({ name, kind }) => [...HOW[kind](`data/parts/${name}`), '']),
    TENURE,
  ].join('\n');

const CHECK = `
This folder is a bag (BagIt 1.0, RFC 8493): plain files with their digests. Nothing of Freehold is needed to open it.
It is a copy of one moment, made while the application stood still.


Is it whole?

    cd <this bag>                          the folder that holds manifest-sha256.txt
    sha256sum --check --quiet manifest-sha256.txt tagmanifest-sha256.txt

or, with the reference implementation:  pip install bagit && bagit.py --validate <this bag>
or, with Freehold:                      freehold bag check <this bag>

(In manifest-sha256.txt, %25 stands for % in the name of a file, %0A and %0D for line ends. sha256sum does not know that.)

`;

const contents = (parts: ReadmeFacts['parts']): string[] => [
  listed('deployment.json', 'application, release, names and settings'),
  listed('identity.json', 'what the world knows it by (public keys)'),
  listed('report.json', 'counts and digests of what is in the parts, taken at the same moment'),
  listed('history.jsonl', 'what was decided about it, one line of JSON a commit; `body` is base64'),
  listed('history.proof', 'that the provider signed each of these commits (freehold audit verify); may be missing'),
  listed('secrets.age', 'passwords and keys, encrypted to you; nothing else here is a secret of the application'),
  ...parts.flatMap(({ name, kind }) => [
    listed(`parts/${name}/`, WHAT[kind]),
    ...(kind === 'files' ? [listed(`parts/${name}.mtree`, 'its modes, times, links and empty folders: mtree(5)')] : []),
  ]),
];

const listed = (name: string, what: string): string => `    ${`data/${name}`.padEnd(30)} ${what}`;

const SECRETS = `

Secrets

    age -d -i <identity file> data/secrets.age     https://age-encryption.org

It is JSON: \`secrets\` by their names, and \`settings\` that are secret. Without the identity file that was made for this
export nobody can open it, not even the provider that made this bag.

`;

const TENURE = `
What it does not carry

No tenure: this copy gives nobody the right to go on as this very installation, while another one may be running under
its names and with its keys. If you start it elsewhere, first see that the other one has stopped for good.
With Freehold, starting from this bag is an adoption.
`;

const WHAT: Readonly<Record<StateKind, string>> = {
  files: 'files, as they lay in the application’s folder',
  sqlite: 'a SQLite database: database.sqlite',
  postgres: 'a PostgreSQL dump in the custom format: database.dump',
  mysql: 'a MariaDB dump: database.sql, events.sql',
  redis: 'a Redis dump: dump.rdb',
};

const HOW: Readonly<Record<StateKind, (path: string) => string[]>> = {
  files: (path) => [
    `    cp -r ${path} <where you want it>`,
    `    modes, times, links and empty folders as well:  freehold bag unpack <this bag> --into <folder>`,
  ],
  sqlite: (path) => [`    sqlite3 ${path}/database.sqlite .tables`],
  postgres: (path) => [
    '    createdb restored',
    `    pg_restore --no-owner --dbname restored ${path}/database.dump`,
    `    (encoding and collation that it had: ${path}/postgres.json)`,
  ],
  mysql: (path) => ['    mariadb -e "CREATE DATABASE restored"', `    mariadb restored < ${path}/database.sql`],
  redis: (path) => [`    redis-server --dir "$PWD/${path}" --dbfilename dump.rdb`],
};
