import type { Source } from '../config/precedence.ts'
import { argumentKey, optionKey, type CommandDefinition, type OptionDefinition } from '../definitions/definition.ts'
import { alternativesOf, firstConflict, orList } from '../definitions/relations.ts'
import { usageError } from '../errors.ts'
import { invalid } from './values.ts'

/** What a command is given: values by key, and where those of options come from. */
export interface GivenValues {
  readonly options: Readonly<Record<string, unknown>>
  readonly sources: ReadonlyMap<string, Source>
  readonly arguments: Readonly<Record<string, unknown>>
}

/** From the line, the environment, the configuration: what comes first counts. */
const precedence = ['flag', 'environment', 'configuration'] as const satisfies readonly Source[]

/**
 * Checks arguments and options against what the rows say of them together.
 *
 * @returns the options without those of environment and configuration that don't go with what is given more directly.
 * @throws CliError for two that exclude each other in the same place, for what is missed, and for what is typed without
 * the option or argument that it depends on.
 */
export function checkRelations(command: CommandDefinition, given: GivenValues): Record<string, unknown> {
  const rows = command.options ?? []
  const args = (command.arguments ?? []).filter((row) => given.arguments[argumentKey(row)] !== undefined).map(({ name }) => name)
  const from = (source: Source) =>
    rows.filter((row) => given.sources.get(optionKey(row)) === source && !isOff(row, given.options[optionKey(row)])).map(({ flag }) => flag)
  const kept: string[] = []
  const dropped = new Set<string>()
  for (const source of precedence) {
    const here = [...(source === 'flag' ? args : []), ...from(source)]
    const left = here.filter((name) => kept.every((other) => !firstConflict([name, other], command)))
    for (const name of here) if (!left.includes(name)) dropped.add(name)
    const conflict = firstConflict(left, command)
    if (conflict) throw usageError(`${conflict.join(' and ')} don't go together.`)
    kept.push(...left)
  }
  refuseMissing(command, kept)
  refuseAlone(command, [...args, ...from('flag')], kept)
  for (const { flag, choicesWith = {}, ...row } of rows) {
    const value = given.options[optionKey({ flag, ...row })]
    for (const [other, { choices, why }] of Object.entries(choicesWith))
      if (kept.includes(other) && kept.includes(flag) && !choices.includes(value as string))
        throw invalid(flag, `with ${other} it takes ${orList(choices)}, not ${String(value)}: ${why}`)
  }
  const ignored = new Set(rows.filter((row) => dropped.has(row.flag) && row.default === undefined).map(optionKey))
  return Object.fromEntries(Object.entries(given.options).filter(([key]) => !ignored.has(key)))
}

/** Environment and configuration can say that a flag is not given. */
const isOff = ({ type }: OptionDefinition, value: unknown) => type === 'flag' && value === false

function refuseMissing(command: CommandDefinition, kept: readonly string[]): void {
  const { options = [], arguments: args = [] } = command
  const alternatives = alternativesOf(command)
  if (alternatives.length > 0 && !alternatives.flat().some((name) => kept.includes(name))) {
    const [[first, ...alike], ...others] = alternatives as [[string, ...string[]], ...string[][]]
    if (alike.length > 0) throw usageError(`Missing option: at least one of ${[first, ...alike].join(', ')}.`)
    const many = args.some(({ name, many }) => name === first && many)
    throw usageError(`Missing ${first.startsWith('-') ? 'option' : 'argument'} '${first}${many ? '...' : ''}'.`, {
      more: [`  In its place: ${others.flat().join(', ')}.`],
    })
  }
  const missing = options.filter(
    ({ flag, required, dependsOn }) => required && !kept.includes(flag) && (dependsOn === undefined || kept.includes(dependsOn)),
  )
  const [first, ...others] = missing.map(({ flag }) => flag)
  if (first) throw usageError(`Missing option '${first}'.`, { more: others.map((flag) => `  Missing option '${flag}'.`) })
}

function refuseAlone({ options = [] }: CommandDefinition, typed: readonly string[], kept: readonly string[]): void {
  const alone = options.find(({ flag, dependsOn }) => dependsOn !== undefined && typed.includes(flag) && !kept.includes(dependsOn))
  if (alone) throw usageError(`${alone.flag} only goes with ${alone.dependsOn}.`)
}
