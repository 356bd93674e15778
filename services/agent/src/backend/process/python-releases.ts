import { createHash, randomBytes } from 'node:crypto';
import {
  chmod,
  lstat,
  mkdir,
  readFile,
  readdir,
  readlink,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { syncFolder, writeDurably } from '../../journal/durable-file.js';
import { BackendFailure, errnoOf } from '../backend-failure.js';
import { OneAtATime } from '../one-at-a-time.js';
import type { Installed, PrepareProgress, PreparedRelease } from '../runtime-backend.js';
import { runInstaller } from './installer-run.js';
import type { ProcessHost } from './process-backend.options.js';
import { NOBODY, askVersion, findPython } from './python-interpreter.js';

const marker = z.strictObject({ digest: z.string(), requirementsDigest: z.string(), pythonVersion: z.string() });
const INSTALL_TIMEOUT_MS = 30 * 60_000;

type Tell = (phase: PrepareProgress['phase'], message: string) => void;

/**
 * Releases of kind python: a virtual environment each, shared by all environments, owned by us.
 *
 *     <releases>/.builds/<digest>-<random>/   built here and never moved (its scripts carry this path)
 *     <releases>/<digest> → .builds/…         made last, by rename: only what this names counts
 *
 * A crash leaves a build that nothing names; the next prepare of any release removes it.
 */
export class PythonReleases {
  readonly #turns = new OneAtATime();
  readonly #building = new Set<string>();
  readonly #running = new Map<string, Promise<Installed>>();
  /** By release: the interpreter that worked. */
  readonly #worked = new Map<string, string>();

  constructor(private readonly host: ProcessHost) {}

  prepare(release: PreparedRelease, progress: (step: PrepareProgress) => void): Promise<Installed> {
    const requirementsDigest = createHash('sha256').update(release.requirements).digest('hex');
    const key = `${release.digest} ${requirementsDigest}`;
    const running = this.#running.get(key);
    if (running !== undefined) return running;
    const tell: Tell = (phase, message) => progress({ phase, message });
    const work = this.#turns.run(release.digest, () => this.#prepare(release, requirementsDigest, tell));
    const tracked = work.finally(() => this.#running.delete(key));
    this.#running.set(key, tracked);
    return tracked;
  }

  async #prepare(release: PreparedRelease, requirementsDigest: string, tell: Tell): Promise<Installed> {
    const link = join(this.host.releases, release.digest);
    const present = await this.#find(release.digest);
    if (present !== undefined) {
      if (present.requirementsDigest !== requirementsDigest) conflict(release.digest);
      if (await this.#works(link, present.pythonVersion)) {
        tell('present', 'already installed');
        return installed(release.digest, link, present.pythonVersion);
      }
    }
    const builds = join(this.host.releases, '.builds');
    await mkdir(builds, { recursive: true, mode: 0o755 });
    await this.#sweep(builds);
    const name = `${release.digest}-${randomBytes(6).toString('hex')}`;
    this.#building.add(name);
    try {
      const pythonVersion = await this.#build(join(builds, name), release, tell);
      const mark = { digest: release.digest, requirementsDigest, pythonVersion };
      await writeDurably(join(builds, name, 'freehold-release.json'), JSON.stringify(mark), 0o644);
      const fresh = join(builds, `${name}.link`);
      await symlink(join('.builds', name), fresh);
      await rename(fresh, link);
      await syncFolder(this.host.releases);
      this.#worked.set(link, await this.#fileOf(link, pythonVersion));
      return installed(release.digest, link, pythonVersion);
    } catch (error) {
      await rm(join(builds, name), { recursive: true, force: true });
      throw error;
    } finally {
      this.#building.delete(name);
    }
  }

  async #build(folder: string, release: PreparedRelease, tell: Tell): Promise<string> {
    const environment = this.host.installerEnvironment;
    const python = await findPython(release.python, environment['PATH'] ?? '', this.host.isolation);
    tell('interpreter', `${python.path} ${python.version}`);
    const settings = { environment, timeoutMs: INSTALL_TIMEOUT_MS, tell: (line: string) => tell('packages', line) };
    await runInstaller([python.path, '-I', '-m', 'venv', folder], settings);
    await chmod(folder, 0o755);
    tell('folder', 'virtual environment made');
    const requirements = join(folder, 'requirements.txt');
    await writeFile(requirements, release.requirements, { mode: 0o644 });
    const inside = join(folder, 'bin', 'python');
    const pip = [inside, '-m', 'pip', 'install', '--no-input', '--require-hashes', '--only-binary', ':all:'];
    await runInstaller([...pip, '-r', requirements], settings);
    tell('check', 'checking what was installed');
    const asUnit = this.host.isolation === 'user' ? NOBODY : {};
    await runInstaller([inside, '-m', 'pip', 'check'], { ...settings, environment: {}, ...asUnit });
    return askVersion(inside, this.host.isolation);
  }

  /** The host's Python may have been upgraded under the release since. A process is made only if it is another file. */
  async #works(folder: string, version: string): Promise<boolean> {
    const file = await this.#fileOf(folder, version);
    if (this.#worked.get(folder) === file) return true;
    const now = await askVersion(join(folder, 'bin', 'python'), this.host.isolation).catch(() => undefined);
    if (now === version) this.#worked.set(folder, file);
    return now === version;
  }

  async #fileOf(folder: string, version: string): Promise<string> {
    const seen = await stat(join(folder, 'bin', 'python')).catch(() => undefined);
    return [version, seen?.dev, seen?.ino, seen?.size, seen?.mtimeMs, seen?.ctimeMs].join(' ');
  }

  async #find(digest: string): Promise<z.infer<typeof marker> | undefined> {
    try {
      const text = await readFile(join(this.host.releases, digest, 'freehold-release.json'), 'utf8');
      return marker.parse(JSON.parse(text));
    } catch (error) {
      if (['ENOENT', 'ENOTDIR'].includes(errnoOf(error) ?? '')) return undefined;
      throw error;
    }
  }

  /** Removes builds that no release names and nobody is making. */
  async #sweep(builds: string): Promise<void> {
    const named = new Set<string>();
    for (const name of await readdir(this.host.releases)) {
      const path = join(this.host.releases, name);
      if ((await lstat(path)).isSymbolicLink()) named.add((await readlink(path)).slice('.builds/'.length));
    }
    for (const name of await readdir(builds)) {
      const kept = named.has(name) || this.#building.has(name.replace(/\.link$/, ''));
      if (!kept) await rm(join(builds, name), { recursive: true, force: true });
    }
  }
}

function installed(digest: string, folder: string, pythonVersion: string): Installed {
  return { digest, folder, python: join(folder, 'bin', 'python'), pythonVersion };
}

function conflict(digest: string): never {
  throw new BackendFailure('release-conflict', 'this digest is installed with other requirements', {
    hint: 'a changed release has a digest of its own; publish it again',
    values: { digest },
  });
}
