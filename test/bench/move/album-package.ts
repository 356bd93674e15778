import { archive, parsePackage } from '@freehold/application-package';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { clone } from '../../kit/clone.js';

export const ALBUM = { application: 'album', version: '1.0', database: 'album' } as const;

/** Serves; when it is ended, files in `pending` take the places of theirs below `photos`: the last moment's changes. */
export const WEB_PY = `import http.server, os, signal, sys
folder, port = sys.argv[1], int(sys.argv[2])

def end(*_):
    pending = os.path.join(folder, 'pending')
    for where, _, names in os.walk(pending):
        for name in names:
            path = os.path.join(where, name)
            os.replace(path, os.path.join(folder, 'photos', os.path.relpath(path, pending)))
    os._exit(0)

class Album(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'album')
    def log_message(self, *_):
        pass

signal.signal(signal.SIGTERM, end)
http.server.ThreadingHTTPServer(('127.0.0.1', port), Album).serve_forever()
`;

/** Becomes the web server once PostgreSQL answers. $1: folder of its programs, $2: Python, $3: the script, $4: folder, $5: port. */
export const WEB_SH = `set -eu
cd "$4"
until "$1/pg_isready" --quiet --host=/proc/self/cwd/run --username=postgres --dbname=${ALBUM.database}; do sleep 0.05; done
exec "$2" -I "$3" "$4" "$5"
`;

const CONFIGURE_SH = `set -eu
umask 077
data=$FREEHOLD_FOLDER/postgres
[ ! -e "$data/PG_VERSION" ] || exit 0
named() {
  if id -un >/dev/null 2>&1; then "$@"; else unshare --user --map-user=nobody --map-group=nogroup "$@"; fi
}
fresh=$FREEHOLD_FOLDER/.postgres.new
rm -rf "$fresh"
named "$FREEHOLD_HOST_POSTGRES/initdb" --pgdata="$fresh" --username=postgres --encoding=UTF8 --locale=C \\
  --auth-local=trust --auth-host=reject --no-instructions >/dev/null
echo "CREATE DATABASE ${ALBUM.database}" | named "$FREEHOLD_HOST_POSTGRES/postgres" --single -D "$fresh" template1 >/dev/null
rm -rf "$data"
mv "$fresh" "$data"
`;

/** How Synapse's package starts its PostgreSQL: the same for both sides of the comparison. */
export const POSTGRES_SH = readFileSync(join(clone, 'services/catalog/packages/synapse/units/postgres.sh'), 'utf8');

/** A photo album: a tree of files, and a table in a PostgreSQL of its own. @param gigabytes of files, for its disk */
export function albumPackage(gigabytes: number) {
  const requirements = '# nothing beside Python itself\n';
  const diskMebibytes = Math.ceil(gigabytes * 2 * 1024) + 2_048;
  const plan = { memoryMebibytes: 512, cpuMillis: 1_000, diskMebibytes };
  const probe = { port: 'web', path: '/' };
  const description = {
    ...{ format: 1, name: ALBUM.application, title: 'Album', categories: ['photos'], licence: 'MIT' },
    website: 'https://album.example/',
    releases: [
      {
        ...{ version: ALBUM.version, date: '2026-01-02', upgradesFrom: [] },
        installs: {
          process: { kind: 'python', python: '>=3.9', requirements: 'r.txt', digest: sha256(requirements) },
        },
        wayBack: { exists: true, why: 'There is one release only.' },
      },
    ],
    resources: {
      plans: { small: plan, medium: plan, large: plan },
      names: [{ purpose: 'web', title: 'Address', identityBound: false }],
    },
    variants: { process: PROCESS },
    state: [
      { name: 'photos', kind: 'files', path: 'photos', copyWhileLive: true },
      {
        name: 'database',
        kind: 'postgres',
        path: 'postgres',
        database: ALBUM.database,
        socket: 'run',
        copyWhileLive: true,
      },
    ],
    counts: [{ name: 'photos', title: 'Photos', part: 'database', sql: 'SELECT COUNT(*) FROM photo' }],
    health: { startTimeoutMs: 30_000, started: probe, ready: probe, alive: probe },
    hooks: {
      configure: { when: 'before-start', timeLimitMs: 60_000, script: 'hooks/configure.sh', twice: 'harmless' },
    },
    ...{ mail: { needs: 'none' }, 'sign-on': { takes: 'none' } },
  };
  const texts = {
    'app.yaml': JSON.stringify(description),
    'settings.schema.json': JSON.stringify(SETTINGS),
    'r.txt': requirements,
    'about.md': '# Album\n',
    'icon.svg': '<svg xmlns="http://www.w3.org/2000/svg"/>\n',
    'hooks/configure.sh': CONFIGURE_SH,
    'units/postgres.sh': POSTGRES_SH,
    'units/web.sh': WEB_SH,
    'units/web.py': WEB_PY,
  };
  const loaded = parsePackage(Object.entries(texts).map(([path, text]) => ({ path, content: Buffer.from(text) })));
  if (loaded.kind === 'refused') throw new Error(JSON.stringify(loaded.findings, null, 1));
  return archive(loaded.package);
}

const PROCESS = {
  needs: { python: '>=3.9', programs: [{ name: 'postgres', atLeast: 13 }] },
  ports: [{ name: 'web', protocol: 'http' }],
  routes: [{ name: 'web', port: 'web' }],
  folders: ['photos', 'pending', 'run'],
  units: [
    {
      name: 'postgres',
      command: ['/bin/sh', '${package}/units/postgres.sh', '${host.postgres}', '${folder}/postgres'],
      ...{ stopSignal: 'SIGINT', stopTimeoutMs: 60_000, network: 'none' },
    },
    {
      name: 'web',
      command: [
        ...['/bin/sh', '${package}/units/web.sh', '${host.postgres}', '${release}/bin/python'],
        ...['${package}/units/web.py', '${folder}', '${port.web}'],
      ],
      stopSignal: 'SIGTERM',
    },
  ],
};

const SETTINGS = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  ...{ title: 'Album', type: 'object', additionalProperties: false, properties: {} },
};

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
