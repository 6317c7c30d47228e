import type { Readable, Writable } from 'node:stream'
import type { PseudoTtyInfo, ServerChannel, Session } from 'ssh2'
import type { Container } from './container.ts'
import type { Running, TerminalSize } from './program.ts'
import { serveSftp } from './sftp.ts'
import { about } from './stand-in.ts'

/** What a session may do, and what it gets. */
export interface SessionOptions {
  readonly container: Container
  /** Environment of what runs. */
  readonly env: Readonly<Record<string, string>>
  /** Terminals can be had. */
  readonly terminals: boolean
}

/** Serves one session of a connection: a shell, a command, or files. */
export function serveSession(session: Session, { container, env, terminals }: SessionOptions): void {
  let terminal: (TerminalSize & { term: string }) | undefined
  let refused = false
  let running: Running | undefined

  session.on('pty', (accept, reject, { rows, cols, term }: PseudoTtyInfo & { term?: string }) => {
    refused = !terminals
    // accept is missing where no answer is wanted.
    if (refused) return void reject?.()
    terminal = { ...sized(rows, cols), term: term || 'dumb' }
    accept?.()
  })
  session.on('window-change', (accept, _, { rows, cols }) => {
    if (terminal) terminal = { ...terminal, ...sized(rows, cols) }
    void running?.resize(sized(rows, cols))
    accept?.()
  })
  session.on('signal', (accept, _, { name }) => {
    void running?.signal(name.replace(/^SIG/, ''))
    accept?.()
  })
  session.on('env', (_, reject) => void reject?.())
  session.on('exec', (accept, _, { command }) => void begin(accept(), command))
  session.on('shell', (accept) => {
    const notes = [
      ...(refused ? ['there is no terminal here: that takes script, of util-linux.'] : []),
      ...(container.isolation === 'stand-in' ? [about] : []),
    ]
    begin(accept(), undefined, notes.map((line) => `cray-ims mock: ${line}${terminal ? '\r\n' : '\n'}`).join(''))
  })
  session.on('sftp', (accept) => serveSftp(accept(), container))

  function begin(channel: ServerChannel, command: string | undefined, note = ''): void {
    running = container.start({ command, env: { ...env, ...(terminal && { TERM: terminal.term }) }, terminal })
    void connect(channel, running, note, terminal !== undefined)
  }
}

/** A terminal that doesn't know its size. */
const sized = (rows: number, columns: number): TerminalSize => ({ rows: rows || 24, columns: columns || 80 })

/** What of a channel ssh2 keeps while it waits for the client's window. */
interface Waiting {
  _chunk?: unknown
  _chunkcb?: unknown
  _chunkErr?: unknown
  _chunkcbErr?: unknown
}

/**
 * Writes to a channel's two streams, one text at a time, each once the client has a window for the whole one before:
 * ssh2 goes on with only one of two that wait, closes over one of stderr's, and repeats what had to wait before.
 */
function inTurn(channel: ServerChannel): (to: Writable, data: Uint8Array | string) => Promise<void> {
  let last = Promise.resolve()
  const write = (to: Writable, data: Uint8Array | string) =>
    new Promise<void>((done) => {
      to.write(data, () => {
        Object.assign(channel as Waiting, { _chunk: undefined, _chunkcb: undefined, _chunkErr: undefined, _chunkcbErr: undefined })
        done()
      })
    })
  return (to, data) => (last = last.then(() => write(to, data)))
}

async function connect(channel: ServerChannel, running: Running, note: string, terminal: boolean): Promise<void> {
  const { stdin, stdout, stderr } = running
  // What a program doesn't read any more has to go somewhere.
  stdin.on('error', () => channel.resume())
  channel.pipe(stdin)
  channel.on('error', () => {})
  channel.once('close', () => {
    stdin.end()
    stdout.destroy()
    stderr.destroy()
    if (terminal) void running.signal('HUP')
  })
  const write = inTurn(channel)
  const pass = async (from: Readable, to: Writable) => {
    for await (const chunk of from) await write(to, chunk as Buffer)
  }
  if (note !== '') void write(channel.stderr, note)
  // A client that goes away destroys them.
  const passed = Promise.allSettled([pass(stdout, channel), pass(stderr, channel.stderr)])
  const ended = await running.ended
  await passed
  if ('signal' in ended) channel.exit(ended.signal.slice('SIG'.length))
  else channel.exit(ended.code)
  channel.end()
}
