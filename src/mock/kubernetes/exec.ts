import { constants } from 'node:os'
import type { Readable } from 'node:stream'
import type { Running, TerminalSize } from '../ssh/program.ts'
import type { WebSocketEnd } from './websocket.ts'

/** How a client and an API server may talk while a command runs: `kubectl`, and older libraries. */
export const execProtocols = ['v5.channel.k8s.io', 'v4.channel.k8s.io'] as const

/** The first byte of each message. */
const channels = { stdin: 0, stdout: 1, stderr: 2, outcome: 3, size: 4, close: 255 }

/** What a command of `exec` is run as. */
export interface ExecQuery {
  readonly command: readonly string[]
  readonly stdin: boolean
  readonly terminal: TerminalSize | undefined
}

/** The parameters of `pods/exec`. */
export function parseExecQuery(query: URLSearchParams): ExecQuery {
  const is = (name: string) => ['1', 'true'].includes(query.get(name) ?? '')
  return {
    command: query.getAll('command'),
    stdin: is('stdin'),
    // The client says its size as soon as it is connected.
    terminal: is('tty') ? { rows: 24, columns: 80 } : undefined,
  }
}

/** Connects a program with the client that has it run. */
export async function serveExec(client: WebSocketEnd, running: Running, { stdin, terminal }: ExecQuery): Promise<void> {
  const send = (channel: number, bytes: Uint8Array) => client.send(Buffer.concat([Buffer.from([channel]), bytes]))
  running.stdin.on('error', () => {})
  if (!stdin) running.stdin.end()
  client.onMessage((bytes) => {
    const [channel] = bytes
    const data = bytes.subarray(1)
    if (channel === channels.stdin) running.stdin.write(data)
    else if (channel === channels.close && data[0] === channels.stdin) running.stdin.end()
    else if (channel === channels.size) void resize(running, data)
  })
  client.onClose(() => {
    running.stdin.end()
    running.stdout.destroy()
    running.stderr.destroy()
    if (terminal) void running.signal('HUP')
  })
  const pass = async (from: Readable, channel: number) => {
    for await (const chunk of from) await send(channel, chunk as Buffer)
  }
  // A client that goes away destroys them.
  const passed = Promise.allSettled([pass(running.stdout, channels.stdout), pass(running.stderr, channels.stderr)])
  const ended = await running.ended
  await passed
  await send(channels.outcome, Buffer.from(outcome('code' in ended ? ended.code : 128 + constants.signals[ended.signal])))
  client.close()
}

async function resize(running: Running, data: Buffer): Promise<void> {
  try {
    const { Height: rows, Width: columns } = JSON.parse(data.toString()) as { Height?: unknown; Width?: unknown }
    if (Number.isInteger(rows) && Number.isInteger(columns)) await running.resize({ rows: Number(rows), columns: Number(columns) })
  } catch {
    // No size.
  }
}

function outcome(code: number): string {
  if (code === 0) return JSON.stringify({ metadata: {}, status: 'Success' })
  return JSON.stringify({
    metadata: {},
    status: 'Failure',
    message: `command terminated with non-zero exit code: exit status ${code}`,
    reason: 'NonZeroExitCode',
    details: { causes: [{ reason: 'ExitCode', message: String(code) }] },
  })
}
