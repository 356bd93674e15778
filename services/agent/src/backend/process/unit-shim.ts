import { chmod, readFile, writeFile, rename } from 'node:fs/promises';
import { createHash, randomBytes } from 'node:crypto';
import { join } from 'node:path';

/*
 * The shim: a POSIX shell program that keeps one unit. A string here, written into the backend's folder,
 * so that it is the same from source, from dist and from an image.
 *
 *   agent ──spawn, own session──▶ keep ──child──▶ become ──setsid, setpriv──▶ launch script ──exec──▶ unit
 *
 * `keep` holds the lock `lock` while the unit lives, so that a unit never runs twice, and writes the exit
 * code. It starts only if `wanted` still holds its token: a stop that came between fork and lock wins.
 * `become` writes its pid and start time before it turns into the unit, so that there is never a unit
 * without a record. Both run as the agent's user and the record lies in the agent's folder: an application
 * cannot forge it. Exit codes of `keep`: 75 runs already, 76 no longer wanted, 70 to 74 the host's fault.
 *
 * A unit that is to be closed has a file `namespace`. `become` then enters that network namespace, and `enclosed` goes on
 * only if it is the one that was meant: closed or not at all (exit code 77). `hold` keeps a namespace (closed-network.ts).
 * One that needs no network has a file `alone`, with what makes a namespace for it and nobody else.
 */
export const EXIT_RUNS_ALREADY = 75;
export const EXIT_NO_LONGER_WANTED = 76;
export const EXIT_NOT_CLOSED = 77;

/** Sets the interface lo up where there is no ip(8): SIOCSIFFLAGS with IFF_UP, netdevice(7). */
const LOOPBACK_UP = 'import fcntl,socket,struct; fcntl.ioctl(socket.socket(),0x8914,struct.pack("16sH14x",b"lo",0x49))';

/** Where the host listens for questions about names and for messages, whatever network they come from. */
const HIDDEN_PLACES = [
  '/run/systemd/resolve',
  '/run/nscd',
  '/run/avahi-daemon',
  '/run/dbus',
  '/var/spool/postfix/public',
];

const SHIM = `#!/bin/sh
# Keeps one unit of Freehold's process backend. keep|become <unit folder> <launch script> [token];
# enclosed <unit folder> <launch script> <namespace>; alone <unit folder> <launch script>; hold <folder> <seconds>
set -u
umask 077
role=$1
folder=$2
launch=$3
cd "$folder" || exit 70

boot() {
  read -r id 2>/dev/null </proc/sys/kernel/random/boot_id && echo "$id" || echo unknown
}

# State and start time of a process: fields 3 and 22 of stat, counted after the last ")".
stat_of() {
  line=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
  line=\${line##*) }
  set -- $line
  state=$1
  shift 19
  echo "$state $1"
}

record() {
  it=$(stat_of $$) || exit 73
  echo "$$ \${it#* } $(boot)" >"$1.new" && mv "$1.new" "$1" || exit 73
}

# Loopback, and none of the host's sockets: in a namespace that was just made.
enclose() {
  ip link set lo up 2>/dev/null || python3 -c '${LOOPBACK_UP}' || exit ${EXIT_NOT_CLOSED}
  [ "$(id -u)" = 0 ] || return 0
  for place in ${HIDDEN_PLACES.join(' ')}; do
    [ ! -d "$place" ] || mount -t tmpfs -o size=4k,mode=755 hidden "$place" || exit ${EXIT_NOT_CLOSED}
  done
}

turn() {
  if [ -f user ]; then
    read -r uid gid <user
    exec setsid setpriv --reuid "$uid" --regid "$gid" --clear-groups --no-new-privs -- sh "$launch"
  fi
  exec setsid sh "$launch"
}

case $role in
keep)
  exec 9>lock || exit 70
  flock -n 9 || exit ${EXIT_RUNS_ALREADY}
  [ "$(cat wanted 2>/dev/null)" = "$4" ] || exit ${EXIT_NO_LONGER_WANTED}
  if [ -f unit.pid ]; then
    read -r pid started at <unit.pid
    now=$(stat_of "$pid")
    case $now in Z* | X*) now= ;; esac
    [ "$at" = "$(boot)" ] && [ "\${now#* }" = "$started" ] && exit ${EXIT_RUNS_ALREADY}
  fi
  rm -f unit.pid unit.exit
  record keeper.pid
  trap : HUP INT TERM # survive them; a child gets the default back
  sh "$0" become "$folder" "$launch" 9>&- </dev/null >>log 2>&1
  code=$?
  echo "$code" >unit.exit.new && mv unit.exit.new unit.exit
  ;;
become)
  if [ -f cgroups ]; then
    while read -r procs; do echo $$ >"$procs" || exit 71; done <cgroups
  fi
  record unit.pid
  if [ -f namespace ]; then
    read -r expected target options <namespace && [ "$target" ] || exit ${EXIT_NOT_CLOSED}
    exec nsenter -t "$target" $options -- sh "$0" enclosed "$folder" "$launch" "$expected"
  fi
  if [ -f alone ]; then
    read -r options <alone && [ "$options" ] || exit ${EXIT_NOT_CLOSED}
    exec unshare $options -- sh "$0" alone "$folder" "$launch"
  fi
  turn
  ;;
alone)
  enclose
  [ "$(id -u)" = 0 ] || exec setpriv --ambient-caps -all --inh-caps -all -- setsid sh "$launch"
  turn
  ;;
enclosed)
  [ "$(readlink /proc/self/ns/net)" = "$4" ] || exit ${EXIT_NOT_CLOSED}
  turn
  ;;
hold)
  exec 9>lock || exit 70
  flock -n 9 || exit ${EXIT_RUNS_ALREADY}
  enclose
  readlink /proc/self/ns/net >net.new && mv net.new net || exit 70
  record holder.pid
  exec sleep "$launch"
  ;;
esac
`;

/** Writes the shim; its name has its digest, because a shell reads its program while it runs. */
export async function installShim(folder: string): Promise<string> {
  const digest = createHash('sha256').update(SHIM).digest('hex').slice(0, 12);
  const path = join(folder, `unit-shim-${digest}.sh`);
  if ((await readFile(path, 'utf8').catch(() => '')) === SHIM) return path;
  const fresh = `${path}.${randomBytes(6).toString('hex')}`;
  await writeFile(fresh, SHIM, { mode: 0o500, flag: 'wx' });
  await chmod(fresh, 0o500);
  await rename(fresh, path);
  return path;
}

/** The program that turns into the unit: changes folder, sets the variables, execs. Runs as the unit's user. */
export function launchScript(
  command: readonly string[],
  folder: string,
  environment: Readonly<Record<string, string>>,
): string {
  const exports = Object.entries(environment).map(([name, value]) => `export ${name}=${quote(value)}`);
  return [
    'umask 077',
    `cd ${quote(folder)} || exit 72`,
    'unset OLDPWD',
    ...exports,
    `exec ${command.map(quote).join(' ')}`,
    '',
  ].join('\n');
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
