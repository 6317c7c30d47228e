import {
  flagKey,
  type ArgumentDefinition,
  type CommandDefinition,
  type LiveWords,
  type OptionDefinition,
} from '../../definitions/definition.ts'
import { jobs, podContainers } from '../../definitions/records.ts'
import type { Resource } from '../../definitions/resource.ts'
import { hasEnded } from '../../ims/job-status.ts'
import { recordsNamed } from '../../ims/reference.ts'
import { nameField, sshContainersOf, textIn, type KnownRecord } from './known-record.ts'
import { isOfferable, recordWords, type Offer, type RecordOfKind } from './record-words.ts'

/** What is completed: a value of an option or argument. */
export interface LiveValue {
  readonly row: OptionDefinition | ArgumentDefinition
  readonly command: CommandDefinition | undefined
  readonly typed: string
  /** The values of options on the line, by key. */
  readonly options: Readonly<Record<string, string>>
  readonly arguments: readonly string[]
}

/** Where words come from that the table can't know. */
export interface WordSources {
  records(of: Resource): Promise<readonly KnownRecord[]>
  configurations(): readonly string[]
  /** Milliseconds since 1970. */
  now(): number
}

/** The words that fit a value and that only the service knows, or this machine: what its row says. */
export async function liveWords(value: LiveValue, sources: WordSources): Promise<Offer[]> {
  const { row, typed, arguments: taken } = value
  if ('filters' in row && row.filters?.by === 'pattern') {
    const found = await recordsOf([value.command!.prints!], sources)
    const names = recordWords(found, { typed, by: 'names', now: sources.now() })
    return names.filter(({ word }) => !/[*?[\]\\]/.test(word))
  }
  const kinds = kindsNamed(value)
  if (kinds.length > 0) {
    const found = await recordsOf(kinds, sources)
    const meant = 'unfinished' in row && row.unfinished ? found.filter(isUnfinished) : found
    return recordWords(meant, { typed, taken: 'many' in row ? taken : [], now: sources.now() })
  }
  const offers = typeof row.complete === 'string' && row.complete in words ? await words[row.complete as LiveWords](value, sources) : []
  return offers.filter(({ word }) => word.startsWith(typed))
}

/** The kinds of record that a value may name: all that are left open by an option that isn't there. */
function kindsNamed({ row: { record, complete }, options }: LiveValue): readonly Resource[] {
  if (record && 'by' in record) {
    const chosen = record.kinds[options[flagKey(record.by)] ?? '']
    return chosen ? [chosen] : Object.values(record.kinds)
  }
  if (record) return [record]
  return typeof complete === 'object' && 'path' in complete ? [complete] : []
}

async function recordsOf(kinds: readonly Resource[], { records }: WordSources): Promise<RecordOfKind[]> {
  const found = await Promise.all(kinds.map(async (of) => (await records(of)).map((record) => ({ record, of }))))
  return found.flat()
}

const isUnfinished = ({ record: { status } }: RecordOfKind) => typeof status !== 'string' || !hasEnded({ status })

const words: Readonly<Record<LiveWords, (value: LiveValue, sources: WordSources) => Promise<Offer[]> | Offer[]>> = {
  configuration: (_, { configurations }) =>
    configurations()
      .filter(isOfferable)
      .map((word) => ({ word, about: '' })),
  column({ command, typed }) {
    const columns = command?.prints?.columns ?? []
    const [, before, sign] = /^((?:.*,)?)(-?)/s.exec(typed) as unknown as [string, string, string]
    const named = before.split(',').map((word) => word.replace(/^-/, ''))
    return columns
      .filter(({ name }) => !named.includes(name))
      .map(({ name, field }) => ({ word: `${before}${sign}${name}`, about: field === name ? '' : field }))
  },
  async 'ssh container'(value, sources) {
    const found = await jobsNamed(value, sources)
    return unique(found.flatMap(sshContainersOf))
  },
  async 'pod container'(value, sources) {
    const types: readonly unknown[] =
      value.arguments.length === 0 ? [] : (await jobsNamed(value, sources).catch(() => [])).map((job) => job.job_type)
    const known = Object.entries(podContainers)
    const meant = known.filter(([type]) => types.includes(type))
    return unique((meant.length > 0 ? meant : known).flatMap(([, names]) => names))
  },
}

const unique = (names: readonly string[]): Offer[] => [...new Set(names)].filter(isOfferable).map((word) => ({ word, about: '' }))

/** The jobs that the line names by its first argument; all where it names none. */
async function jobsNamed({ arguments: [word] }: LiveValue, { records }: WordSources): Promise<readonly KnownRecord[]> {
  const all = await records(jobs)
  if (word === undefined) return all
  const named = all.map((job) => ({ job, id: textIn(job, jobs.key), name: textIn(job, nameField(jobs)!) }))
  return recordsNamed(named, word).map(({ job }) => job)
}
