import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { GuestImage, Setting } from './guest-image.js';
import { NetworkDisk } from './network-disk.js';
import { type Cut, VolatileDisk } from './volatile-disk.js';

const EMULATOR = 'qemu-system-x86_64';
const DISK_BYTES = 512 * 2 ** 20;
const SAID_CHARACTERS = 20_000;

export interface GuestOptions {
  readonly image: GuestImage;
  readonly setting: Setting;
  /** For its disk; fresh. */
  readonly folder: string;
  /** On which the guest's nats-server answers on loopback. */
  readonly port: number;
}

/**
 * A machine in QEMU (emulated: needs no KVM) with a disk that outlives it. Two things are lost when its power is cut: the
 * memory, with all that its kernel had not yet written (SIGKILL of QEMU), and what the disk had in its cache.
 *
 * `cache=none`: QEMU keeps nothing back and adds nothing. With `writethrough` it would flush after each write by itself, and
 * a server that forgets to sync would look like one that does; with `unsafe` it would swallow flushes.
 */
export class Guest implements AsyncDisposable {
  #qemu: ChildProcess | undefined;
  #said = '';

  private constructor(
    private readonly options: GuestOptions,
    private readonly disk: VolatileDisk,
    private readonly line: NetworkDisk,
    private readonly socket: string,
  ) {}

  static async make(options: GuestOptions): Promise<Guest> {
    assertEmulator();
    const disk = new VolatileDisk(formatted(join(options.folder, 'disk')));
    const socket = join(options.folder, 'disk.socket');
    return new Guest(options, disk, await NetworkDisk.at(socket, disk), socket);
  }

  /** What its console said since it was switched on, the end of it. */
  get said(): string {
    return this.#said.slice(-SAID_CHARACTERS);
  }

  switchOn(): void {
    const { image, setting, port } = this.options;
    this.#said = '';
    const qemu = spawn(EMULATOR, [
      ...['-accel', 'tcg,thread=multi', '-cpu', 'max', '-smp', '2', '-m', '768', '-nodefaults', '-no-reboot'],
      ...['-display', 'none', '-serial', 'stdio', '-kernel', image.kernel, '-initrd', image.initialFiles],
      ...['-append', `console=ttyS0 quiet panic=-1 setting=${setting}`],
      ...['-drive', `file=nbd:unix:${this.socket},format=raw,if=virtio,cache=none`],
      ...['-netdev', `user,id=net,restrict=on,hostfwd=tcp:127.0.0.1:${port}-:4222`],
      ...['-device', 'virtio-net-pci,netdev=net,romfile='],
    ]);
    for (const stream of [qemu.stdout, qemu.stderr])
      stream.on('data', (part: Buffer) => (this.#said = (this.#said + part.toString()).slice(-2 * SAID_CHARACTERS)));
    process.once('exit', this.#kill);
    this.#qemu = qemu;
  }

  /** Now. Resolves when nothing of it is left but its disk. */
  async cut(hadGotThere: (sector: number) => boolean): Promise<Cut> {
    const qemu = this.#qemu;
    this.#kill();
    this.line.disconnect();
    const cut = this.disk.cut(hadGotThere);
    process.off('exit', this.#kill);
    if (qemu !== undefined && qemu.exitCode === null && qemu.signalCode === null) await once(qemu, 'exit');
    return cut;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.cut(() => true);
    await this.line[Symbol.asyncDispose]();
  }

  readonly #kill = (): void => void this.#qemu?.kill('SIGKILL');
}

function assertEmulator(): void {
  try {
    execFileSync(EMULATOR, ['--version'], { stdio: 'ignore' });
  } catch (cause) {
    throw new Error(`${EMULATOR} does not start: apt-get install --no-install-recommends qemu-system-x86`, { cause });
  }
}

/** An empty disk as mke2fs(8) makes it. */
function formatted(file: string): Buffer {
  writeFileSync(file, '');
  truncateSync(file, DISK_BYTES);
  execFileSync('mkfs.ext4', ['-q', '-F', file]);
  return readFileSync(file);
}
