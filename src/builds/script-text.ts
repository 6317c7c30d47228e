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
  const at = /^#![^\n]*\r/.test(content) ? 0 : interpreter.every(mayBeShell) ? content.search(/\r(?:\n|$)/) : -1
  if (at >= 0) {
    const what =
      at === 0 ? "in line 1, so that its interpreter isn't found" : `in line ${lineOf(at)}, which a shell takes for a part of the line`
    return { why: `has a CR at the end ${what}: it was saved on Windows`, next: pastedWords(['sed', '-i', 's/\\r$//', shown]) }
  }
  if (!content.startsWith('#!')) return undefined
  const [path, program] = interpreter
  if (path === undefined) return { why: 'has no interpreter after #!' }
  if (!path.startsWith('/')) return { why: `names its interpreter ${path} without its whole path`, next: `#!/usr/bin/env ${path}` }
  const rest = firstLine(content).slice(path.length).trim()
  if (isEnv(path) && program === undefined) return { why: `has no program after #!${path}` }
  if (!/\s/.test(rest) || (isEnv(path) ? splitting.test(rest) : !isShell(path))) return undefined
  // Linux hands an interpreter one argument, spaces and all: env takes it for a program, a shell for options.
  const why = `has #!${path} ${rest}, where ${path} gets "${rest}" as a single argument`
  return { why, next: isEnv(path) ? `#!${path} -S ${rest}` : undefined }
}

/** The interpreter that a script's first line names, and the program that `env` is to find; empty where it is left to `sh`. */
export function interpreterOf(content: string): string[] {
  const line = firstLine(content)
  const path = line.split(/\s/, 1)[0]!
  if (path === '') return []
  const words = line.slice(path.length).trim().replace(splitting, '').split(/\s+/)
  const program = isEnv(path) ? words.find((word, at) => !/^-|=|^$/.test(word) && !takesNext.test(words[at - 1] ?? '')) : undefined
  return program === undefined ? [path] : [path, program]
}

/** What has `env` split its only argument into several. */
const splitting = /^(?:-[iv]*S|--s[a-z-]*=)\s*/
/** Options of `env` whose value is a word of its own. */
const takesNext = /^(?:-[iv]*[uC]|--(?:unset|chdir))$/

const firstLine = (content: string) => /^#!([^\r\n]*)/.exec(content)?.[1]!.trim() ?? ''
const baseName = (path: string) => path.slice(path.lastIndexOf('/') + 1)
const isEnv = (path: string) => baseName(path) === 'env'
const isShell = (path: string) => shells.test(baseName(path))
const mayBeShell = (path: string, at: number, all: readonly string[]) => (at === 0 && all.length > 1) || isShell(path)
