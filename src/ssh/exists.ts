import { inTime, longestLook, start } from './channel.ts'
import type { Session } from './session.ts'
import { shellWord } from '../text/shell-words.ts'

/**
 * Whether one of some files is there at the other end; false where that can't be asked any more.
 *
 * @param limit how long the other end has to say, in milliseconds.
 */
export function anyExists(session: Session, paths: readonly string[], limit = longestLook): Promise<boolean> {
  return inTime(ask(session, paths), limit, () => false)
}

async function ask(session: Session, paths: readonly string[]): Promise<boolean> {
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
