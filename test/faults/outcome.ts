import type { Outcome } from '../support/program.ts'
import type { FaultSite } from './site.ts'

/** What came of a command under a fault: a cell of the table. */
export interface Cell {
  readonly exit: number | string
  /** The last error on stderr, or else its last line, and what it says to type next. */
  readonly error?: string
  readonly next?: string
  /** What is on stdout, where it isn't what it is without a fault. */
  readonly stdout?: string
  /** How often the request was sent that the fault strikes; `many` where that depends on how long it was waited. */
  readonly sent?: number | 'many'
  /** What it changed at the service, and in the user's files. */
  readonly service?: string
  readonly files?: string
}

interface Seen {
  readonly site: FaultSite
  readonly outcome: Outcome
  readonly before: { readonly files: Record<string, string>; readonly records: Record<string, number> }
  /** What is on stdout without a fault. */
  readonly usual?: string
  /** More requests than that are `many`. */
  readonly most: number
}

/** What is kept of it: ids, ports, times and the like are the same in every run. */
export function cellOf({ site, outcome, before, usual, most }: Seen): Cell {
  const plain = plainFor(site)
  const lines = plain(outcome.stderr)
    .split('\n')
    .filter((line) => line !== '' && !/^\t/.test(line))
  const at = lines.findLastIndex((line) => line.startsWith('Error: '))
  const isFailure = typeof outcome.exit === 'number' && outcome.exit > 0
  const lastWords = isFailure ? lines.at(-1) : undefined
  const sent = site.struck()
  const stdout = plain(outcome.stdout)
  const cell = {
    exit: outcome.exit,
    // What the original says of each connection that fails names no reason; the next line does.
    error: at < 0 ? lastWords : lines[lines[at]!.startsWith('Error: Unable to ') ? at + 1 : at],
    next: lines.findLast((line) => line.startsWith('Next: ')),
    stdout: stdout === usual ? undefined : stdout || 'none',
    sent: sent > most ? 'many' : sent || undefined,
    service: untimed(changesOf(before.records, site.records())),
    files: changesOf(namedPlainly(before.files, plain), namedPlainly(site.files(), plain)),
  }
  return Object.fromEntries(Object.entries(cell).filter(([, value]) => value !== undefined && value !== '')) as unknown as Cell
}

/** Whether a job that is left has made its image by now is a matter of time. */
const untimed = (changes: string) => (/\bjobs \+/.test(changes) ? changes.replace(/\bimages \+\d+, /, '') : changes)

/** A text in which what differs between two runs is the same. */
function plainFor({ home, url }: FaultSite): (text: string) => string {
  const { host, port } = new URL(url)
  return (text) =>
    text
      .replaceAll(home, '~')
      .replaceAll(host, 'HOST')
      .replaceAll(port, 'PORT')
      .replace(/127\.0\.0\.1:\d+/g, 'SHELL')
      .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, 'ID')
      .replace(/\b[0-9a-f]{8}…/g, 'ID…')
      .replace(/\b(\d+[dhm])*\d+(\.\d+)?[dhms]\b/g, 'TIME')
      .replace(/\d{4}-\d\d-\d\dT[\d:.+Z]+/g, 'DATE')
      .replace(/[0-9a-f]{16}(?=\.tmp)|[0-9a-f]{32,}/g, 'HASH')
      // The same fault has other codes in other runtimes, and at other moments.
      .replace(/ \((E[A-Z0-9_]+|[A-Z0-9_]*ERR_[A-Z0-9_]+|HPE_[A-Z_]+)\)/g, '')
}

const namedPlainly = (files: Record<string, string>, plain: (text: string) => string) =>
  Object.fromEntries(Object.entries(files).map(([name, what]) => [plain(name), what]))

function changesOf(before: Record<string, unknown>, after: Record<string, unknown>): string {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .filter((name) => before[name] !== after[name])
    .map((name) => {
      const [was, is] = [before[name], after[name]]
      if (typeof was === 'number' && typeof is === 'number') return `${name} ${is > was ? '+' : ''}${is - was}`
      return `${name} ${is === undefined ? 'gone' : was === undefined ? 'new' : 'changed'}`
    })
    .join(', ')
}
