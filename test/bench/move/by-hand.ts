import { eventually } from '@freehold/supervisor/testing';
import { freePort } from '@freehold/supervisor';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { join } from 'node:path';
import { run, timed } from './run.js';
import { ALBUM, POSTGRES_SH, WEB_PY } from './album-package.js';
import { CHANGE_SQL, coldCaches, fillSql, type Sizes, writePending } from './content.js';

/** Neither PostgreSQL nor anything else runs as root by hand. */
const USER = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : undefined;

/** What a person takes who moves an album without a platform: rsync, pg_dump, pg_restore, a shell. */
export class ByHand {
  readonly #bin = newestPostgres();
  readonly #running = new Set<ChildProcess>();

  private constructor(private readonly folder: string) {
    process.once('exit', this.#endNow);
  }

  /** The source's application, with the photos that lie in `<folder>/source/photos`. */
  static async prepare(folder: string, sizes: Sizes): Promise<ByHand> {
    const hand = new ByHand(folder);
    await hand.#makeSide('source');
    const postgres = await hand.#startPostgres('source');
    const psql = ['-XAtq', '-v', 'ON_ERROR_STOP=1', ...hand.#connection('source'), '-d', ALBUM.database];
    await run(join(hand.#bin, 'psql'), psql, { user: USER, input: fillSql(sizes) });
    await hand.#end(postgres, 'SIGINT');
    return hand;
  }

  get photos(): string {
    return join(this.folder, 'source', 'photos');
  }

  /** Milliseconds of the first copy of all files, into an empty target; and of the digests of both sides after it. */
  async firstRound(): Promise<{ rsyncMs: number; digestsMs: number }> {
    rmSync(join(this.folder, 'target'), { recursive: true, force: true });
    await this.#makeSide('target');
    await coldCaches();
    const rsyncMs = await timed(() => this.#rsync());
    const digestsMs = await timed(() => Promise.all(['source', 'target'].map((side) => this.#digests(side))));
    return { rsyncMs, digestsMs };
  }

  /** Milliseconds from the end of the application here to its first answer there; after `firstRound`. */
  async downtime(sizes: Sizes): Promise<number> {
    writePending(join(this.folder, 'source', 'pending'), sizes);
    await this.#own('source');
    const servers = [await this.#startPostgres('source'), await this.#startPostgres('target')];
    const psql = ['-XAtq', '-v', 'ON_ERROR_STOP=1', ...this.#connection('source'), '-d', ALBUM.database];
    await run(join(this.#bin, 'psql'), psql, { user: USER, input: CHANGE_SQL });
    const [here, there] = [await freePort(), await freePort()];
    const web = this.#startWeb('source', here);
    await this.#answers(here);
    await coldCaches();
    const tookMs = await timed(async () => {
      await this.#end(web, 'SIGTERM');
      await this.#rsync();
      await this.#dumpAndRestore();
      this.#startWeb('target', there);
      await this.#answers(there);
    });
    await this.close();
    for (const server of servers) if (server.exitCode === null) throw new Error('a server has not ended');
    return tookMs;
  }

  /** Ends all that still runs. */
  async close(): Promise<void> {
    for (const child of this.#running) await this.#end(child, 'SIGINT');
  }

  /** Whatever happens, nothing of it outlives this process. */
  readonly #endNow = (): void => {
    for (const child of this.#running) child.kill('SIGKILL');
    rmSync(this.folder, { recursive: true, force: true });
  };

  /** Ends everything, and removes the folder. */
  async destroy(): Promise<void> {
    await this.close();
    this.#endNow();
    process.off('exit', this.#endNow);
  }

  #rsync(): Promise<void> {
    const [from, to] = ['source', 'target'].map((side) => `${join(this.folder, side, 'photos')}/`);
    return run('rsync', ['-a', '--delete', from ?? '', to ?? '']);
  }

  #digests(side: string): Promise<void> {
    return run('find', [
      join(this.folder, side, 'photos'),
      '-type',
      'f',
      '-exec',
      'openssl',
      'dgst',
      '-sha256',
      '{}',
      '+',
    ]);
  }

  async #dumpAndRestore(): Promise<void> {
    const dump = join(this.folder, 'target', 'run', 'album.dump');
    const dumping = ['--format=custom', '--compress=1', `--file=${dump}`, ALBUM.database];
    await run(join(this.#bin, 'pg_dump'), [...this.#connection('source'), ...dumping], { user: USER });
    const restoring = ['--jobs=2', '--exit-on-error', `--dbname=${ALBUM.database}`, dump];
    await run(join(this.#bin, 'pg_restore'), [...this.#connection('target'), ...restoring], { user: USER });
  }

  async #makeSide(side: string): Promise<void> {
    const folder = join(this.folder, side);
    for (const name of ['photos', 'pending', 'run']) mkdirSync(join(folder, name), { recursive: true });
    for (const each of [this.folder, folder]) chmodSync(each, 0o755);
    writeFileSync(join(folder, 'postgres.sh'), POSTGRES_SH);
    writeFileSync(join(folder, 'web.py'), WEB_PY);
    await this.#own(side);
    const data = join(folder, 'postgres');
    const initdb = [`--pgdata=${data}`, '--username=postgres', '--encoding=UTF8', '--locale=C', '--auth=trust'];
    await run(join(this.#bin, 'initdb'), [...initdb, '--no-instructions'], { user: USER });
    const input = `CREATE DATABASE ${ALBUM.database}\n`;
    await run(join(this.#bin, 'postgres'), ['--single', '-D', data, 'template1'], { user: USER, input });
  }

  #own(side: string): Promise<void> {
    const folder = join(this.folder, side);
    return USER === undefined ? Promise.resolve() : run('chown', ['-R', `${USER.uid}:${USER.gid}`, folder]);
  }

  async #startPostgres(side: string): Promise<ChildProcess> {
    const folder = join(this.folder, side);
    const child = this.#start('/bin/sh', [join(folder, 'postgres.sh'), this.#bin, join(folder, 'postgres')], folder);
    const ready = async () => {
      const asked = [...this.#connection(side), '-d', ALBUM.database, '-c', 'select 1'];
      return run(join(this.#bin, 'psql'), asked, { user: USER }).then(
        () => true,
        () => false,
      );
    };
    if (await eventually(ready, { timeoutMs: 30_000 })) return child;
    throw new Error('PostgreSQL, started by hand, does not answer');
  }

  #connection(side: string): string[] {
    return ['-w', '-h', join(this.folder, side, 'run'), '-U', 'postgres'];
  }

  #startWeb(side: string, port: number): ChildProcess {
    const folder = join(this.folder, side);
    return this.#start('/usr/bin/python3', ['-I', join(folder, 'web.py'), folder, String(port)], folder);
  }

  #start(program: string, args: readonly string[], cwd: string): ChildProcess {
    const child = spawn(program, args, { cwd, stdio: 'ignore', ...USER });
    this.#running.add(child);
    child.once('close', () => this.#running.delete(child));
    return child;
  }

  async #end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const closed = once(child, 'close');
    child.kill(signal);
    await closed;
  }

  async #answers(port: number): Promise<void> {
    const ask = () =>
      new Promise<boolean>((resolve) => {
        get({ host: '127.0.0.1', port, agent: false }, (answer) => {
          answer.resume();
          resolve(answer.statusCode === 200);
        }).on('error', () => resolve(false));
      });
    if (!(await eventually(ask, { timeoutMs: 30_000, intervalMs: 10 })))
      throw new Error('started by hand, it is silent');
  }
}

function newestPostgres(): string {
  const root = '/usr/lib/postgresql';
  const versions = existsSync(root) ? readdirSync(root) : [];
  const newest = versions.toSorted((a, b) => Number(b) - Number(a))[0];
  return newest === undefined ? '/usr/bin' : join(root, newest, 'bin');
}
