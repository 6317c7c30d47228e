import { usageError } from '../errors.ts'
import { optionsOf } from '../definitions/global.ts'
import type { CommandDefinition, OptionDefinition } from '../definitions/definition.ts'

/** What the words behind a command are, before the parser takes them. */
export interface Line {
  /** How many arguments stand before `--`; undefined where there is none. */
  readonly argumentsBeforeDashes: number | undefined
}

/**
 * Looks through the words behind a command as the parser will.
 *
 * @throws CliError for an option whose value would be another option: the variable that should have held it is unset.
 */
export function readLine(row: CommandDefinition, words: readonly string[]): Line {
  const options = Object.values(optionsOf(row)).flat()
  let found = 0
  for (let at = 0; at < words.length; at++) {
    const word = words[at]!
    if (word === '--') return { argumentsBeforeDashes: found }
    if (!word.startsWith('-') || word === '-') {
      found++
      // All that follows is someone else's command line.
      if (row.passThrough) break
      continue
    }
    const option = takesNextWord(word, options)
    if (!option) continue
    refuseOption(option, words[at + 1], options)
    at++
  }
  return { argumentsBeforeDashes: undefined }
}

const takesValue = ({ type }: OptionDefinition) => type !== 'flag' && type !== 'level'

/** The option that a word ends with, where its value is the next word. */
function takesNextWord(word: string, options: readonly OptionDefinition[]): OptionDefinition | undefined {
  if (word.startsWith('--')) return options.find((option) => option.flag === word && takesValue(option))
  // Of letters that stand together, the first with a value takes what is behind it.
  for (let at = 1; at < word.length; at++) {
    const option = options.find(({ short }) => short === `-${word[at]}`)
    if (option && takesValue(option)) return at === word.length - 1 ? option : undefined
  }
  return undefined
}

function refuseOption({ flag }: OptionDefinition, next: string | undefined, options: readonly OptionDefinition[]): void {
  const name = next?.split('=', 1)[0]
  if (next === undefined || !(name === '--help' || options.some((option) => option.flag === name))) return
  throw usageError(`${flag} has no value: the next word is ${name}. Is a variable unset? (For that very text: ${flag}=${next})`)
}
