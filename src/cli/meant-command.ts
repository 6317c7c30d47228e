import { isGroup, type CommandDefinition, type GroupDefinition } from '../definitions/definition.ts'
import { alternativesOf } from '../definitions/relations.ts'
import { synonyms } from '../definitions/synonyms.ts'
import { isSimilar } from '../text/similarity.ts'
import { route } from './route.ts'

type Row = CommandDefinition | GroupDefinition

/** More lines than these help nobody. */
const mostMeant = 3

/**
 * The lines that may be meant by one with an unknown command, as words without the program, the likeliest first: of the
 * same group, verb and noun the other way round, or of another group.
 *
 * @param path the rows that lead to the unknown word.
 */
export function meantCommands(root: readonly Row[], path: readonly Row[], words: readonly string[]): string[][] {
  // What `ims` has is named without it.
  const everything = [...new Set(root.flatMap((row) => (isGroup(row) && row.name === 'ims' ? row.commands : [row])))]
  return commandsMeant(everything, path, words)
    .flatMap((line) => knownThroughout(everything, line))
    .slice(0, mostMeant)
    .map((line) => withArguments(everything, line))
}

/** A line whose later words may be unknown, too: `images get x`, of `image get x`. What is proposed must not fail at once. */
function knownThroughout(everything: readonly Row[], line: string[]): string[][] {
  const { path, argv } = route(line, everything)
  const row = path.at(-1)
  const [word, ...rest] = argv.slice(path.length)
  if (!row || !isGroup(row) || word === undefined || word.startsWith('-')) return [line]
  const names = path.map(({ name }) => name)
  const found = namedBy(row.commands, word, rest).flatMap((name) => knownThroughout(everything, [...names, name, ...rest]))
  return found.length > 0 ? found : [[...names, '--help']]
}

/** A line with the names of the arguments that it lacks, to be typed over. */
function withArguments(everything: readonly Row[], words: string[]): string[] {
  const { path, argv } = route(words, everything)
  const row = path.at(-1)
  if (!row || isGroup(row) || argv.length > path.length) return words
  const alternatives = alternativesOf(row).flat()
  const lacking = (row.arguments ?? []).filter(({ name, optional }) => !optional || alternatives.includes(name))
  return [...words, ...lacking.map(({ name }) => name)]
}

function commandsMeant(everything: readonly Row[], path: readonly Row[], [word = '', ...rest]: readonly string[]): string[][] {
  const [here] = path.filter(({ name }) => name !== 'ims').slice(-1)
  const names = path.map(({ name }) => name).filter((name) => name !== 'ims')
  const siblings = here && isGroup(here) ? here.commands : everything
  const found = namedBy(siblings, word, rest).map((name) => [...names, name, ...rest])
  if (found.length > 0 || here) return found.slice(0, mostMeant)
  const [noun = '', ...others] = rest
  const group = groupOf(siblings, noun)
  if (group) return namedBy(group.commands, word, others).map((name) => [...names, group.name, name, ...others])
  const singular = groupOf(siblings, word)
  if (singular) return [[...names, singular.name, ...rest]]
  return siblings
    .filter((row) => isGroup(row) && !row.hidden)
    .flatMap((row) => namedBy((row as GroupDefinition).commands, word, rest).map((name) => [...names, row.name, name, ...rest]))
    .slice(0, mostMeant)
}

/** A group by its name, also in the singular: `image`. */
const groupOf = (rows: readonly Row[], noun: string): GroupDefinition | undefined =>
  rows.find((row): row is GroupDefinition => isGroup(row) && [noun, `${noun}s`].includes(row.name))

/** Names of rows that a word is or stands for. */
function namedBy(rows: readonly Row[], word: string, rest: readonly string[]): string[] {
  const shown = rows.filter(({ hidden }) => !hidden).map(({ name }) => name)
  const exact = shown.filter((name) => name === word || synonyms[name]?.includes(word) === true)
  const fits = exact.length > 0 ? exact : shown.filter((name) => isSimilar(word, name))
  // Who names a record wants that one, and who names none wants all.
  const unwanted = rest.some((one) => !one.startsWith('-')) ? 'list' : 'describe'
  return fits.length > 1 ? fits.filter((name) => name !== unwanted) : fits
}
