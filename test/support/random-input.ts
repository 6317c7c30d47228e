import { isGroup, type CommandDefinition, type GroupDefinition, type OptionDefinition } from '../../src/definitions/definition.ts'
import { globalOptions } from '../../src/definitions/global.ts'
import { ims, site } from '../../src/definitions/tree.ts'
import { randomNumbers } from './random-values.ts'

/** What readers stumble over. */
const hostile = [
  '',
  ' ',
  '-',
  '--',
  '---',
  '=',
  '@',
  '*',
  '..',
  '\n',
  '\r\n',
  '\t',
  '\0',
  '\u001b[2J',
  '\u202e',
  '\ufeff',
  '\ud800',
  '😀',
  '%s%n',
  '${x}',
  '$(x)',
  '`',
  "'",
  '"',
  '\\',
  '[',
  ']',
  '{',
  '}',
  '(',
  '<',
  '&',
  '|',
  ',',
  ':',
  ': ',
  '#',
  '!!binary',
  '&a *a',
  '<<: *a',
  '0',
  '-1',
  '1e999',
  '9'.repeat(400),
  '0x10',
  'NaN',
  'null',
  'true',
  '__proto__',
  'constructor',
  'toString',
  '[1-3]',
  '[3-1]',
  '[0-99999999]',
  'a'.repeat(5000),
  '['.repeat(2000),
  '{"a":'.repeat(500),
  'ffffffff-ffff-4fff-bfff-ffffffffffff',
]

/** Makes input that readers don't expect; the same for the same seed. */
export interface RandomInput {
  /** A whole number from 0 up to one that it doesn't reach. */
  below(most: number): number
  pick<Item>(items: readonly Item[]): Item
  /** A text with something wrong in it, or several things. */
  spoiled(text: string): string
  /** Bytes of which some are changed, gone, there twice, or new. */
  spoiledBytes(bytes: Buffer): Buffer
  /** The same in pieces, cut anywhere. */
  pieces<Whole extends string | Buffer>(whole: Whole): Whole[]
  /** The words of a command line of the table: some right, some not. */
  line(): string[]
}

export function randomInput(seed: number): RandomInput {
  const random = randomNumbers(seed)
  const below = (most: number) => Math.floor(random() * most)
  const pick = <Item>(items: readonly Item[]): Item => items[below(items.length)]!
  const commands = [...allCommands([ims]), ...allCommands([...ims.commands]), ...allCommands([...site])]

  function spoiledOnce(text: string): string {
    const at = below(text.length + 1)
    const end = at + below(Math.min(text.length - at, 40) + 1)
    return pick<() => string>([
      () => text.slice(0, at) + pick(hostile) + text.slice(at),
      () => text.slice(0, at) + pick(hostile) + text.slice(end),
      () => text.slice(0, at) + text.slice(end),
      () => text.slice(0, end) + text.slice(at),
      () => text.slice(0, at),
      () => text.slice(0, at) + String.fromCharCode(below(0x300)) + text.slice(at + 1),
    ])()
  }
  function spoiled(text: string): string {
    let now = text
    for (let times = 1 + below(4); times > 0; times--) now = spoiledOnce(now)
    return now
  }
  function spoiledBytes(bytes: Buffer): Buffer {
    let now = Buffer.from(bytes)
    for (let times = 1 + below(4); times > 0; times--) {
      const at = below(now.length + 1)
      const end = at + below(Math.min(now.length - at, 600) + 1)
      const flip = () => (now[at] = (now[at] ?? 0) ^ (1 << below(8)))
      pick<() => unknown>([
        flip,
        flip,
        () => (now[at] = pick([0, 0xff, 0x80, 0x0a])),
        () => now.fill(below(256), at, end),
        () => (now = now.subarray(0, at)),
        () => (now = Buffer.concat([now.subarray(0, at), now.subarray(end)])),
        () => (now = Buffer.concat([now.subarray(0, end), now.subarray(at)])),
        () => (now = Buffer.concat([now.subarray(0, at), Buffer.from(pick(hostile)), now.subarray(at)])),
      ])()
    }
    return now
  }
  function pieces<Whole extends string | Buffer>(whole: Whole): Whole[] {
    const most = pick([1, 3, 100, 65_536])
    const found: Whole[] = []
    for (let at = 0; at < whole.length;) {
      const end = at + 1 + below(most)
      found.push((typeof whole === 'string' ? whole.slice(at, end) : whole.subarray(at, end)) as Whole)
      at = end
    }
    return found
  }
  function line(): string[] {
    const { words, row } = pick(commands)
    const value = (sound: readonly string[] | undefined) => (random() < 0.4 && sound ? pick(sound) : random() < 0.5 ? pick(hostile) : 'x')
    const options: readonly OptionDefinition[] = [...(row.options ?? []), ...globalOptions]
    const given = Array.from({ length: below(5) }, () => {
      const { flag, choices } = pick(options)
      return pick([[flag], [flag, value(choices)], [`${flag}=${value(choices)}`], [flag.slice(0, -1)]])
    })
    const parts = [...(row.arguments ?? []).map(() => [value(undefined)]), ...given, ...(random() < 0.2 ? [[pick(hostile)]] : [])]
    return [...words, ...parts.toSorted(() => random() - 0.5).flat()]
  }
  return { below, pick, spoiled, spoiledBytes, pieces, line }
}

interface Found {
  readonly words: readonly string[]
  readonly row: CommandDefinition
}

function allCommands(rows: readonly (CommandDefinition | GroupDefinition)[], before: readonly string[] = []): Found[] {
  return rows.flatMap((row) => {
    const words = [...before, row.name]
    return isGroup(row) ? allCommands(row.commands, words) : [{ words, row }]
  })
}
