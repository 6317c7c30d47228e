import { shellWord } from '../../text/shell-words.ts'
import type { Container } from './container.ts'
import { startKeeper } from './keeper.ts'
import { startProgram } from './program.ts'
import { home, isLink, type Mount, type View } from './view.ts'

const options = ['--user', '--map-root-user', '--mount', '--pid', '--uts', '--fork']
const enter = (pid: string) =>
  ['nsenter', '--target', pid, '--user', '--mount', '--pid', '--uts', '--root', '--wd', '--preserve-credentials', '--']

/**
 * The first process of the container. It says its number, then sends the signals that it is told to, until its input
 * ends: with it ends all that runs there.
 */
const first = 'echo "$1"; while read -r signal group; do kill -s "$signal" -- "-$group"; done'

/** A container in namespaces of Linux; undefined, and no folder any more, where they aren't allowed. */
export async function startNamespaces(view: View, hostname: string): Promise<Container | undefined> {
  const keeper = startKeeper(view.folder, ['unshare', ...options, '/bin/sh', '-c', setUp(view, hostname)])
  const pid = await new Promise<string | undefined>((done) => {
    let text = ''
    keeper.stdout.on('data', (chunk: string) => {
      text += chunk
      if (text.includes('\n')) done(text.trim())
    })
    void keeper.ended.then(() => done(undefined))
  })
  if (pid === undefined) return undefined
  const way = enter(pid)
  return {
    isolation: 'namespaces',
    view,
    start: (program) =>
      startProgram(
        { ...program, env: { ...program.env, HOME: home } },
        // A group of its own that has a number in there.
        {
          enter: program.terminal ? way : [...way, 'setsid'],
          cwd: '/',
          kill: (group, signal) => keeper.tell(`${signal} ${group}`),
        },
      ),
    close: keeper.end,
  }
}

/** What makes the inside look as it should, before the first process waits. The machine's own can't be changed there. */
function setUp({ folder, jailed, root, mounts }: View, hostname: string): string {
  const top = jailed ? root : ''
  const inside = (path: string) => shellWord(top + path)
  const name = shellWord(hostname.slice(0, 63))
  const [, ...below] = mounts
  // What lies over the folder itself comes last.
  const over = ({ at }: Mount) => Number(folder.startsWith(`${at}/`))
  const order = below.toSorted((one, other) => over(one) - over(other))
  const proc = (at: string) => `mount -t proc proc ${inside(at)}`
  const mounting = order.flatMap(({ at, from, system }) => {
    if (system && isLink(from)) return []
    const bind = `mount --rbind ${shellWord(from)} ${inside(at)}`
    if (from === '/proc') return [`${proc(at)} || ${bind}`]
    return [bind, ...(system && from !== '/dev' ? [`mount -o remount,bind,ro ${inside(at)} || :`] : [])]
  })
  return [
    'set -e',
    // Its number as the machine counts, while that can be seen.
    'read -r pid rest < /proc/self/stat',
    // The command works for those who aren't root outside, too, but isn't everywhere.
    `hostname ${name} || echo ${name} > /proc/sys/kernel/hostname || :`,
    ...mounting,
    ...(jailed ? [] : [`${proc('/proc')} || :`]),
    ...(jailed
      ? [`cd ${shellWord(root)}`, `exec chroot . /bin/sh -c ${shellWord(`cd ${home}; ${first}`)} sh "$pid"`]
      : ['mount -o remount,bind,ro / || :', `cd ${home}`, 'set +e -- "$pid"', first]),
  ].join('\n')
}
