import { spawnSync } from 'node:child_process'
import { readOptions } from '../../src/cli/options.ts'
import { readGlobals } from '../../src/cli/globals.ts'
import { parse } from '../../src/cli/parser.ts'
import { route } from '../../src/cli/route.ts'
import { isGroup, type CommandDefinition, type OptionDefinition } from '../../src/definitions/definition.ts'
import { optionsOf } from '../../src/definitions/global.ts'
import { ims, site } from '../../src/definitions/tree.ts'
import { CliError } from '../../src/errors.ts'
import type { Hint } from './hint-notes.ts'

/** As the program is called: by its own name, and as `cray`. */
const programs = { 'cray-ims': [...ims.commands, ims, ...site], cray: [ims, ...site] } as const
type Name = keyof typeof programs

/** What a shell makes of a line that runs the program: its words, or why it can't be typed. */
export type ShellWords = readonly string[] | string

/** Takes lines apart by bash, in which nothing but the program can be run: what each makes of it. */
export function wordsOf(lines: readonly string[]): ShellWords[] {
  const script = `
    said() { local name=$1; shift; printf '%s\\0' "$(( $# + 1 ))" "$name" "$@"; }
    cray-ims() { said cray-ims "$@"; }
    cray() { said cray "$@"; }
    while IFS= read -r -d '' line; do
      eval "$line" || printf '0\\0%s\\0' "$?"
      printf 'end\\0'
    done`
  const { stdout, stderr } = bash(script, lines)
  const parts = stdout.split('\0')
  return lines.map(() => {
    const calls: string[][] = []
    let failed = false
    for (let count = parts.shift(); count !== 'end'; count = parts.shift()) {
      if (count === undefined) return `bash stops here: ${stderr}`
      if (count === '0') failed = true
      calls.push(parts.splice(0, Number(count) || 1))
    }
    if (failed) return `bash can't run it: ${stderr}`
    return calls.length === 1 ? calls[0]! : `it runs ${calls.length} commands`
  })
}

/** Which of the lines bash can't read. Nothing is run. */
export function unreadable(lines: readonly string[]): string[] {
  const script = `
    while IFS= read -r -d '' line; do
      eval "unread() { :; $line
      }" || printf '%s\\0' "$line"
    done`
  return bash(script, lines).stdout.split('\0').slice(0, -1)
}

function bash(script: string, lines: readonly string[]): { stdout: string; stderr: string } {
  return spawnSync('/bin/bash', ['--norc', '-r', '-c', script], {
    env: { PATH: '/nowhere', LANG: 'C.UTF-8' },
    input: lines.map((line) => `${line}\0`).join(''),
    encoding: 'utf8',
  })
}

/** What the program says against a line of its own before it reads a file or sends anything; undefined where that is nothing. */
export function usageTrouble([name, ...words]: readonly string[]): string | undefined {
  try {
    const commands = programs[name as Name]
    const parsed = parse({ name: name as Name, about: '', version: '', commands, columns: () => 80 }, route(words, commands))
    if ('help' in parsed) return undefined
    const reading = { cwd: '/nowhere', warn: () => {}, terminal: false, isTerminal: false }
    readGlobals(parsed, {}, undefined, reading)
    readOptions(parsed, { env: {}, table: undefined, path: undefined }, reading)
  } catch (error) {
    if (!(error instanceof CliError)) throw error
    // The file was there when the line was said.
    if (!/: Could not open file: |invalid choice: x\./.test(error.message)) return [error.message, ...error.more].join('\n')
  }
  return undefined
}

/** The flags of the command that a line runs. */
function flagsOf(words: readonly string[]): readonly OptionDefinition[] {
  const { path } = route(words, programs['cray-ims'])
  const command = path.at(-1)
  return command && !isGroup(command) ? Object.values(optionsOf(command as CommandDefinition)).flat() : []
}

/** A hint in words that names options names those of the command that failed. */
export function strangeFlag({ typed, line }: Hint): string | undefined {
  if (typeof typed === 'string') return undefined
  const known = flagsOf(typed).map(({ flag }) => flag)
  return [...line.matchAll(/(?:^|\b(?:add|or|with|first) |, )(--[a-z][\w-]*)/g)]
    .map(([, flag]) => flag!)
    .find((flag) => !known.includes(flag))
}

/** Whether what the hint says is what was typed, and failed, where nothing says to repeat it. */
export function repeats({ typed, text, mark }: Hint, [, ...words]: readonly string[]): boolean {
  if (mark === 'Resume with' || mark === 'To go on' || /\bagain\b|timed out|interrupted/i.test(text)) return false
  return typeof typed !== 'string' && bare(typed).join('\0') === bare(words).join('\0')
}

const bare = (words: readonly string[]) => (words[0] === 'ims' ? words.slice(1) : words)
