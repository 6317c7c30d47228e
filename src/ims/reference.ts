import { CliError, type NextStep } from '../errors.ts'
import { isSimilar } from '../text/similarity.ts'
import { createdAt } from './created.ts'
import type { OddRecord } from './read-record.ts'

/** What a record can be named by. */
export interface Referable {
  readonly id: string
  readonly name: string
  readonly created?: string | null
  readonly arch?: string | null
}

/** The shortest beginning of an id that names a record. */
export const shortestPrefix = 4

/**
 * The records that a word names: the one with that id; else all with that name, and all whose id begins with it.
 *
 * @param odd records that can't be used.
 * @throws CliError where the word names one of these: it may be the one that is meant.
 */
export function recordsNamed<R extends Referable>(records: readonly R[], word: string, odd: readonly OddRecord[] = []): R[] {
  const exact = records.filter(({ id }) => id === word)
  if (exact.length > 0) return exact
  const beginning = word.length >= shortestPrefix ? word.toLowerCase() : undefined
  const isNamed = ({ id, name }: Partial<Pick<Referable, 'id' | 'name'>>) =>
    name === word || (beginning !== undefined && id?.toLowerCase().startsWith(beginning) === true)
  const unusable = odd.find(isNamed)
  if (unusable) throw unusable.failure
  return records.filter(isNamed)
}

/** How a reference to a record is judged. */
export interface ReferenceOptions {
  /** What a record is called: `image`. */
  readonly kind: string
  /** Of several, the newest is taken. */
  readonly latest?: boolean
  /** The command that lists the records. */
  readonly list: NextStep
  /** Records that can't be used. */
  readonly odd?: readonly OddRecord[]
}

/**
 * The one record that a word names.
 *
 * @throws CliError with the candidates where none or several do, and as {@link recordsNamed}.
 */
export function pickRecord<R extends Referable>(
  records: readonly R[],
  word: string,
  { kind, latest = false, list, odd }: ReferenceOptions,
): R {
  const found = recordsNamed(records, word, odd)
  if (found.length === 1 || (latest && found.length > 0)) return newestOf(found)!
  if (found.length > 1)
    throw new CliError(`${JSON.stringify(word)} names ${found.length} ${kind}s`, {
      more: candidateLines(found),
      next: 'name one by the beginning of its id, or add --latest for the newest',
    })
  const near = records.filter((record) => isNear(record, word))
  throw new CliError(`no ${kind} matches ${JSON.stringify(word)}`, {
    more: near.length > 0 ? ['Similar:', ...candidateLines(near)] : [],
    next: list,
  })
}

/** The newest of some records; undefined of none. */
export function newestOf<R extends Referable>(records: readonly R[]): R | undefined {
  return records.toSorted((one, other) => timeOf(other) - timeOf(one))[0]
}

const timeOf = ({ created }: Referable): number => (created ? createdAt({ created }) : 0)

/** Whether a record may be meant by a word that names none. */
export function isNear({ id, name }: Pick<Referable, 'id' | 'name'>, typed: string): boolean {
  const [word, meant] = [typed, name].map((text) => text.toLowerCase()) as [string, string]
  if (word.length < 3) return false
  const part = meant.includes(word) || (meant.length >= 3 && word.includes(meant))
  const idLike = isSimilar(word, id.slice(0, word.length)) || (word.length > shortestPrefix && id.startsWith(word.slice(0, shortestPrefix)))
  return part || isSimilar(word, meant) || idLike
}

/** More candidates than these are left to the list. */
const mostCandidates = 20

/** Records to choose from, a line each: as much of the id as tells them apart, when it was created, arch, name. */
export function candidateLines(records: readonly Referable[]): string[] {
  const shown = records.toSorted((one, other) => timeOf(other) - timeOf(one)).slice(0, mostCandidates)
  const length = distinctLength(records.map(({ id }) => id))
  const arches = Math.max(...shown.map(({ arch }) => (arch ?? '').length))
  const lines = shown.map(({ id, created, arch, name }) => {
    const when = created ? new Date(createdAt({ created })).toISOString().slice(0, 16).replace('T', ' ') : ''
    return `  ${id.slice(0, length)}  ${when.padEnd(16)}  ${(arch ?? '').padEnd(arches)}  ${name}`.trimEnd()
  })
  return records.length > shown.length ? [...lines, `  and ${records.length - shown.length} more`] : lines
}

/** The fewest characters, at least 8, by which ids differ. */
export function distinctLength(ids: readonly string[]): number {
  const longest = Math.max(...ids.map((id) => id.length))
  for (let length = 8; length < longest; length++) {
    if (new Set(ids.map((id) => id.slice(0, length))).size === ids.length) return length
  }
  return longest
}
