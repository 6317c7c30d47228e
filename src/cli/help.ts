import { Help, type Command } from 'commander'
import { optionsOf } from '../definitions/global.ts'
import { isGroup, type CommandDefinition, type GroupDefinition } from '../definitions/definition.ts'
import { furtherHelp, type HelpStyle } from './help-sections.ts'
import { optionValueTerm, usage } from './help-terms.ts'

/** What stands before the texts takes at most this many columns: what is longer has a line of its own. */
const widestTerm = 26

/** Gives a command the help of its row; the root has none. */
export function describeHelp(
  command: Command,
  words: readonly string[],
  row: CommandDefinition | GroupDefinition | undefined,
  about: string,
  style: HelpStyle,
): Command {
  const leaf = row && !isGroup(row) ? row : undefined
  const short = leaf?.shortForm ? [`Short form: ${[...words.slice(0, -2), leaf.name].join(' ')}`] : []
  command.description([about, ...(leaf?.about ?? []), ...short].join('\n\n'))
  command.addHelpText('after', () => furtherHelp(command, words, leaf, style))
  const rows = leaf ? Object.values(optionsOf(leaf)).flat() : []
  const values = new Map(rows.map((option) => [option.flag, optionValueTerm(option)]))
  return command.configureHelp({
    minWidthToWrap: 20,
    ...(style.heading && { styleTitle: style.heading }),
    optionTerm: (option) => option.flags.replace('<value>', () => values.get(option.long!)!),
    commandUsage: () => usage(words, row),
    subcommandTerm: (of) => of.name(),
    padWidth: (of, made) => Math.min(widestTerm, Help.prototype.padWidth.call(made, of, made)),
    formatItem(term, width, text, made) {
      const format = Help.prototype.formatItem.bind(made)
      return term.length <= width || !text
        ? format(term, width, text, made)
        : `${format(term, width, '', made)}\n${format('', width, text, made)}`
    },
  })
}
