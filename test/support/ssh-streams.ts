import { PassThrough, Writable } from 'node:stream'
import type { WriteStream } from 'node:tty'
import type { Output } from '../../src/terminal/io.ts'

/** Streams of a process that tests write to and read from. */
export interface TestStreams {
  readonly stdin: PassThrough
  readonly stdout: Output
  readonly stderr: Output
  readonly env: Record<string, string>
  out(): Buffer
  err(): string
}

export interface Sink {
  write(chunk: Buffer, done: (error?: Error) => void): void
}

/** Streams of which stdout goes to memory, or to a sink. */
export function testStreams({ sink, env = { TERM: 'xterm' } }: { sink?: Sink; env?: Record<string, string> } = {}): TestStreams {
  const chunks = { out: [] as Buffer[], err: [] as Buffer[] }
  const output = (write: Sink['write']): Output => {
    const stream = new Writable({ write: (chunk: Buffer, _, done) => write(chunk, done) })
    return {
      isTTY: false,
      columns: 80,
      stream: stream as WriteStream,
      write: (text) => new Promise((done) => void stream.write(text, () => done())),
    }
  }
  const keep =
    (list: Buffer[]): Sink['write'] =>
    (chunk, done) => {
      list.push(Buffer.from(chunk))
      done()
    }
  return {
    stdin: new PassThrough(),
    stdout: output(sink?.write ?? keep(chunks.out)),
    stderr: output(keep(chunks.err)),
    env,
    out: () => Buffer.concat(chunks.out),
    err: () => Buffer.concat(chunks.err).toString(),
  }
}
