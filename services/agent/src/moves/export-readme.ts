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
    '',
    'This folder is a bag (BagIt 1.0, RFC 8493): plain files with their digests. Nothing of Freehold is needed to open it.',
    'It is a copy of one moment, made while the application stood still.',
    '',
    '',
    'Is it whole?',
    '',
    '    cd <this bag>                          the folder that holds manifest-sha256.txt',
    '    sha256sum --check --quiet manifest-sha256.txt tagmanifest-sha256.txt',
    '',
    'or, with the reference implementation:  pip install bagit && bagit.py --validate <this bag>',
    'or, with Freehold:                      freehold bag check <this bag>',
    '',
    '(File names with % in manifest-sha256.txt: %25 stands for %, %0A and %0D for line ends. sha256sum does not know that.)',
    '',
    '',
    'What is in it',
    '',
    '    data/deployment.json    application, release, names and settings',
    '    data/identity.json      what the world knows it by (public keys)',
    '    data/report.json        counts and digests of what is in the parts, taken at the same moment',
    '    data/history.jsonl      what was decided about it, one line of JSON a commit; `body` is base64',
    '    data/secrets.age        passwords and keys, encrypted to you; nothing else here is a secret of the application',
    ...parts.map(({ name, kind }) => `    data/parts/${name}/`.padEnd(28).concat(WHAT[kind])),
    ...parts
      .filter(({ kind }) => kind === 'files')
      .map(({ name }) =>
        `    data/parts/${name}.mtree`.padEnd(28).concat('its modes, times, links and empty folders: mtree(5)'),
      ),
    '',
    '',
    'Secrets',
    '',
    '    age -d -i key.txt data/secrets.age     https://age-encryption.org; key.txt is the identity file you made it with',
    '',
    'It is JSON: `secrets` by their names, and `settings` that are secret. Without the identity nobody can open it, the',
    'provider that made this bag included.',
    '',
    '',
    'How each part is opened',
    '',
    ...parts.flatMap(({ name, kind }) => [...HOW[kind](`data/parts/${name}`), '']),
    '',
    'What it does not carry',
    '',
    'No tenure: this copy gives nobody the right to go on as this very installation, while another one may be running',
    'under its names and with its keys. If you start it elsewhere, first see that the other one has stopped for good.',
    'With Freehold, starting from this bag is an adoption.',
    '',
  ].join('\n');

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
    `    (cd <there> && mtree -U -f <this bag>/${path}.mtree)     modes, times and links too; or: freehold bag unpack`,
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
