import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** What the program has said to type, and after which line. */
export interface Hint {
  /** What stands before it: `Next`, `Resume with`, `To delete it`. */
  readonly mark: string
  readonly line: string
  /** The line that was typed, in words; as a shell was given it where that is all that is known. */
  readonly typed: readonly string[] | string
  /** The whole text that it stands in. */
  readonly text: string
}

/** Names the folder of a run of tests in which each worker keeps what its programs have said. */
const folderVariable = 'HINT_NOTES'
/** Set where the run was told to leave no file out. */
const wholeVariable = 'HINT_NOTES_WHOLE'

/** Vitest's global set-up. Each project calls it, the first makes the folder. */
export default function keepHints(): (() => void) | undefined {
  if (process.env[folderVariable] !== undefined) return undefined
  const folder = (process.env[folderVariable] = mkdtempSync(join(tmpdir(), 'hints-')))
  const [, , ...words] = process.argv
  if (words.every((word) => word === 'run')) process.env[wholeVariable] = '1'
  return () => rmSync(folder, { recursive: true, force: true })
}

const seen = new Set<string>()

/** Notes what a program has said to type, once for what differs in nothing but ids, numbers and paths. */
export function noteHints(typed: Hint['typed'], text: string): void {
  const folder = process.env[folderVariable]
  if (folder === undefined) return
  for (const hint of hintsIn(typed, text)) {
    const key = alike(`${hint.mark}: ${hint.line}\n${String(hint.typed)}`)
    if (seen.has(key)) continue
    seen.add(key)
    appendFileSync(join(folder, String(process.pid)), `${JSON.stringify(hint)}\n`)
  }
}

/** All that was noted in this run so far, and whether the run has all files. */
export function notedHints(): { readonly hints: readonly Hint[]; readonly whole: boolean } {
  const folder = process.env[folderVariable]!
  const lines = readdirSync(folder).flatMap((name) => readFileSync(join(folder, name), 'utf8').trimEnd().split('\n'))
  return { hints: lines.map((line) => JSON.parse(line) as Hint), whole: process.env[wholeVariable] === '1' }
}

function hintsIn(typed: Hint['typed'], text: string): Hint[] {
  return text.split('\n').flatMap((line) => {
    const [, mark, next] =
      /^\s*(Next): (.*)$/.exec(line) ?? /^(Try) '(.*)' for help\.$/.exec(line) ?? /^(.*(?:: |\bfirst ))(cray(?:-ims)? .*)$/.exec(line) ?? []
    return mark === undefined || /^(Usage|Short form|Error): /.test(mark)
      ? []
      : [{ mark: mark.replace(/: $/, ''), line: next!, typed, text }]
  })
}

const alike = (text: string) =>
  text
    .replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\b[0-9a-f]{8}\b/g, 'ID')
    .replaceAll(/\/tmp\/[^/ ']*/g, 'FOLDER')
    .replaceAll(/\d+/g, '0')
