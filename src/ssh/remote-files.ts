import type { Readable } from 'node:stream'
import { CliError } from '../errors.ts'
import { shellWord, shellWords } from '../text/shell-words.ts'
import { linkSignals } from '../time/linked-signal.ts'
import { sleep } from '../time/timer.ts'
import { start } from './channel.ts'
import type { Session } from './session.ts'

/** The longest wait for the other end to look at files or to make one, in milliseconds. */
const longestLook = 60_000

/**
 * Whether one of some files is there at the other end; false where that can't be asked any more.
 *
 * @param limit how long the other end has to say, in milliseconds.
 */
export function anyExists(session: Session, paths: readonly string[], limit = longestLook): Promise<boolean> {
  return inTime(testAny(session, paths), limit, () => false)
}

async function testAny(session: Session, paths: readonly string[]): Promise<boolean> {
  if (session.lost() !== undefined) return false
  const command = paths.map((path) => `test -e ${shellWord(path)}`).join(' || ')
  const running = await start(session, { command }).catch(() => undefined)
  if (!running) return false
  const { channel, ended } = running
  channel.resume()
  channel.stderr.resume()
  channel.end()
  const ending = await ended
  return 'code' in ending && ending.code === 0
}

interface Touching {
  /** A command that runs first, where commands run. */
  readonly before?: string
  /** How long the other end has for it, in milliseconds: what hangs there still gives signs of life. */
  readonly limit?: number
  readonly signal?: AbortSignal
}

/**
 * Makes a file at the other end, as `touch` does; by SFTP where no command runs: it isn't allowed, or there is no shell.
 *
 * @throws CliError with what the other end said; the reason of the signal, and then it may be there
 */
export function touch(session: Session, path: string, { before, limit = longestLook, signal }: Touching = {}): Promise<void> {
  const late = () => {
    throw refusal(path, `the server didn't say within ${limit / 1000} s that it was`, 255)
  }
  return inTime(touchSomehow(session, path, before), limit, late, signal)
}

async function touchSomehow(session: Session, path: string, before: string | undefined): Promise<void> {
  const { instead } = await touchByCommand(session, path, before)
  if (instead !== undefined) await touchBySftp(session, path, instead)
}

/** What the command says first, and last where it has done it. */
const [begun, proof] = ['is touched now', 'was touched']

async function touchByCommand(session: Session, path: string, before: string | undefined): Promise<{ instead?: string }> {
  const command = `echo ${begun}; ${before ? `${before}; ` : ''}${shellWords(['touch', '--', path])} && echo ${proof}`
  const running = await start(session, { command }).catch((failure: CliError) => {
    if (session.lost() !== undefined) throw failure
    return failure
  })
  if (running instanceof CliError) return { instead: running.message }
  const { channel, ended } = running
  const said = [textOf(channel), textOf(channel.stderr)] as const
  channel.end()
  await ended
  const [out, words] = said.map((text) => text())
  if (out!.includes(proof)) return {}
  if (session.lost() !== undefined) throw refusal(path, session.lost()!, 255)
  // Something else ran in its place, or nothing: the login shell may be missing in a jail.
  if (!out!.includes(begun)) return { instead: words! }
  throw refusal(path, words!)
}

function textOf(stream: Readable): () => string {
  let text = ''
  stream.setEncoding('utf8').on('data', (more: string) => {
    text = (text + more).slice(0, 2000)
  })
  return () => text.trim()
}

function touchBySftp({ client, lost }: Session, path: string, before: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error) =>
      reject(refusal(path, lost() ?? [before, error.message].filter(Boolean).join('\n'), lost() === undefined ? 1 : 255))
    client.sftp((error, sftp) => {
      if (error) return fail(error)
      sftp.open(path, 'a', (error, handle) => {
        if (error) return fail(error)
        sftp.close(handle, (error) => {
          sftp.end()
          if (error) fail(error)
          else resolve()
        })
      })
    })
  })
}

function refusal(path: string, why: string, exit = 1): CliError {
  return new CliError(`${path} couldn't be touched`, { exit, more: why.split('\n').map((line) => `  ${line}`) })
}

/**
 * The result of `work`, or of `late` once so many milliseconds have passed.
 *
 * @throws the reason of the signal.
 */
function inTime<Result>(work: Promise<Result>, limit: number, late: () => Result, signal?: AbortSignal): Promise<Result> {
  const over = linkSignals(signal)
  const hang = sleep(limit, over.signal).then(late)
  hang.catch(() => {})
  return Promise.race([work, hang]).finally(over.end)
}
