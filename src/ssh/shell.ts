import type { WriteStream } from 'node:tty'
import type { ClientChannel, TerminalModes } from 'ssh2'
import type { Io, Output } from '../terminal/io.ts'
import { enterRawMode, suspendProcess } from '../terminal/raw-mode.ts'
import { flushed, interruption, start, type Ending, type Streams } from './channel.ts'
import { createEscapes, escapeHelp, type EscapeAction } from './escapes.ts'
import type { Session } from './session.ts'

/** Whether a shell gets a terminal, as `ssh` decides: where stdin is one, and for a command only when asked for. */
export function givesTerminal({ stdin }: Pick<Io, 'stdin'>, command: string | undefined, asked: boolean): boolean {
  return stdin.isTTY === true && (command === undefined || asked)
}

/**
 * Runs a shell, or a command, in a terminal like ours: its type, its size, and every key passed on. `~.` at the
 * beginning of a line ends the connection, `~?` shows what else there is.
 *
 * @throws CliError (exit 255) when nothing could be started; the reason of the signal
 */
export async function runInTerminal(
  session: Session,
  command: string | undefined,
  io: Streams & Pick<Io, 'env'>,
  signal?: AbortSignal,
): Promise<Ending> {
  const interrupted = interruption(signal)
  const { stdin, stdout, stderr } = io
  const screen = [stdout.stream, stderr.stream].find((stream) => stream.isTTY) ?? stdout.stream
  const terminal = { term: io.env.TERM || 'dumb', ...sizeOf(screen), modes }
  const { channel, ended } = await Promise.race([start(session, { command, terminal }), interrupted])
  let leaveRawMode = enterRawMode(io)
  let over = false
  const suspend = async () => {
    leaveRawMode()
    await suspendProcess()
    if (over) return
    leaveRawMode = enterRawMode(io)
    resize()
  }
  const typed = onTyping(channel, stderr, suspend)
  const resize = () => {
    const { rows, cols } = sizeOf(screen)
    channel.setWindow(rows, cols, 0, 0)
  }
  const hungUp = new Promise<Ending>((resolve, reject) => {
    stdout.stream.once('error', () => void stdout.write('').then(() => resolve({ lost: 'the terminal is gone' }), reject))
  })
  const done = ended.then(async (ending) => {
    await flushed(stdout.stream)
    return ending
  })
  screen.on('resize', resize)
  channel.pipe(stdout.stream, { end: false })
  channel.stderr.pipe(stderr.stream, { end: false })
  stdin.on('data', typed.take).on('end', typed.end).resume()
  try {
    return await Promise.race([done, typed.disconnected, hungUp, interrupted])
  } finally {
    over = true
    leaveRawMode()
    screen.off('resize', resize)
    stdin.off('data', typed.take).off('end', typed.end).pause()
    channel.unpipe().resume()
    channel.stderr.unpipe().resume()
    channel.close()
  }
}

function onTyping(channel: ClientChannel, stderr: Output, suspend: () => Promise<void>) {
  const escapes = createEscapes()
  let disconnect = (_: Ending): void => {}
  const disconnected = new Promise<Ending>((resolve) => {
    disconnect = resolve
  })
  const take = (chunk: Buffer | string) => {
    const { bytes, asked } = escapes(Buffer.from(chunk))
    if (bytes.length > 0 && channel.writable) channel.write(bytes)
    for (const action of asked) act[action]()
  }
  const act: Readonly<Record<EscapeAction, () => void>> = {
    disconnect: () => void stderr.write('~.\r\n').then(() => disconnect({ lost: 'ended by ~.', detached: true })),
    help: () => void stderr.write(`~?\r\n${escapeHelp.join('\r\n')}\r\n`),
    suspend: () => void stderr.write('~^Z [suspend cray-ims]\r\n').then(suspend),
  }
  return { take, end: () => void channel.end(), disconnected }
}

// IUTF8, so that Backspace takes a whole character away where the line is edited by the system. Source: RFC 8160.
const modes = Buffer.from([42, 0, 0, 0, 1, 0]) as unknown as TerminalModes

/** A terminal that doesn't know its size, as behind some consoles, is taken for 24 × 80. */
function sizeOf({ rows, columns }: WriteStream): { rows: number; cols: number } {
  return { rows: rows || 24, cols: columns || 80 }
}
