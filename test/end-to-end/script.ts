/** One command of a script, and what must come of it. */
export interface Step {
  /** Line of the script, from 1. */
  line: number
  command: string
  exit: number
  /** Lines of stdout, all of them; undefined where it isn't looked at. `…` is any text, a line of it any lines. */
  stdout?: string[]
  /** Texts that stderr holds, in this order. */
  stderr: string[]
  /** Variable that takes stdout. */
  keep?: string
}

export interface Script {
  /** What the script is about: its first comment. */
  about: string
  /** Options of the mock that it runs against. */
  mock: string[]
  files: Record<string, string>
  steps: Step[]
}

/**
 * Reads a plain-text script:
 *
 *     # what it is about
 *     mock --tls --speed step
 *     $ cray-ims public-keys list      a command, for the shell
 *     > results = []                   a line of its stdout, and so on; `>` alone is an empty line
 *     > …                              any lines
 *     nothing                          stdout is empty
 *     2> text                          stderr holds it
 *     exit 2                           its exit code; 0 where it isn't said
 *     ID=                              its stdout is kept in $ID
 *     -- k.pub --                      from here on: a file of the script's folder
 *
 * @throws Error for a line that is none of these.
 */
export function parseScript(text: string): Script {
  const [body = '', ...files] = text.split(/^-- (.+) --\n/m)
  const script: Script = { about: '', mock: [], files: {}, steps: [] }
  for (let at = 0; at < files.length; at += 2) script.files[files[at]!] = files[at + 1]!
  body.split('\n').forEach((line, index) => read(line, index + 1, script))
  return script
}

function read(line: string, number: number, script: Script): void {
  const step = script.steps.at(-1)
  const [, mark, rest = ''] = /^(\$|>|2>|#|mock|exit|nothing)(?: (.*))?$/.exec(line) ?? /^(\w+=)()$/.exec(line) ?? []
  if (line === '') return
  if (mark === '#') script.about ||= rest
  else if (mark === 'mock') script.mock = rest.split(' ').filter(Boolean)
  else if (mark === '$') script.steps.push({ line: number, command: rest, exit: 0, stderr: [] })
  else if (!step || mark === undefined) throw new Error(`line ${number} makes no sense: ${line}`)
  else if (mark === '>') (step.stdout ??= []).push(rest)
  else if (mark === '2>') step.stderr.push(rest)
  else if (mark === 'exit') step.exit = Number(rest)
  else if (mark === 'nothing') step.stdout = []
  else step.keep = mark.slice(0, -1)
}

/** Whether a text has these lines; `…` is any text, a line of it any lines. */
export function matches(text: string, lines: readonly string[]): boolean {
  const escape = (part: string) => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
  const pattern = lines.map((line) => (line === '…' ? '(?:.*\\n)*?' : `${line.split('…').map(escape).join('.*?')}\\n`)).join('')
  return new RegExp(`^${pattern}$`).test(text)
}
