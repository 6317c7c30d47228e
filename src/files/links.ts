import { lstatSync, readlinkSync, type Stats } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { CliError } from '../errors.ts'
import { pastedWords } from '../text/shell-words.ts'

/** As many as Linux follows. */
const mostLinks = 40

/** A folder on the way. */
interface Step {
  readonly path: string
  readonly stats: Stats
  /** Nobody but us and root can put another folder in its place. */
  readonly fixed: boolean
}

/**
 * Where a path leads that is written to: symbolic links are followed, also those of its folders, as long as nobody but
 * us and root could have made them. What isn't there yet is no link.
 *
 * @throws CliError that names the link, where it is in a folder that others can write, /tmp among them; an error of the
 * system where the way can't be seen.
 */
export function followLinks(path: string): string {
  let at = rootStep()
  let rest = names(resolve(path))
  for (let links = 0; rest.length > 0;) {
    const [name, ...left] = rest as [string, ...string[]]
    rest = left
    if (name === '..') {
      at = stepsTo(dirname(at.path))
      continue
    }
    const next = join(at.path, name)
    const stats = lstatSync(next, { throwIfNoEntry: false })
    if (!stats) return join(next, ...left)
    if (!stats.isSymbolicLink()) {
      at = stepInto(at, next, stats)
      continue
    }
    if (!at.fixed || othersMayWrite(at.stats)) throw strangeLink(path, next)
    if (++links > mostLinks) throw Object.assign(new Error('too many symbolic links'), { code: 'ELOOP' })
    const target = readlinkSync(next)
    if (target.startsWith('/')) at = rootStep()
    rest = [...names(target), ...left]
  }
  return at.path
}

/** Whether others than us and root may put files into a folder. */
export function othersMayWrite({ mode, uid }: Stats): boolean {
  return (mode & 0o022) !== 0 || !isOurs(uid)
}

const isOurs = (uid: number) => uid === 0 || uid === process.getuid?.()
const names = (path: string) => path.split('/').filter((name) => name !== '' && name !== '.')
const rootStep = (): Step => ({ path: '/', stats: lstatSync('/'), fixed: true })

// In a sticky folder, such as /tmp, others can make files, but not rename ours.
function stepInto({ fixed, stats: above }: Step, path: string, stats: Stats): Step {
  const stays = !othersMayWrite(above) || ((above.mode & 0o1000) !== 0 && isOurs(above.uid) && isOurs(stats.uid))
  return { path, stats, fixed: fixed && stays }
}

function stepsTo(path: string): Step {
  return names(path).reduce((from, name) => {
    const next = join(from.path, name)
    return stepInto(from, next, lstatSync(next))
  }, rootStep())
}

function strangeLink(path: string, link: string): CliError {
  const which = link === resolve(path) ? 'it is a symbolic link' : `${link} is a symbolic link`
  return new CliError(`${path} can't be written: ${which} in a folder that others can write`, {
    more: ['Someone else may have made it, so that another file is written.'],
    next: pastedWords(['ls', '-ld', dirname(link), link]),
  })
}
