import type { Readable } from 'node:stream'
import { CliError } from '../errors.ts'
import { inTime, longestLook, start } from './channel.ts'
import type { Session } from './session.ts'
import { shellWords } from '../text/shell-words.ts'

export interface Touching {
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
