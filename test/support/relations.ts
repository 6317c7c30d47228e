import {
  argumentKey,
  isGroup,
  type CommandDefinition,
  type GroupDefinition,
  type OptionDefinition,
} from '../../src/definitions/definition.ts'
import { alternativesOf } from '../../src/definitions/relations.ts'
import { ims, site } from '../../src/definitions/tree.ts'

/** A command line that a row of the table forbids. */
export interface Refused {
  readonly words: readonly string[]
  /** What the line lacks or has too much of, as options and arguments are named. */
  readonly line: readonly string[]
  /** Texts that the error names. */
  readonly says: readonly string[]
  /** What help says of one of these, beside the others. */
  readonly help: { readonly of: readonly string[]; readonly says: RegExp }
}

/** A line for every exclusion, dependency, limit and group of the whole table. */
export function refusedLines(): Refused[] {
  return leaves([...ims.commands, ...site]).flatMap(([words, command]) => refusedBy(words, command))
}

type Rows = readonly (CommandDefinition | GroupDefinition)[]

function leaves(rows: Rows, above: readonly string[] = []): (readonly [words: readonly string[], command: CommandDefinition])[] {
  return rows.flatMap((row) => {
    const words = [...above, row.name]
    return isGroup(row) ? leaves(row.commands, words) : [[words, row] as const]
  })
}

function refusedBy(words: readonly string[], command: CommandDefinition): Refused[] {
  const { options = [] } = command
  const alternatives = alternativesOf(command)
  const own = new Set([...options.map(({ flag }) => flag), ...(command.arguments ?? []).map(({ name }) => name)])
  const at = (names: readonly string[], values: Readonly<Record<string, string>> = {}, without?: string) =>
    lineOf(command, names, values, without)
  const pairs = [
    ...alternatives.flatMap(([one], index) =>
      alternatives.slice(index + 1).flatMap((others) => others.map((other) => [one!, other] as const)),
    ),
    ...options.flatMap(({ flag, exclusive = [] }) => exclusive.filter((other) => own.has(other)).map((other) => [flag, other] as const)),
  ]
  // What a row depends on left out, and another of the group in its place.
  const others = (name: string) => alternatives.flatMap(([one]) => (one === name ? [] : [one!])).slice(0, 1)
  const cases: Omit<Refused, 'words'>[] = [
    ...pairs.map(([one, other]) => ({
      line: at([one, other]),
      says: [one, other, "don't go together"],
      help: { of: [one, other], says: new RegExp(`\\(not with [^)]*(${one}|${other})`) },
    })),
    ...options.flatMap(({ flag, dependsOn }) =>
      dependsOn === undefined
        ? []
        : [
            {
              line: at([...others(dependsOn), flag], {}, dependsOn),
              says: [flag, dependsOn],
              help: { of: [flag], says: new RegExp(`with ${dependsOn}`) },
            },
          ],
    ),
    ...options.flatMap(({ flag, required, dependsOn }) =>
      required && dependsOn !== undefined
        ? [{ line: at([dependsOn]).slice(0, 1), says: [`Missing option '${flag}'`], help: { of: [flag], says: /required with/ } }]
        : [],
    ),
    ...options.flatMap((row) =>
      limitsOf(row).map(([value, says]) => ({
        line: at([row.flag], { [row.flag]: value }),
        says: [row.flag, says],
        help: { of: [row.flag], says: row.min === undefined ? /./ : /\(at least / },
      })),
    ),
    ...options.flatMap(({ flag, choices = [], choicesWith = {} }) =>
      Object.entries(choicesWith)
        .filter(([other]) => own.has(other))
        .flatMap(([other, { choices: left }]) =>
          choices
            .filter((choice) => !left.includes(choice))
            .map((choice) => ({
              line: at([other, flag], { [flag]: choice }),
              says: [flag, other, choice],
              help: { of: [flag], says: new RegExp(`\\(with ${other}: `) },
            })),
        ),
    ),
    ...(alternatives.length > 0
      ? [
          {
            line: (command.arguments ?? []).filter(({ optional }) => !optional).map(argumentKey),
            says: ['Missing', ...alternatives.flat()],
            help: { of: alternatives.flat(), says: alternatives.length > 1 ? /not with/ : /./ },
          },
        ]
      : []),
  ]
  return cases.map((one) => ({ words, ...one }))
}

function limitsOf({ min, max }: OptionDefinition): (readonly [value: string, says: string])[] {
  return [
    ...(min === undefined ? [] : [[min < 1 ? '0' : String(min - 1), 'is below'] as const]),
    ...(max === undefined ? [] : [[String(max + 1), 'is above'] as const]),
  ]
}

/** Options and arguments by name, with what they need but for one. */
function lineOf(
  command: CommandDefinition,
  names: readonly string[],
  values: Readonly<Record<string, string>>,
  without: string | undefined,
): string[] {
  const { options = [], arguments: args = [] } = command
  const exactlyOne = alternativesOf(command).flat()
  const all = new Set(names)
  for (const { name, optional } of args) if (!optional) all.add(name)
  // An argument that stands before one that is named has to be there, too.
  const last = args.findLastIndex(({ name }) => all.has(name))
  for (const { name } of args.slice(0, Math.max(last, 0))) all.add(name)
  for (const name of names) {
    const needed = options.find(({ flag }) => flag === name)?.dependsOn
    if (needed !== undefined && needed !== without && names.length === 1) all.add(needed)
  }
  if (exactlyOne.length > 0 && names.every((name) => !exactlyOne.includes(name)) && ![...all].some((name) => exactlyOne.includes(name)))
    all.add(exactlyOne[0]!)
  for (const { flag, required, dependsOn } of options)
    if (required && (dependsOn === undefined || all.has(dependsOn)) && !names.includes(flag)) all.add(flag)
  const typed = options.filter(({ flag }) => all.has(flag)).flatMap((row) => wordsOf(row, values[row.flag]))
  const before = args.filter(({ name, many }) => all.has(name) && !many).map(argumentKey)
  const behind = args.filter(({ name, many }) => all.has(name) && many).map(argumentKey)
  return [...before, ...typed, ...(behind.length > 0 ? ['--', ...behind] : [])]
}

function wordsOf(row: OptionDefinition, value = valueOf(row)): string[] {
  return row.type === 'flag' || row.type === 'level' ? [row.flag] : [row.flag, value]
}

function valueOf({ type, choices, min = 1 }: OptionDefinition): string {
  if (choices) return choices[0]!
  if (type === 'boolean' || type === 'booleans') return 'true'
  return ['integer', 'count', 'duration'].includes(type) ? String(Math.max(min, 1)) : 'x'
}
