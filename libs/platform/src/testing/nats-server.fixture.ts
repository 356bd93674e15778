import { freePort } from '@freehold/supervisor';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

/** A NATS server of one test's own, to be killed and started again on the same port and folder. */
export class OwnNatsServer {
  #process: ChildProcess | undefined;

  private constructor(
    private readonly executable: string,
    private readonly folder: string,
    private readonly port: number,
  ) {}

  /** @param folder a fresh one. */
  static async start(executable: string, folder: string): Promise<OwnNatsServer> {
    const server = new OwnNatsServer(executable, folder, await freePort());
    server.start();
    return server;
  }

  get url(): string {
    return `nats://127.0.0.1:${this.port}`;
  }

  start(): void {
    const options = ['-js', '-sd', this.folder, '-a', '127.0.0.1', '-p', String(this.port)];
    this.#process = spawn(this.executable, options, { stdio: 'ignore' });
  }

  async kill(): Promise<void> {
    const running = this.#process;
    if (running === undefined || running.exitCode !== null || running.signalCode !== null) return;
    running.kill('SIGKILL');
    await once(running, 'exit');
  }
}
