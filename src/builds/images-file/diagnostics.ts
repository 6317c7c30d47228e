import { CliError, type NextStep } from '../../errors.ts'
import { pastedWords } from '../../text/shell-words.ts'

/** Something wrong in a file of images. */
export interface Diagnostic {
  /** From 1. */
  readonly line: number
  readonly why: string
  readonly more?: readonly string[]
}

/** Is told of a mistake. */
export type Found = (line: number, why: string) => void

/** What to type for all that a file of images may hold. */
export const schemaCommand = ['build', '--print-schema']

/**
 * All that is wrong in a file of images, in the order of its lines; nothing was sent.
 *
 * @param path as the user typed it.
 * @param next the command to type; else the editor, at the first of them.
 */
export function mistakes(path: string, list: readonly Diagnostic[], next?: NextStep): CliError {
  const sorted = list.toSorted((a, b) => a.line - b.line)
  const lines = sorted.flatMap(({ line, why, more = [] }) => [`${path}:${line}: ${why}`, ...more.map((one) => `  ${one}`)])
  const details = { next: next ?? pastedWords(['vi', `+${sorted[0]?.line ?? 1}`, path]) }
  const [first, ...below] = lines
  if (sorted.length === 1) return new CliError(first!, { more: [...below, 'Nothing was sent.'], ...details })
  return new CliError(`${path}: ${sorted.length} mistakes; nothing was sent`, { more: lines.map((line) => `  ${line}`), ...details })
}
