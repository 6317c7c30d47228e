import type { Readable } from 'node:stream'
import { Failure } from '../errors.ts'
import { start } from './channel.ts'
import type { Session } from './session.ts'
import { shellWords } from '../text/shell-words.ts'

/**
 * Makes a file at the other end, as `touch` does; by SFTP where commands aren't allowed.
 *
 * @throws Failure with what the other end said
 */
export async function touch(session: Session, path: string): Promise<void> {
  const outcome = await touchByCommand(session, path)
  if (outcome === 'not allowed') await touchBySftp(session, path)
}

const proof = 'was touched'

async function touchByCommand(session: Session, path: string): Promise<'done' | 'not allowed'> {
  const command = `${shellWords(['touch', '--', path])} && echo ${proof}`
  const running = await start(session, { command }).catch((failure: Failure) => {
    if (session.lost() !== undefined) throw failure
    return undefined
  })
  if (!running) return 'not allowed'
  const { channel, ended } = running
  const said = [textOf(channel), textOf(channel.stderr)] as const
  channel.end()
  const ending = await ended
  const [out, words] = said.map((text) => text())
  if (out!.includes(proof)) return 'done'
  if (session.lost() !== undefined) throw refusal(path, session.lost()!, 255)
  // A server that runs something else in a command's place says so, if at all, on stdout.
  if ('lost' in ending || ending.code === 0 || words === '') return 'not allowed'
  throw refusal(path, words!)
}

function textOf(stream: Readable): () => string {
  let text = ''
  stream.setEncoding('utf8').on('data', (more: string) => {
    text = (text + more).slice(0, 2000)
  })
  return () => text.trim()
}

function touchBySftp({ client, lost }: Session, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error) => reject(refusal(path, lost() ?? error.message, lost() === undefined ? 1 : 255))
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

function refusal(path: string, why: string, exit = 1): Failure {
  return new Failure(`${path} couldn't be touched`, { exit, more: why.split('\n').map((line) => `  ${line}`) })
}
