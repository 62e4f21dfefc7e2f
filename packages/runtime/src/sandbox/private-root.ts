import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { outermost } from './code-paths.js';

/** What a child may see, in folders and files of the host. */
export interface View {
  /** Programs and libraries, read-only. */
  code: readonly string[];
  /** Files to read, never to run. */
  data: readonly string[];
  /** Device nodes to open. */
  devices: readonly string[];
}

/** Where system libraries, the loader and its cache lie; what ONNX Runtime asks of the processor. */
const SYSTEM = ['/usr', '/bin', '/sbin', '/lib', '/lib32', '/lib64', '/etc/ld.so.cache', '/sys/devices/system/cpu'];
const DEVICES = ['/dev/null', '/dev/zero', '/dev/random', '/dev/urandom'];

/**
 * Makes the root in the mount namespace that it runs in and starts the command there. Runs as root of the namespace;
 * the command drops what that may do. Files of the view appear under their own paths, folders above them are empty.
 *
 * - An empty file system in memory, read-only once it is laid out, so that nothing can be written anywhere.
 * - A mount that was `noexec` must stay so where the namespace belongs to an ordinary user.
 * - The pixels come as an open descriptor (4). It is opened again through a read-only mount: the descriptor of the
 *   parent could be opened for writing through /proc/self/fd by a child that runs as the same user.
 * - `chroot` and not `pivot_root`: it works whatever the host's root is, cannot be left without privileges, and the
 *   kernel then refuses a further user namespace, with which a child might win some.
 * - The shell stays as the first process of the process namespace. As such a model would not receive the signals that
 *   end it; the shell tells of them as 128 + number.
 */
const SCRIPT = `
set -eu
PATH=/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin
umask 022
root=$1 folder=$2 proc=$3
shift 3
mkdir -p "$root"
mount -n -t tmpfs -o size=1m,mode=755,nosuid,nodev none "$root"
lock() {
  mount -n -o "remount,bind,ro,nosuid,nodev$2" "$1" 2>/dev/null || mount -n -o remount,bind,ro,nosuid,nodev,noexec "$1"
}
while [ "$1" != -- ]; do
  kind=$1 from=$2
  shift 2
  if [ -d "$from" ]; then mkdir -p "$root$from"; else mkdir -p "$root\${from%/*}"; : >"$root$from"; fi
  mount -n --rbind "$from" "$root$from"
  case $kind in code) lock "$root$from" '' ;; data) lock "$root$from" ,noexec ;; esac
done
shift
if [ -f /proc/self/fd/4 ]; then
  : >"$root/.pixels"
  mount -n --bind "$(readlink /proc/self/fd/4)" "$root/.pixels"
  lock "$root/.pixels" ,noexec
  exec 4<"$root/.pixels"
fi
mkdir "$root/proc"
if [ "$proc" = own ]; then mount -n -t proc -o nosuid,nodev,noexec none "$root/proc" 2>/dev/null || :; fi
lock "$root" ''
set +e
chroot "$root" /bin/sh -c 'cd "$0" && exec "$@"' "$folder" "$@"
exit $?
`;

/** The shell stays the first process of the namespace, see above. */
const STAY = `
"$@"
exit $?
`;

/**
 * Words in front of a command that give it a private root and, as its working directory, `folder`.
 * @param ownProcesses whether the command has a process namespace, whose /proc it may then see
 */
export function privateRoot(shell: string, view: View, folder: string, ownProcesses: boolean): string[] {
  const mounts = [
    ...outermost([...SYSTEM, ...view.code].filter(existsSync)).map((path) => ['code', path]),
    ...outermost(view.data.filter(existsSync)).map((path) => ['data', path]),
    ...[...DEVICES, ...view.devices].filter(existsSync).map((path) => ['device', path]),
  ];
  const root = join(folder, '.root');
  return [shell, '-c', SCRIPT, 'sandbox', root, folder, ownProcesses ? 'own' : 'none', ...mounts.flat(), '--'];
}

/** Words in front of a command that has a process namespace and no private root. */
export function firstProcess(shell: string): string[] {
  return [shell, '-c', STAY, 'sandbox'];
}
