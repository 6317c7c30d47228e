import type { CommandDefinition, OptionDefinition } from './definition.ts'

/** What arguments and options say of each other. Rows are shared: what a command doesn't have means nothing to it. */
export type Related = Pick<CommandDefinition, 'arguments' | 'options' | 'exactlyOne'>

/** What excludes each other of a command, each with what goes with it. */
export const alternativesOf = ({ exactlyOne = [] }: Related): readonly (readonly string[])[] => exactlyOne.map((one) => [one].flat())

/** The options and arguments that can't be given with one, whichever of them says so. */
export function excludedBy(name: string, command: Related): readonly string[] {
  const { arguments: args = [], options = [] } = command
  const own = [...args.map((row) => row.name), ...options.map(({ flag }) => flag)]
  const declared = options.find(({ flag }) => flag === name)?.exclusive ?? []
  const others = options.filter(({ exclusive }) => exclusive?.includes(name)).map(({ flag }) => flag)
  const all = alternativesOf(command)
  const alternatives = all.some((together) => together.includes(name)) ? all.filter((together) => !together.includes(name)).flat() : []
  return [...new Set([...alternatives, ...declared, ...others])].filter((other) => other !== name && own.includes(other))
}

/** The first two of some options and arguments that can't be given together; the one that says so comes first. */
export function firstConflict(given: readonly string[], command: Related): readonly [string, string] | undefined {
  const [first, second] = alternativesOf(command).flatMap((together) => together.find((name) => given.includes(name)) ?? [])
  if (first !== undefined && second !== undefined) return [first, second]
  for (const { flag, exclusive = [] } of command.options ?? []) {
    const other = given.includes(flag) ? exclusive.find((name) => given.includes(name)) : undefined
    if (other !== undefined) return [flag, other]
  }
  return undefined
}

/** More than so many are said at the others alone. */
const mostNoted = 6

/** What help says of an option beside the others: `(only with --file)`, `(not with --script)`; an argument says itself what it excludes. */
export function relationNotes(option: OptionDefinition, command: Related): string[] {
  const { dependsOn, required, choicesWith = {}, min, formats } = option
  const all = excludedBy(option.flag, command).filter((name) => name.startsWith('-'))
  const excluded = all.length > mostNoted ? all.filter((name) => alternativesOf(command).flat().includes(name)) : all
  return [
    ...(dependsOn === undefined ? [] : [required ? `(required with ${dependsOn}, and only there)` : `(only with ${dependsOn})`]),
    ...(excluded.length > 0 ? [`(not with ${orList(excluded)})`] : []),
    ...Object.entries(choicesWith)
      .filter(([other]) => command.options?.some(({ flag }) => flag === other))
      .map(([other, { choices }]) => `(with ${other}: ${orList(choices)})`),
    ...(formats === undefined ? [] : [`(with -o ${orList(formats)})`]),
    ...(min === undefined ? [] : [`(at least ${min}${option.type === 'duration' ? 's' : ''})`]),
  ]
}

/** What help says of an argument beside the others. */
export function argumentNotes(name: string, command: Related): string[] {
  const excluded = excludedBy(name, command)
  return excluded.length > 0 ? [`(not with ${orList(excluded)})`] : []
}

/** `a`, `a or b`, `a, b or c`. */
export function orList(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`
}
