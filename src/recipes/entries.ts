import { excerpt } from '../text/printable.ts'

export type EntryKind = 'file' | 'folder' | 'symlink' | 'hard link' | 'special'

/** Something in a recipe's folder or archive. */
export interface Entry {
  /** Without `.` and nothing between slashes, and without a slash behind it; otherwise as the archive has it. */
  readonly path: string
  readonly kind: EntryKind
  /** In bytes; 0 for what is no file. */
  readonly size: number
  /** Permissions. */
  readonly mode: number
  /** What a link leads to, as it is written. */
  readonly target?: string
}

/** The most entries that a recipe may have. */
export const mostEntries = 100_000

/** The most that a recipe's files may have together, in bytes. */
export const mostBytes = 2 * 1024 ** 3

/** The folder whose content becomes the image's root: an absolute link in it is one of the image. Source: KIWI's description of overlays. */
const overlay = 'root/'

/** Whether a path stays below the folder that it is in. */
function isInside(path: string): boolean {
  return path !== '' && !path.includes('\0') && !path.startsWith('/') && !path.split('/').includes('..')
}

/**
 * What can't be unpacked without touching something outside the recipe's folder, or is neither file, folder nor link: a
 * line each.
 */
export function entryProblems(entries: readonly Entry[]): string[] {
  const files = new Set<string>()
  const links = new Set<string>()
  const targets = new Map(entries.flatMap(({ path, kind, target = '' }) => (kind === 'symlink' ? [[path, target] as const] : [])))
  return entries.flatMap((entry) => {
    const { path, kind } = entry
    const shown = excerpt(path, 200)
    const found = isInside(path) ? kindProblem(entry, files, targets) : `${shown} leads outside the recipe`
    const through = found === undefined ? parents(path).find((parent) => links.has(parent)) : undefined
    if (kind === 'file' || kind === 'hard link') files.add(path)
    if (kind === 'symlink') links.add(path)
    if (through !== undefined) return [`${shown} is below ${excerpt(through, 200)}, which is a link`]
    return found === undefined ? [] : [found]
  })
}

function kindProblem(
  { path, kind, target = '' }: Entry,
  files: ReadonlySet<string>,
  targets: ReadonlyMap<string, string>,
): string | undefined {
  const shown = excerpt(path, 200)
  if (kind === 'special') return `${shown} is a device, a pipe or a socket`
  if (kind === 'hard link')
    return files.has(target) ? undefined : `${shown} is a hard link to ${excerpt(target, 200)}, which is not a file before it`
  if (kind !== 'symlink') return undefined
  return leadsOutside(path, target, targets) ? `${shown} is a link to ${excerpt(target, 200)}, outside the recipe` : undefined
}

/** So many links are followed, one leading to the next, and none that is longer. Source: Linux's limits. */
const mostLinks = 40
const longestPath = 4096

/** Whether a link leads outside, also by way of others. */
function leadsOutside(path: string, target: string, targets: ReadonlyMap<string, string>): boolean {
  const at = path.split('/').slice(0, -1)
  const rest = [target]
  for (let followed = 0; rest.length > 0 && followed < mostLinks;) {
    const link = rest.pop()!
    if (path.length > longestPath || link.length > longestPath) return false
    if (link.startsWith('/')) {
      if (!path.startsWith(overlay)) return true
      at.splice(0, at.length, 'root')
    }
    const parts = link.split('/').filter((part) => part !== '' && part !== '.')
    for (const [number, part] of parts.entries()) {
      if (part !== '..') at.push(part)
      else if (at.pop() === undefined) return true
      const next = part === '..' ? undefined : targets.get(at.join('/'))
      if (next === undefined) continue
      at.pop()
      rest.push(parts.slice(number + 1).join('/'), next)
      followed++
      break
    }
  }
  return false
}

function parents(path: string): string[] {
  const parts = path.split('/')
  return parts.slice(1).map((_, at) => parts.slice(0, at + 1).join('/'))
}

/** What a file is called that holds passwords, tokens or private keys. */
const secretNames =
  /(?:^|\/)(?:id_(?:rsa|dsa|ecdsa|ed25519)(?:_sk)?|[._]netrc|\.pgpass|\.git-credentials|\.vault-token|\.npmrc|\.pypirc|\.htpasswd|\.aws\/credentials|\.docker\/config\.json|\.kube\/config|kubeconfig|[^/]+\.(?:kdbx|p12|pfx|jks))$/i

/** How much of a file's beginning is looked at for a private key, in bytes. */
export const secretBeginning = 4096

/** Whether a file looks like a secret, by its name or how it begins. */
export function isSecret(path: string, beginning: Buffer): boolean {
  return secretNames.test(path) || /-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----/.test(beginning.toString('latin1'))
}
