// nats-server, at least the version that the log needs: a good one in the PATH, else one built or fetched once.
import { execFileSync } from 'node:child_process';
import { accessSync, constants, mkdirSync, mkdtempSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fetchNatsServer } from './nats-release.mjs';
import { cacheFolder, readStamp, writeStamp } from './places.mjs';
import { hostPath, run, SetupError, step } from './programs.mjs';

/** Why this one: docs/adr and libs/supervisor/src/nats-server.ts, which checks it again. */
export const wantedVersion = '2.15.2';

/** A usable one that is there already: { path, version, from }; undefined if there is none. */
export function findNatsServer() {
  const known = readStamp('nats-server');
  if (known !== undefined && stateOf(known.path) === known.state) return known;
  const inPath = hostPath()
    .split(':')
    .filter((folder) => folder.startsWith('/'))
    .map((folder) => ({ path: join(folder, 'nats-server'), from: 'PATH' }));
  for (const { path, from } of [...inPath, { path: cachedServer(), from: 'cache' }]) {
    const version = versionOf(path);
    if (version === undefined || !isNewEnough(version)) continue;
    const found = { path, version, from, state: stateOf(path) };
    writeStamp('nats-server', found);
    return found;
  }
  return undefined;
}

/** The path of a usable nats-server; builds or fetches one if need be. FREEHOLD_NATS_SERVER has the first word. */
export async function provideNatsServer() {
  if (process.env.FREEHOLD_NATS_SERVER) return process.env.FREEHOLD_NATS_SERVER;
  if (findNatsServer() === undefined) {
    await step(`looking for nats-server ${wantedVersion} or newer`, makeNatsServer);
  }
  const found = findNatsServer();
  if (found === undefined) throw new SetupError(`the nats-server in ${cachedServer()} does not start on this machine`);
  return found.path;
}

async function makeNatsServer() {
  const failures = [];
  for (const [how, make] of [
    ['built with Go', buildNatsServer],
    ['fetched from the official release, checksum right', fetchNatsServer],
  ]) {
    mkdirSync(cacheFolder(), { recursive: true, mode: 0o755 });
    const workshop = mkdtempSync(join(cacheFolder(), 'new-'));
    try {
      renameSync(await make(wantedVersion, workshop), cachedServer());
      return `nats-server ${wantedVersion}: ${how}, kept as ${cachedServer()}`;
    } catch (error) {
      failures.push(`${how}: no, ${error.message}`);
    } finally {
      rmSync(workshop, { recursive: true, force: true });
    }
  }
  const remedy = 'install it (https://docs.nats.io) so that it is in the PATH, or name it in FREEHOLD_NATS_SERVER';
  throw new SetupError(`no nats-server ${wantedVersion} or newer: ${remedy}\n  ${failures.join('\n  ')}`);
}

/** Go 1.21 or newer fetches the version of Go that the server wants by itself. */
async function buildNatsServer(version, workshop) {
  await run('go', ['install', `github.com/nats-io/nats-server/v2@v${version}`], {
    cwd: workshop,
    env: { ...process.env, GOBIN: workshop, GOFLAGS: '-trimpath', CGO_ENABLED: '0' },
  });
  return join(workshop, 'nats-server');
}

function cachedServer() {
  return join(cacheFolder(), `nats-server-${wantedVersion}`);
}

function versionOf(path) {
  try {
    accessSync(path, constants.X_OK);
    return /v?(\d+\.\d+\.\d+)/.exec(execFileSync(path, ['--version'], { encoding: 'utf8', timeout: 5000 }))?.[1];
  } catch {
    return undefined;
  }
}

function isNewEnough(version) {
  const [have, want] = [version, wantedVersion].map((text) => text.split('.').map(Number));
  const first = [0, 1, 2].find((index) => have[index] !== want[index]);
  return first === undefined || have[first] > want[first];
}

function stateOf(path) {
  const found = statSync(path, { throwIfNoEntry: false });
  return found === undefined ? 'none' : `${found.size} ${found.mtimeMs}`;
}
