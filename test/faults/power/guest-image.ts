import { execFile } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';

/**
 * The machine whose power is cut, made of what is there: Debian's kernel for clouds and its BusyBox (downloaded by apt and
 * unpacked, not installed), and the platform's nats-server, all in one initial file system. It mounts its disk, takes its
 * address, and runs the server as its only process; when the server ends, it ends.
 */
export interface GuestImage {
  readonly kernel: string;
  readonly initialFiles: string;
}

export type Setting = 'ours' | 'default';

/** The server's configuration by setting. */
export type Configurations = Readonly<Record<Setting, string>>;

/** In the order in which they need each other. */
const MODULES = ['virtio_ring', 'virtio', 'virtio_pci_legacy_dev', 'virtio_pci_modern_dev', 'virtio_pci', 'virtio_blk'];
const NETWORK_MODULES = ['failover', 'net_failover', 'virtio_net'];

const INIT = `#!/bin/busybox sh
/bin/busybox mount -t devtmpfs none /dev
/bin/busybox mount -t proc none /proc
for each in ${[...MODULES, ...NETWORK_MODULES].join(' ')}; do /bin/busybox insmod /modules/$each.ko || exit 1; done
/bin/busybox ip link set lo up
/bin/busybox ip address add 10.0.2.15/24 dev eth0
/bin/busybox ip link set eth0 up
/bin/busybox mount -t ext4 /dev/vda /disk || exit 1
setting=$(/bin/busybox sed 's/.*setting=\\([a-z]*\\).*/\\1/' /proc/cmdline)
exec /bin/nats-server --config /etc/$setting.conf
`;

const run = promisify(execFile);

/**
 * @param folder where it is made; whoever made it removes it.
 * @param cache where Debian's packages stay unpacked for the next time.
 */
export async function makeGuestImage(
  folder: string,
  cache: string,
  { natsServer, configurations }: { natsServer: string; configurations: Configurations },
): Promise<GuestImage> {
  const debian = await unpackDebian(cache);
  const root = join(folder, 'root');
  for (const each of ['bin', 'dev', 'proc', 'disk', 'etc', 'modules', 'tmp'])
    mkdirSync(join(root, each), { recursive: true });
  copyFileSync(join(debian, 'bin/busybox'), join(root, 'bin/busybox'));
  copyFileSync(natsServer, join(root, 'bin/nats-server'));
  for (const each of [...MODULES, ...NETWORK_MODULES])
    copyFileSync(one(debian, `lib/modules/*/kernel/**/${each}.ko`), join(root, 'modules', `${each}.ko`));
  for (const [setting, text] of Object.entries(configurations))
    writeFileSync(join(root, 'etc', `${setting}.conf`), text);
  writeFileSync(join(root, 'init'), INIT);
  for (const each of ['init', 'bin/busybox', 'bin/nats-server']) chmodSync(join(root, each), 0o755);
  const initialFiles = join(folder, 'initial-files.cpio');
  const pack = '"$0" find . | "$0" cpio -o -H newc > "$1"';
  await run('/bin/sh', ['-c', pack, join(debian, 'bin/busybox'), initialFiles], { cwd: root });
  return { kernel: one(debian, 'boot/vmlinuz-*'), initialFiles };
}

/** The newest kernel that apt knows, its modules, and BusyBox. */
async function unpackDebian(cache: string): Promise<string> {
  const kernel = await newestKernel();
  const unpacked = join(cache, `power-${kernel}`);
  if (existsSync(unpacked)) return unpacked;
  mkdirSync(cache, { recursive: true });
  const workshop = mkdtempSync(join(cache, 'new-'));
  try {
    await run('apt-get', ['download', '-qq', kernel, 'busybox-static'], { cwd: workshop });
    const tree = join(workshop, 'tree');
    for (const each of globSync('*.deb', { cwd: workshop })) await run('dpkg-deb', ['-x', join(workshop, each), tree]);
    renameSync(tree, unpacked);
    return unpacked;
  } finally {
    rmSync(workshop, { recursive: true, force: true });
  }
}

async function newestKernel(): Promise<string> {
  const hint = 'the guest is made of Debian packages: run `apt-get update` on a Debian on x86-64';
  const { stdout } = await run('apt-cache', ['depends', '--important', 'linux-image-cloud-amd64']).catch(
    (cause: unknown) => {
      throw new Error(hint, { cause });
    },
  );
  const kernel = /Depends: (linux-image-\S+)/.exec(stdout)?.[1];
  if (kernel === undefined) throw new Error(hint);
  return kernel;
}

function one(folder: string, pattern: string): string {
  const [found] = globSync(pattern, { cwd: folder });
  if (found === undefined) throw new Error(`there is no ${basename(pattern)} in ${folder}; remove that folder`);
  return join(folder, found);
}
