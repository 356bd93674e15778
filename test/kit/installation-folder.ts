import { systemEnvironment } from '@freehold/platform';
import { portIsFree } from '@freehold/supervisor';
import { eventually } from '@freehold/supervisor/testing';
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removeControlGroups } from './control-groups.js';
import { type Listener, listenersOf, networkOf, processesIn } from './proc.js';

/** Something of an installation is still there after its end. It has been ended and removed meanwhile. */
export class LeftBehind extends Error {
  override readonly name = 'LeftBehind';
  constructor(
    readonly processes: readonly string[],
    readonly ports: readonly string[],
    readonly folders: readonly string[],
  ) {
    super(`left behind: ${[...processes, ...ports.map((port) => `port ${port}`), ...folders].join('; ')}`);
  }
}

/**
 * A fresh folder for one installation, which other users may pass through; short, as the paths of sockets are bounded.
 * In a run of Jest it lies in the run's folder, which is swept at the end whatever happens.
 */
export class InstallationFolder {
  private constructor(readonly path: string) {
    process.once('exit', this.#endNow);
  }

  static make(parent = defaultParent()): InstallationFolder {
    const path = mkdtempSync(join(realpathSync(parent), 'fh-'));
    chmodSync(path, 0o711);
    return new InstallationFolder(path);
  }

  get home(): string {
    return join(this.path, 'home');
  }
  get profile(): string {
    return join(this.path, 'profile.json');
  }

  /** Where something of this installation listens now, as others on this machine can reach it. */
  listeners(): Listener[] {
    return processesIn(this.path)
      .filter(({ pid }) => networkOf(pid) === networkOf('self'))
      .flatMap(({ pid }) => listenersOf(pid));
  }

  /**
   * Removes the folder after everything in it has ended by itself.
   * @throws LeftBehind when a process, one of these ports or the folder is still there; the rest of it is ended first.
   */
  async remove(before: readonly Listener[]): Promise<void> {
    await eventually(() => processesIn(this.path).length === 0, { timeoutMs: 2_000 });
    const processes = processesIn(this.path).map(({ pid, command }) => `process ${pid} ${command}`);
    // Before the claims go: until then nobody else on this machine takes these ports.
    const taken = await Promise.all(
      before.map(async ({ address, port }) => ((await portIsFree(port, address)) ? [] : [`${address}:${port}`])),
    );
    await this.destroy();
    const folders = existsSync(this.path) ? [this.path] : [];
    if (processes.length + taken.flat().length + folders.length > 0)
      throw new LeftBehind(processes, taken.flat(), folders);
  }

  /** Ends and removes everything, without asking. */
  async destroy(): Promise<void> {
    await eventually(() => this.#kill() === 0, { timeoutMs: 10_000 });
    rmSync(this.path, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
    removeControlGroups(this.#applications);
    removeClaims(this.path);
    process.off('exit', this.#endNow);
  }

  /** Folder of the agent's backend, after which it names its control groups. */
  get #applications(): string {
    return join(this.home, 'applications', 'process');
  }

  #kill(): number {
    const running = processesIn(this.path);
    for (const { pid } of running) kill(pid);
    return running.length;
  }

  readonly #endNow = (): void => {
    this.#kill();
    removeControlGroups(this.#applications);
    removeClaims(this.path);
    rmSync(this.path, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
  };
}

/** test/setup makes a folder for each run of Jest, and sweeps it. */
const defaultParent = (): string => systemEnvironment()['FREEHOLD_TEST_GROUND'] ?? tmpdir();

/** Numbers that root's installations have taken on this machine; each file names the record that justifies it. */
const CLAIMS = '/var/lib/freehold/claims';

function removeClaims(folder: string): void {
  if (!existsSync(CLAIMS)) return;
  for (const name of readdirSync(CLAIMS)) {
    const claim = join(CLAIMS, name);
    try {
      if (readFileSync(claim, 'utf8').startsWith(`${folder}/`)) rmSync(claim);
    } catch {
      // freed meanwhile
    }
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // gone meanwhile
  }
}
