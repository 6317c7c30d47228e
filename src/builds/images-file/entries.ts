import { excerpt } from '../../text/printable.ts'
import { isSimilar } from '../../text/similarity.ts'
import { readEntry, type Entry } from './entry.ts'
import { locate } from './locate.ts'
import type { SourceNode } from './source-node.ts'
import { mistakes, schemaCommand, type Found, type Diagnostic } from './diagnostics.ts'
import { described } from './typed.ts'

export type { Entry, FileImport, FileOrder } from './entry.ts'
export { mistakes, type Diagnostic } from './diagnostics.ts'

/**
 * The images of a file, each checked by itself and against the others; in the file's order.
 *
 * @param path as the user typed it.
 * @throws CliError with all mistakes and their lines.
 */
export function readEntries(path: string, text: string): Entry[] {
  const list: Diagnostic[] = []
  const found: Found = (line, why) => void list.push({ line, why })
  const read = imagesOf(locate(path, text, list), found).map((item) => readEntry(item, found))
  const misread = list.length > 0
  checkNames(read, found)
  const names = new Set(read.map(({ order }) => order.name))
  const entries = read.map((entry) => ({ ...entry, needs: neededBy(entry, names) }))
  for (const { order, needs, lineOf } of entries) {
    if (needs !== undefined && needs === order.name)
      found(lineOf('base'), `${short(needs)} can't be made from itself; an image that is there already has an id to give`)
  }
  for (const cycle of cyclesOf(entries))
    found(
      cycle[0]!.line,
      `${cycle.map(({ order, needs }) => `${short(order.name)} needs ${short(needs!)}`).join(', ')}: none can be made first`,
    )
  if (list.length > 0) throw mistakes(path, list, misread ? schemaCommand : undefined)
  return entries
}

/** The images so that each comes after the one that it needs; else in the file's order. */
export function inOrder(entries: readonly Entry[]): Entry[] {
  const byName = new Map(entries.map((entry) => [entry.order.name, entry]))
  const sorted = new Set<Entry>()
  for (const entry of entries) {
    const chain: Entry[] = []
    for (let next: Entry | undefined = entry; next && !sorted.has(next); next = byName.get(next.needs ?? '')) chain.push(next)
    for (const one of chain.reverse()) sorted.add(one)
  }
  return [...sorted]
}

function imagesOf({ line, value }: SourceNode, found: Found): SourceNode[] {
  if (!(value instanceof Map)) {
    found(
      line,
      value === null
        ? 'the file is empty: it takes a list of images'
        : `the file is ${described(value)}: it takes images: and a list below`,
    )
    return []
  }
  const images = value.get('images')
  const others = [...value].filter(([key]) => key !== 'images' && key !== '$schema')
  const meant = images ? undefined : others.find(([key]) => isSimilar(key.toLowerCase(), 'images'))?.[0]
  for (const [key, { line: at }] of others)
    found(at, `there is no key ${excerpt(key, 60)} beside images${key === meant ? ', which may be meant' : ''}`)
  if (images) return itemsOf(images.value, images.line, found)
  if (meant === undefined) found(line, 'the file has no images: it takes images: and a list below')
  return []
}

function itemsOf({ value }: SourceNode, line: number, found: Found): SourceNode[] {
  if (Array.isArray(value) && value.length > 0) return value
  found(line, value === null || Array.isArray(value) ? 'the list of images is empty' : `images takes a list, not ${described(value)}`)
  return []
}

function checkNames(entries: readonly Entry[], found: Found): void {
  const lines = new Map<string, number>()
  for (const {
    order: { name },
    lineOf,
  } of entries) {
    const before = lines.get(name)
    if (name !== undefined && before !== undefined) found(lineOf('name'), `there is an image ${short(name)} in line ${before} already`)
    else lines.set(name, lineOf('name'))
  }
}

function neededBy({ order }: Entry, names: ReadonlySet<string>): string | undefined {
  return !('import' in order) && order.job_type === 'customize' && names.has(order.source) ? order.source : undefined
}

/** Images that need each other in a circle of two or more, each circle once and from its first in the file. */
function cyclesOf(entries: readonly Entry[]): Entry[][] {
  const byName = new Map(entries.toReversed().map((entry) => [entry.order.name, entry]))
  const seen = new Set<Entry>()
  return entries.flatMap((first) => {
    const chain = new Set<Entry>()
    let next: Entry | undefined = first
    while (next && !seen.has(next) && !chain.has(next)) {
      chain.add(next)
      next = byName.get(next.needs ?? '')
    }
    for (const entry of chain) seen.add(entry)
    if (!next || !chain.has(next)) return []
    const circle = [...chain].slice([...chain].indexOf(next))
    const start = circle.indexOf(entries.find((entry) => circle.includes(entry))!)
    return circle.length > 1 ? [[...circle.slice(start), ...circle.slice(0, start)]] : []
  })
}

const short = (name: string) => excerpt(name, 60)
