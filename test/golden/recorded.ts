import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Text, or bytes that aren't UTF-8. */
export type Content = string | { base64: string }

/** A command line run by the original program, and what came of it. */
export interface Recorded {
  name: string
  argv: string[]
  /** Null takes a variable away. */
  env: Record<string, string | null>
  tls: boolean
  files: Record<string, Content>
  file_modes?: Record<string, string>
  stdin?: string
  responses: { status: number; reason?: string; headers: Record<string, string>; body: Content }[]
  requests: { method: string; path: string; query: string; headers: Record<string, string>; raw_body: string }[]
  /** Null where the text is ours to choose. */
  stdout: Content | null
  stderr?: string
  exit: number
  files_written?: Record<string, { mode: string; text: string }>
  files_removed?: string[]
}

/** What a deviation changes of a case: what isn't compared, and what is expected instead. */
export interface Deviation {
  skip?: ('exit' | 'stdout' | 'requests' | 'stderr' | 'files')[]
  want?: Partial<Recorded> & { path?: string }
  instead: string
}

const read = (name: string): unknown => JSON.parse(readFileSync(join(import.meta.dirname, name), 'utf8'))

/** Where we differ on purpose: by a case's whole name with `$` behind it, or by the beginning of names. */
export const deviations = read('deviations.json') as Record<string, Deviation>

/** All recorded cases, by what they are about: `format`, `help`. */
export const casesAbout = Object.fromEntries(
  readdirSync(import.meta.dirname)
    .filter((name) => name.endsWith('.json') && name !== 'deviations.json')
    .map((name) => [name.replace('.json', ''), read(name) as Recorded[]]),
)

/** All recorded cases. */
export const cases = Object.values(casesAbout).flat()

/** The deviations that hold for a case. */
export function deviationsOf(name: string): Deviation[] {
  return Object.entries(deviations)
    .filter(([key]) => (key.endsWith('$') ? name === key.slice(0, -1) : name.startsWith(key)))
    .map(([, deviation]) => deviation)
}
