import type { NextStep } from '../errors.ts'
import { pastedWords } from '../text/shell-words.ts'

/** Why a script can't do what it says, wherever it runs. */
export interface ScriptTrouble {
  /** What follows the script's name: `has no interpreter after #!`. */
  readonly why: string
  readonly next?: NextStep
}

const shells = /^(?:ba|da|k|z|a|mk)?sh$/

/**
 * What is wrong with the text of a script; undefined for a good one.
 *
 * @param shown its path, as the user typed it.
 */
export function scriptTrouble(content: string, shown: string): ScriptTrouble | undefined {
  if (content.trim() === '') return { why: 'is empty' }
  const lineOf = (at: number) => content.slice(0, at).split('\n').length
  if (content.includes('\0')) return { why: `is not text: line ${lineOf(content.indexOf('\0'))} has a NUL` }
  if (/^\s+#!/.test(content))
    return { why: `has its #! in line ${lineOf(content.indexOf('#!'))}; it counts only at the very start of the file` }
  const interpreter = interpreterOf(content)
  const at = /^#![^\n]*\r/.test(content) ? 0 : interpreter.every(isShell) ? content.search(/\r(?:\n|$)/) : -1
  if (at >= 0) {
    const what =
      at === 0 ? "in line 1, so that its interpreter isn't found" : `in line ${lineOf(at)}, which a shell takes for a part of the line`
    return { why: `has a CR at the end ${what}: it was saved on Windows`, next: pastedWords(['sed', '-i', 's/\\r$//', shown]) }
  }
  if (!content.startsWith('#!')) return undefined
  const [path, program] = interpreter
  if (path === undefined) return { why: 'has no interpreter after #!' }
  if (!path.startsWith('/')) return { why: `names its interpreter ${path} without its whole path`, next: `#!/usr/bin/env ${path}` }
  return isEnv(path) && program === undefined ? { why: `has no program after #!${path}` } : undefined
}

/** The interpreter that a script's first line names, and the program that `env` is to find; empty where it is left to `sh`. */
export function interpreterOf(content: string): string[] {
  const [path, ...words] = /^#!([^\r\n]*)/.exec(content)?.[1]!.trim().split(/\s+/).filter(Boolean) ?? []
  if (path === undefined) return []
  const program = isEnv(path) ? words.find((word) => !word.startsWith('-') && !word.includes('=')) : undefined
  return program === undefined ? [path] : [path, program]
}

const baseName = (path: string) => path.slice(path.lastIndexOf('/') + 1)
const isEnv = (path: string) => baseName(path) === 'env'
const isShell = (path: string, at: number, all: readonly string[]) => (at === 0 && all.length > 1) || shells.test(baseName(path))
