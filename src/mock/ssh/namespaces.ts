import { join } from 'node:path'
import { shellWord } from '../../text/shell-words.ts'
import type { Job } from '../records.ts'
import { startKeeper, type Keeper } from '../keeper.ts'
import type { Container } from './container.ts'
import { devices, home, layOut, type Layout } from './image-tree.ts'
import { containerOwner, runAs } from './owner.ts'
import { startProgram } from './program.ts'
import { treeIn } from './tree.ts'

const spaces = ['--user', '--mount', '--pid', '--uts', '--ipc', '--net']
const create = ['unshare', ...spaces, '--map-root-user', '--fork']
const enter = (pid: string) => ['nsenter', '--target', pid, ...spaces, '--wd', '--preserve-credentials', '--']

/**
 * What root may do in there: enough for files and `chroot`, nothing to mounts. It could else make what is read-only
 * writable again, and look into what is just entering.
 */
const kept = ['chown', 'dac_override', 'fowner', 'fsetid', 'kill', 'setgid', 'setuid', 'sys_chroot']
const confined = ['setpriv', '--no-new-privs', '--inh-caps=-all', `--bounding-set=-all,${kept.map((name) => `+${name}`).join()}`, '--']

/**
 * The first process of the container. It says its number, then does what it is told to, until its input ends: with it
 * ends all that runs there.
 */
const first = 'echo "$1"; exec >/dev/null 2>&1; while read -r line; do eval "$line"; done'

/**
 * A container in namespaces of Linux, which sees of the machine's files only what it borrows, read-only; undefined, and
 * no files any more, where that isn't allowed.
 */
export async function startNamespaces(
  job: Job,
  jailed: boolean,
  hostname: string,
  files?: Readonly<Record<string, string>>,
): Promise<Container | undefined> {
  const owner = containerOwner()
  if (!owner) return undefined
  const layout = layOut(job, jailed, files)
  const { folder, root, roots, borrowed } = layout
  // From in there, for the owner may not get through the folders above.
  const inside = `cd -P -- "$1" && shift && ${owner.id === undefined ? '' : `chown -hR ${owner.id}:${owner.id} . && `}exec "$@"`
  const keeper = startKeeper(folder, [
    '/bin/sh',
    '-c',
    inside,
    'sh',
    folder,
    ...runAs(owner),
    ...create,
    '/bin/sh',
    '-c',
    setUp(layout, hostname),
  ])
  const pid = await firstLine(keeper)
  if (pid === undefined) return undefined
  const way = [...runAs(owner), ...enter(pid), ...confined]
  return {
    isolation: 'namespaces',
    jailed,
    owner: owner.id,
    files: treeIn(
      join(folder, root),
      roots.flatMap((one) => [...borrowed, 'dev', 'proc'].map((below) => join(one, below))),
    ),
    start: (program) =>
      // A group of its own has a number in there.
      startProgram(
        { ...program, env: { ...program.env, HOME: home } },
        { enter: program.terminal ? way : [...way, 'setsid'], tell: keeper.tell },
      ),
    close: keeper.end,
  }
}

/** What it says first, where that is a number; undefined when it has ended without. */
function firstLine({ stdout, ended }: Keeper): Promise<string | undefined> {
  return new Promise((done) => {
    let text = ''
    stdout.on('data', (chunk: string) => {
      text += chunk
      const [, number] = /^(\d+)\n/.exec(text) ?? []
      if (number) done(number)
    })
    void ended.then(() => done(undefined))
  })
}

/** What makes the inside look as it should, before the first process waits. */
function setUp({ root, roots, borrowed }: Layout, hostname: string): string {
  const mount = (...words: string[]) => ['mount', '--no-canonicalize', ...words].map(shellWord).join(' ')
  const furnish = (below: string) => [
    ...borrowed.flatMap((path) => [mount('--bind', `/${path}`, below + path), mount('-o', 'remount,bind,ro,nosuid,nodev', below + path)]),
    ...devices.map((name) => mount('--bind', `/dev/${name}`, `${below}dev/${name}`)),
    mount('-t', 'devpts', '-o', 'newinstance,ptmxmode=0666,mode=0620,nosuid,noexec', 'devpts', `${below}dev/pts`),
    // Not where the machine itself is a container that sees only some of its own.
    `${mount('-t', 'proc', '-o', 'nosuid,nodev,noexec', 'proc', `${below}proc`)} || :`,
  ]
  return [
    'set -e',
    // Its number as the machine counts, while that can be seen.
    'read -r pid rest < /proc/self/stat',
    // The command isn't everywhere.
    `hostname ${shellWord(hostname.slice(0, 63))} || echo ${shellWord(hostname.slice(0, 63))} > /proc/sys/kernel/hostname || :`,
    mount('--bind', root, root),
    `${mount('-o', 'remount,bind,nosuid,nodev', root)} || :`,
    `cd -P -- ${shellWord(root)}`,
    ...roots.flatMap((one) => furnish(`.${one === '/' ? one : `${one}/`}`)),
    'mkdir .machine',
    // umount wants one.
    '[ -d proc/self ] || { rmdir proc; ln -s .machine/proc proc; }',
    'pivot_root . .machine',
    'umount -l /.machine',
    'rmdir /.machine',
    '[ -d /proc ] || { rm /proc; mkdir /proc; }',
    `cd ${home}`,
    `exec ${[...confined, '/bin/sh', '-c', first, 'sh'].map(shellWord).join(' ')} "$pid"`,
  ].join('\n')
}
