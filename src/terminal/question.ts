import { StringDecoder } from 'node:string_decoder'
import { aborted } from '../errors.ts'
import { printableLines } from '../text/printable.ts'
import type { Io } from './io.ts'
import { enterRawMode } from './raw-mode.ts'

export interface AskOptions {
  /** The answer isn't shown in a terminal. */
  hidden?: boolean
  /** The answer where nothing is typed. */
  default?: string
}

/** Questions on stderr, with their answers from stdin: a terminal's, or one line of a pipe each. */
export interface Questions {
  /**
   * Asks for one line.
   *
   * @param question as it is shown: `Username: `.
   * @throws CliError (Aborted!) at the end of the input, and for Ctrl-C.
   */
  ask(question: string, options?: AskOptions): Promise<string>
  /** Asks for yes or no until it is either; nothing typed is no. */
  confirm(question: string): Promise<boolean>
}

export function createQuestions(io: Io): Questions {
  // What was read past the last answer is the next one's.
  let rest = ''
  let ended = false
  const decoder = new StringDecoder('utf8')

  async function ask(question: string, options: AskOptions = {}): Promise<string> {
    const unseen = options.hidden === true && io.stdin.isTTY === true
    const leaveRawMode = unseen ? enterRawMode(io) : undefined
    let lineEnded = false
    try {
      await io.stderr.write(printableLines(question))
      const answer = await (unseen ? readKeys() : readLine())
      if (answer === undefined) throw aborted()
      // A terminal that shows the answer shows its Enter, too.
      lineEnded = io.stdin.isTTY === true && !unseen
      return answer === '' ? (options.default ?? '') : answer
    } finally {
      leaveRawMode?.()
      if (!lineEnded) await io.stderr.write('\n')
    }
  }

  async function confirm(question: string): Promise<boolean> {
    for (;;) {
      const answer = (await ask(question)).trim().toLowerCase()
      if (['', 'n', 'no', 'f', 'false', '0'].includes(answer)) return false
      if (['y', 'yes', 't', 'true', '1'].includes(answer)) return true
      await io.stderr.write('Error: invalid input\n')
    }
  }

  async function readLine(): Promise<string | undefined> {
    while (!rest.includes('\n') && !ended) await readMore()
    const [line] = rest.split('\n', 1)
    if (ended && rest === '') return undefined
    rest = rest.slice(line!.length + 1)
    return line!.replace(/\r$/, '')
  }

  async function readMore(): Promise<void> {
    const chunk = await nextChunk(io)
    if (chunk === undefined) ended = true
    rest += chunk === undefined ? decoder.end() : decoder.write(chunk)
  }

  async function readKeys(): Promise<string | undefined> {
    for (let line = ''; ;) {
      if (rest === '' && !ended) await readMore()
      if (rest === '') return undefined
      const [key] = /^(?:\x1b(?:\[[0-9;]*[@-~]|O.)|.)/su.exec(rest) ?? [rest]
      rest = rest.slice(key.length)
      if (key === '\r' || key === '\n') return line
      if (key === '\x03' || (key === '\x04' && line === '')) return undefined
      line = edit(line, key)
    }
  }

  return { ask, confirm }
}

/** A line after one more key: Backspace takes a character away, Ctrl-U all of them; other control keys do nothing. */
function edit(line: string, key: string): string {
  if (key === '\x7f' || key === '\b') return [...line].slice(0, -1).join('')
  if (key === '\x15') return ''
  return key < ' ' ? line : line + key
}

/** The next that comes on stdin; undefined at its end. Between questions nothing is read. */
function nextChunk({ stdin, interrupted }: Io): Promise<Buffer | undefined> {
  return new Promise((resolve, reject) => {
    const settle = (finish: () => void) => {
      stdin.off('data', onData).off('end', onEnd).off('close', onEnd).off('error', onEnd)
      interrupted.removeEventListener('abort', onInterrupt)
      stdin.pause()
      finish()
    }
    const onData = (chunk: Buffer | string) => settle(() => resolve(Buffer.from(chunk)))
    const onEnd = () => settle(() => resolve(undefined))
    // Ctrl-C at a question is an answer that isn't given. Source: the original.
    const onInterrupt = () =>
      settle(() => reject((interrupted.reason as { exit?: number } | undefined)?.exit === 130 ? aborted() : interrupted.reason))
    // It may have come before anyone listened.
    if (interrupted.aborted) return onInterrupt()
    if (stdin.readableEnded || stdin.destroyed) return resolve(undefined)
    stdin.on('data', onData).on('end', onEnd).on('close', onEnd).on('error', onEnd)
    interrupted.addEventListener('abort', onInterrupt)
    stdin.resume()
  })
}
