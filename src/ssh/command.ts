import { flushed, interruption, start, type Ending, type Streams } from './channel.ts'
import type { Session } from './session.ts'
import { shellWords } from '../text/shell-words.ts'

/**
 * The command for the shell there: one word is a line for it, as `ssh` sends it; several stay the words that they are,
 * as with `kubectl exec`. Undefined where there is none.
 */
export function commandText(words: readonly string[]): string | undefined {
  if (words.length === 0) return undefined
  return words.length === 1 ? words[0] : shellWords(words)
}

/**
 * Runs a command, or without one a shell that has no terminal (as `ssh -T`), with stdin, stdout and stderr passed
 * through byte by byte, no faster than each is read. Where the reader of stdout goes away the command ends, quietly.
 *
 * @throws CliError (exit 255) when nothing could be started, and where stdout can't take what comes; the reason of the
 * signal: the command's streams are closed then (it gets no signal: OpenSSH delivers none to root)
 */
export async function runCommand(
  session: Session,
  command: string | undefined,
  { stdin, stdout, stderr }: Streams,
  signal?: AbortSignal,
): Promise<Ending> {
  const interrupted = interruption(signal)
  const { channel, ended } = await Promise.race([start(session, { command }), interrupted])
  const stopFeeding = () => void channel.end()
  const dropOutput = () => void channel.unpipe().resume()
  const dropErrors = () => channel.stderr.unpipe().resume()
  stderr.stream.once('error', dropErrors)
  stdin.once('error', stopFeeding)
  let leave = dropOutput
  const readerGone = new Promise<Ending>((resolve, reject) => {
    // What goes to people decides nothing: there the command runs on without a reader.
    if (stdout !== stderr) leave = () => void stdout.write('').then(() => resolve({ code: 0 }), reject)
  })
  stdout.stream.once('error', leave)
  const done = ended.then(async (ending) => {
    await Promise.all([flushed(stdout.stream), flushed(stderr.stream)])
    return ending
  })
  channel.pipe(stdout.stream, { end: false })
  channel.stderr.pipe(stderr.stream, { end: false })
  if (stdin.readableEnded || stdin.destroyed) stopFeeding()
  else stdin.pipe(channel)
  try {
    return await Promise.race([done, readerGone, interrupted])
  } finally {
    stdin.unpipe(channel).pause().off('error', stopFeeding)
    stdout.stream.off('error', leave)
    stderr.stream.off('error', dropErrors)
    // Drains what nobody reads any more: otherwise the channel never closes.
    channel.unpipe().resume()
    channel.close()
  }
}
