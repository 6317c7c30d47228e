import { globalOptions } from '../definitions/global.ts'
import { isGroup, type CommandDefinition, type GroupDefinition, type OptionDefinition } from '../definitions/definition.ts'

/** Where a command line leads. */
export interface Route {
  /** The rows named, from the root's child down; empty for the root itself. */
  path: readonly (CommandDefinition | GroupDefinition)[]
  /** The line put in order for the parser: words of the command first, then options. */
  argv: readonly string[]
}

type Children = readonly (CommandDefinition | GroupDefinition)[]

const help = new Set(['-h', '--help'])

/**
 * Finds the command that a line names, and moves global options that stand before its words behind them, since
 * the parser takes options only where they are declared: on the command itself.
 */
export function route(argv: readonly string[], root: Children): Route {
  if (argv[0] === 'help') return route([...argv.slice(1), '--help'], root)
  const path: (CommandDefinition | GroupDefinition)[] = []
  const moved: string[] = []
  let children: Children | undefined = root
  let at = 0
  for (; children && at < argv.length; at++) {
    const token = argv[at]!
    if (token.startsWith('-')) {
      const taken = globalTokens(argv, at)
      if (taken === 0) break
      moved.push(...argv.slice(at, at + taken))
      at += taken - 1
      continue
    }
    const row: CommandDefinition | GroupDefinition | undefined = children.find((child) => child.name === token)
    const found: Children | undefined = row ? [row] : inFull(token, children)
    if (!found) break
    path.push(...found)
    const last: CommandDefinition | GroupDefinition = found.at(-1)!
    children = isGroup(last) ? last.commands : undefined
  }
  const rest = argv.slice(at)
  const words = path.map((row) => row.name)
  if (!children) return { path, argv: [...words, ...moved, ...rest] }
  // A group alone, or with nothing but global options behind it, shows its help.
  return { path, argv: rest.length > 0 && !moved.some((token) => help.has(token)) ? [...words, ...rest] : [...words, '--help'] }
}

/** Whether a line asks for help, or may: what a command is given to run has words of its own. */
export function asksForHelp({ argv }: Route): boolean {
  return argv.some((token) => help.has(token))
}

/** The group and the command that a short form stands for. */
function inFull(word: string, children: Children): Children | undefined {
  for (const group of children.filter(isGroup)) {
    const command = group.commands.find((row) => row.name === word && 'shortForm' in row)
    if (command) return [group, command]
  }
  return undefined
}

/** How many tokens from here on are one global option with its value; 0 where it is none. */
function globalTokens(argv: readonly string[], at: number): number {
  const token = argv[at]!
  if (help.has(token) || /^-v+$/.test(token)) return 1
  const options: readonly OptionDefinition[] = globalOptions
  // The value of a short option may stand right behind it: `-otable`.
  const flag = token.startsWith('--') ? token.split('=', 1)[0]! : token.slice(0, 2)
  const option = options.find((row) => row.flag === flag || row.short === flag)
  if (!option) return 0
  const takesValue = option.type !== 'flag' && option.type !== 'level'
  return takesValue && flag === token && at + 1 < argv.length ? 2 : 1
}
