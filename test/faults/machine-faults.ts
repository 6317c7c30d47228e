import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { asStranger, isRoot, mayMount, stranger } from '../support/mounts.ts'
import { configurationFile, type FaultSite } from './site.ts'

/** What is wrong with the machine that a command runs on, or with what it was started with. */
export interface MachineFault {
  /** What it takes: root, or root who may mount. */
  readonly takes?: 'root' | 'mounts'
  /** Bun itself refuses to start, in words of its own. */
  readonly ofNodeOnly?: true
  /** Before the command starts; what undoes it. */
  prepare?(site: FaultSite): (() => void) | void
  env?(site: FaultSite): Record<string, string>
  /** The line that starts it. */
  around?(line: readonly string[], site: FaultSite): readonly string[]
  /** When its request has come to the service, which answers a while later. */
  atRequest?(pid: number): void
}

const put = (path: string, text: string) => writeFileSync(path, text, { mode: 0o600 })
const configuration = (text: string): MachineFault => ({ prepare: ({ home }) => put(join(home, configurationFile), text) })
const token = (text: (old: any) => string): MachineFault => ({
  prepare: ({ token: path }) => put(path, text(JSON.parse(readFileSync(path, 'utf8')))),
})
const folderAt = (path: (site: FaultSite) => string): MachineFault => ({
  prepare(site) {
    rmSync(path(site), { force: true })
    mkdirSync(path(site))
  },
})
const bash = (script: string): MachineFault => ({ around: (line) => ['bash', '-c', script, 'bash', ...line] })
const signal = (...names: NodeJS.Signals[]): MachineFault => ({
  atRequest(pid) {
    // Requests that are sent at the same time come meanwhile.
    for (const [at, name] of names.entries()) setTimeout(() => process.kill(pid, name), 400 + 200 * at)
  },
})

/** All of a home belongs to somebody who isn't root. */
function give(home: string): void {
  chownSync(home, stranger, stranger)
  for (const name of readdirSync(home, { recursive: true }) as string[]) chownSync(join(home, name), stranger, stranger)
}
const folders = (home: string) => [
  home,
  ...readdirSync(home, { recursive: true, withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? [join(entry.parentPath, entry.name)] : [],
  ),
]

/** Which command meets it, and where, depends on what starts it. */
export const fewFiles = (most: number): MachineFault => bash(`ulimit -n ${most}; "$@"`)

/** The fewest open files, from a number on, with which a Node runs a script at all: with fewer it dies before its first line. */
export function fewestOfNode(from: number): number {
  if (process.env.CRAY_IMS_TEST_EXECUTABLE) return from
  const folder = mkdtempSync(join(tmpdir(), 'few-files-'))
  try {
    writeFileSync(join(folder, 'nothing.cjs'), '')
    const starts = (most: number) =>
      spawnSync('bash', ['-c', `ulimit -n ${most}; "$@"`, 'bash', process.execPath, join(folder, 'nothing.cjs')]).status === 0
    return [0, 1, 2, 3, 4].map((more) => from + more).find(starts) ?? from
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Faults of the machine: further rows of the table. */
export const machineFaults: readonly (readonly [name: string, fault: MachineFault])[] = [
  [
    'home that is read only',
    {
      takes: 'root',
      prepare({ home }) {
        give(home)
        for (const folder of folders(home)) chmodSync(folder, 0o500)
      },
      around: (line) => [...asStranger, ...line],
    },
  ],
  [
    'full disk',
    {
      takes: 'mounts',
      prepare({ home }) {
        const folder = join(home, '.config')
        const kept = join(home, '.kept')
        execFileSync('cp', ['-a', folder, kept])
        execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k,mode=0700', 'cray-ims-test', folder])
        execFileSync('cp', ['-a', `${kept}/.`, folder])
        rmSync(kept, { recursive: true })
        try {
          writeFileSync(join(folder, 'filling'), Buffer.alloc(65536))
        } catch {
          // It is full now.
        }
        return () => void execFileSync('umount', ['-l', folder])
      },
    },
  ],
  ['no home', { takes: 'root', prepare: ({ home }) => give(home), env: () => ({ HOME: '' }), around: (line) => [...asStranger, ...line] }],
  ['home that is a file', { env: ({ home }) => ({ HOME: join(home, 'ca.pem') }) }],
  ['no configuration', { prepare: ({ home }) => rmSync(join(home, configurationFile)) }],
  ['configuration that is a folder', folderAt(({ home }) => join(home, configurationFile))],
  ['configuration of rubbish', configuration('\u0000\u001b[2J [[')],
  ['empty configuration', configuration('')],
  [
    'configuration that nobody may read',
    {
      takes: 'root',
      prepare: ({ home }) => (give(home), chmodSync(join(home, configurationFile), 0)),
      around: (line) => [...asStranger, ...line],
    },
  ],
  ['no token', { prepare: ({ token }) => rmSync(token) }],
  ['token of rubbish', token(() => '\u0000\u001b[2J{"access_token": ')],
  ['token that is a folder', folderAt(({ token: path }) => path)],
  ['token of another type', token((old) => JSON.stringify({ ...old, access_token: 1 }))],
  ['token that nobody knows', token((old) => JSON.stringify({ ...old, access_token: 'unknown', refresh_token: 'unknown' }))],
  ['token that has expired', token((old) => JSON.stringify({ ...old, expires_at: 1 }))],
  ['token that has expired for good', token(({ refresh_token: _, ...old }) => JSON.stringify({ ...old, expires_at: 1 }))],
  ['stdout on a full disk', bash('"$@" >/dev/full')],
  ['closed stdout', bash('"$@" >&-')],
  ['closed stdin', bash('"$@" <&-')],
  ['closed stderr', bash('"$@" 2>&-')],
  ['reader that goes away', bash('"$@" | :; exit ${PIPESTATUS[0]}')],
  ['current folder that was deleted', { ...bash('mkdir gone && cd gone && rmdir ../gone && "$@"'), ofNodeOnly: true }],
  ['empty PATH', { env: () => ({ PATH: '' }) }],
  ['temporary folder that is missing', { env: () => ({ TMPDIR: '/nowhere' }) }],
  ['SIGINT', signal('SIGINT')],
  ['SIGTERM', signal('SIGTERM')],
  ['SIGHUP', signal('SIGHUP')],
  ['SIGKILL', signal('SIGKILL')],
  ['SIGSTOP, then SIGCONT', signal('SIGSTOP', 'SIGCONT')],
]

/** Whether this machine lets it be tried. In CI all has to be. */
export const canBe = ({ takes, ofNodeOnly }: MachineFault): boolean =>
  !(ofNodeOnly && process.env.CRAY_IMS_TEST_EXECUTABLE) && (takes === undefined || (takes === 'root' ? isRoot : mayMount()))
