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
  /** It takes Node: Bun refuses to start, in words of its own, or loads nothing before the program. */
  readonly ofNodeOnly?: true
  /** Before the command starts; what undoes it. */
  prepare?(site: FaultSite): (() => void) | void
  env?(site: FaultSite): Record<string, string>
  /** The line that starts it. */
  around?(line: readonly string[], site: FaultSite): readonly string[]
  /** When its request has come to the service, which answers {@link heldBackFor} later. */
  atRequest?(send: SendSignal): void
  /** When the first of what it prints is there. */
  atOutput?(send: SendSignal): void
}

/** Sends the command a signal, unless it has ended. */
export type SendSignal = (name: NodeJS.Signals) => void

/** How long a service is silent whose request comes at the wrong moment, in milliseconds. */
export const heldBackFor = 2500

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
/** Signals, the first after so many milliseconds. */
const signals =
  (after: number, ...names: NodeJS.Signals[]) =>
  (send: SendSignal) => {
    for (const [at, name] of names.entries()) setTimeout(() => send(name), after + 200 * at)
  }
// Requests that are sent at the same time come meanwhile.
const signal = (...names: NodeJS.Signals[]): MachineFault => ({ atRequest: signals(400, ...names) })

/** The wall clock is set while an answer is waited for: whoever asks for the date gets another one from then on. */
const clockSet = (by: number): MachineFault => ({
  ofNodeOnly: true,
  prepare: ({ home }) =>
    put(
      join(home, 'clock.cjs'),
      `let by = 0
       const Real = Date
       globalThis.Date = class extends Real {
         constructor(...given) { super(...(given.length > 0 ? given : [Real.now() + by])) }
         static now() { return Real.now() + by }
       }
       process.on('SIGUSR2', () => { by = ${by} })`,
    ),
  env: ({ home }) => ({ NODE_OPTIONS: `--require=${join(home, 'clock.cjs')}` }),
  ...signal('SIGUSR2'),
})
const day = 86_400_000

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
  ['SIGSTOP after the answer, then SIGCONT', { atRequest: signals(heldBackFor + 100, 'SIGSTOP', 'SIGCONT') }],
  ['SIGSTOP with the first output, then SIGCONT', { atOutput: signals(0, 'SIGSTOP', 'SIGCONT') }],
  ['clock set a day forward', clockSet(day)],
  ['clock set a day back', clockSet(-day)],
]

/** Whether this machine lets it be tried. In CI all has to be. */
export const canBe = ({ takes, ofNodeOnly }: MachineFault): boolean =>
  !(ofNodeOnly && process.env.CRAY_IMS_TEST_EXECUTABLE) && (takes === undefined || (takes === 'root' ? isRoot : mayMount()))
