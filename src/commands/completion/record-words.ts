import type { Resource } from '../../definitions/resource.ts'
import { shownAs } from '../../render/cell.ts'
import { excerpt, printable } from '../../text/printable.ts'
import { filterColumns, nameField, textIn, type KnownRecord } from './known-record.ts'

/** A word that a shell offers, and what it is. */
export interface Offer {
  readonly word: string
  readonly about: string
}

/** A record, and its kind. */
export interface RecordOfKind {
  readonly record: KnownRecord
  readonly of: Resource
}

/** How records are offered. */
export interface RecordWordsOptions {
  /** What the word begins with. */
  readonly typed: string
  /** Words on the line that aren't offered again. */
  readonly taken?: readonly string[]
  /** `names` where an id would mean nothing. */
  readonly by?: 'ids and names' | 'names'
  /** Milliseconds since 1970. */
  readonly now: number
}

/** More than these nobody reads, and shells ask before they show them. */
export const mostOffers = 50

/**
 * The words for records, those of the newest first: ids, once something is typed also names. What can't be typed as one
 * harmless word isn't offered; such a record has its id.
 */
export function recordWords(all: readonly RecordOfKind[], { typed, taken = [], by = 'ids and names', now }: RecordWordsOptions): Offer[] {
  const records = newestFirst(all.filter(({ record, of }) => !taken.includes(textIn(record, of.key))))
  const beginning = typed.toLowerCase()
  const ids = by === 'names' ? [] : records.filter(({ record, of }) => textIn(record, of.key).toLowerCase().startsWith(beginning))
  const names = new Map<string, RecordOfKind[]>()
  for (const one of by === 'names' || typed !== '' ? records : []) {
    const name = textIn(one.record, nameField(one.of) ?? '')
    if (!name.startsWith(typed) || taken.includes(name)) continue
    const same = names.get(name)
    if (same) same.push(one)
    else names.set(name, [one])
  }
  const offers = [
    ...ids.map((one): Lazy => ({ word: textIn(one.record, one.of.key), about: () => aboutRecord(one, now) })),
    ...[...names].map(([word, same]): Lazy => ({ word, about: () => aboutName(same, now) })),
  ].filter(({ word }) => isOfferable(word))
  return firstOf(offers).map(({ word, about }) => ({ word, about: about() }))
}

interface Lazy {
  readonly word: string
  about(): string
}

/** Whether a text is a word that shows itself as it is, and that a command takes for a value. */
export function isOfferable(word: string): boolean {
  return word !== '' && word.length <= 200 && !word.startsWith('-') && !word.includes('\t') && printable(word) === word
}

/** What a person is told of a word, in one short line. */
const aboutText = (parts: readonly string[]): string =>
  parts
    .filter((part) => part !== '')
    .map((part) => excerpt(part, 40))
    .join(', ')

/**
 * The first of them. A shell writes as much as all that are offered have in common: where that would be more than all
 * there are have in common, the last makes way for one that differs.
 */
function firstOf<O extends { readonly word: string }>(offers: readonly O[]): readonly O[] {
  if (offers.length <= mostOffers) return offers
  const first = offers.slice(0, mostOffers)
  const shared = ({ word }: O) => commonLength(first[0]!.word, word)
  const other = offers.reduce((least, one) => (shared(one) < shared(least) ? one : least))
  return first.some((one) => shared(one) <= shared(other)) ? first : [...first.slice(0, -1), other]
}

function commonLength(one: string, other: string): number {
  let length = 0
  while (length < one.length && one[length] === other[length]) length++
  return length
}

function aboutName(same: readonly RecordOfKind[], now: number): string {
  const [first] = same as [RecordOfKind]
  if (same.length === 1) return aboutText([textIn(first.record, first.of.key).slice(0, 8), ...facts(first, now).slice(1)])
  return aboutText([`${same.length} ${first.of.many}`, facts(first, now).at(-1)!])
}

const aboutRecord = (one: RecordOfKind, now: number) => aboutText(facts(one, now))

/** What tells records apart, as tables show it. */
function facts({ record, of }: RecordOfKind, now: number): string[] {
  return filterColumns(of).map(({ field, kind }) => {
    const value = textIn(record, field)
    return kind === undefined ? value : shownAs[kind](value, { wide: false, now })
  })
}

/** All of them are dated in UTC, and in one way. */
const newestFirst = (records: readonly RecordOfKind[]): RecordOfKind[] =>
  records.toSorted((one, other) => {
    const [a, b] = [textIn(one.record, 'created'), textIn(other.record, 'created')]
    return a < b ? 1 : a > b ? -1 : 0
  })
