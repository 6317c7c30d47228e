import type { NextStep } from '../errors.ts'
import { site } from '../definitions/tree.ts'
import { pastedWords } from '../text/shell-words.ts'

/** The name that the program was called by. */
export type ProgramName = 'cray-ims' | 'cray'

/** The line that runs one of our commands, quoted for a shell. `cray` has the commands of the service below `ims`. */
export function commandLine(program: ProgramName, words: readonly string[]): string {
  const below = program === 'cray' && !site.some(({ name }) => name === words[0]) ? ['ims'] : []
  return pastedWords([program, ...below, ...words])
}

/** The line to type next. */
export function nextLine(program: ProgramName, next: NextStep): string {
  return typeof next === 'string' ? next : commandLine(program, next)
}
