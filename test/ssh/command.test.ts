import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CliError } from '../../src/errors.ts'
import { runCommand } from '../../src/ssh/command.ts'
import type { Ending } from '../../src/ssh/channel.ts'
import type { Session } from '../../src/ssh/session.ts'
import { describeWithSshd } from '../support/describe-with-sshd.ts'
import { makeKey, startSshd, temporaryFolder, type Sshd } from '../support/sshd.ts'
import { logIn } from '../support/ssh-login.ts'
import { testStreams, type TestStreams } from '../support/ssh-streams.ts'

const mebibyte = 1024 * 1024

describeWithSshd('commands over OpenSSH', () => {
  const folder = temporaryFolder()
  const own = makeKey(join(folder.path, 'id'))
  let server: Sshd
  let session: Session
  beforeAll(async () => {
    server = await startSshd({ authorized: [own.publicKey], config: ['RekeyLimit 64M'] })
    session = await logIn(server, { file: own.path, publicKey: own.publicKey })
  })
  afterAll(async () => {
    await session.close()
    await server.stop()
    folder.remove()
  })

  async function run(command: string | undefined, stdin: Buffer | string = '', streams: TestStreams = testStreams()) {
    streams.stdin.end(stdin)
    const ending = await runCommand(session, command, streams)
    return { ending, out: streams.out(), err: streams.err() }
  }

  test.each<[string, Ending]>([
    ['true', { code: 0 }],
    ['exit 7', { code: 7 }],
    ['exit 255', { code: 255 }],
    ['kill -TERM $$', { code: 143 }],
    ['kill -KILL $$', { code: 137 }],
    ['kill -HUP $$', { code: 129 }],
    ['/nonexistent/program', { code: 127 }],
    // Its output and input are closed long before it ends.
    ['exec >&- 2>&- <&-; sleep 0.3; exit 3', { code: 3 }],
  ])('%s', async (command, ending) => {
    expect((await run(command)).ending).toEqual(ending)
  })

  test('stdout and stderr stay apart, in their order', async () => {
    const { out, err } = await run('echo one; echo two >&2; echo three')
    expect([out.toString(), err]).toEqual(['one\nthree\n', 'two\n'])
  })

  test('there is no terminal', async () => {
    expect((await run('test -t 0 || test -t 1')).ending).toEqual({ code: 1 })
  })

  test('without a command: a shell that reads its lines from stdin', async () => {
    const { ending, out } = await run(undefined, 'echo "$((6 * 7))"; test -t 0 || echo none\nexit 5\n')
    expect({ ending, out: out.toString() }).toEqual({ ending: { code: 5 }, out: '42\nnone\n' })
  })

  test('every byte passes, both ways', async () => {
    const bytes = Buffer.from(Array.from({ length: 256 * 300 }, (_, index) => (index * 7) % 256))
    const { out } = await run('cat', bytes)
    expect(out.equals(bytes)).toBe(true)
  })

  test('the end of stdin is passed on, and what comes after it still arrives', async () => {
    expect((await run('cat > /dev/null; echo after')).out.toString()).toBe('after\n')
  })

  test('a command that ends while there still is input', async () => {
    const streams = testStreams()
    const feed = setInterval(() => streams.stdin.write(Buffer.alloc(64 * 1024)), 1)
    try {
      expect(await runCommand(session, 'head -c 10 > /dev/null; exit 4', streams)).toEqual({ code: 4 })
      expect(streams.stdin.isPaused()).toBe(true)
    } finally {
      clearInterval(feed)
    }
  })

  test('a reader of stdout that goes away ends it quietly', async () => {
    let taken = 0
    const streams = testStreams({
      sink: {
        write: (chunk, done) =>
          done((taken += chunk.length) > mebibyte ? Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }) : undefined),
      },
    })
    expect(await runCommand(session, 'yes', streams)).toEqual({ code: 0 })
    expect(streams.err()).toBe('')
    // The connection is as good as before.
    expect((await run('echo still')).out.toString()).toBe('still\n')
  })

  test('an interruption closes the streams of the command', async () => {
    const interruption = new AbortController()
    const streams = testStreams()
    const file = join(folder.path, 'interrupted')
    const ended = runCommand(
      session,
      `trap '' PIPE; while echo here; do sleep 0.05; done; echo yes > ${file}`,
      streams,
      interruption.signal,
    )
    while (streams.out().length === 0) await pause(10)
    interruption.abort(new CliError('Interrupted by SIGINT', { exit: 130 }))
    await expect(ended).rejects.toThrow('Interrupted by SIGINT')
    expect((await run(`until test -s ${file}; do sleep 0.05; done; cat ${file}`)).out.toString()).toBe('yes\n')
  })

  test('a connection that is dropped', async () => {
    const other = await startSshd({ authorized: [own.publicKey] })
    try {
      const session = await logIn(other, { file: own.path, publicKey: own.publicKey })
      const streams = testStreams()
      const ended = runCommand(session, 'echo here; sleep 60', streams)
      while (streams.out().length === 0) await pause(10)
      other.dropAll()
      expect(await ended).toEqual({ lost: expect.stringMatching(/the server closed the connection|connection reset/) })
      await expect(runCommand(session, 'true', testStreams())).rejects.toMatchObject({ exit: 255 })
    } finally {
      await other.stop()
    }
  })

  describe("256 MiB, over several renewals of the connection's keys", () => {
    const size = 256 * mebibyte
    const piece = Buffer.from(Array.from({ length: mebibyte }, (_, index) => (index * 31 + (index >> 8)) % 256))

    test('out and back, with no more in memory than is under way', async () => {
      const sent = createHash('sha256')
      const got = createHash('sha256')
      let bytes = 0
      const watch = watchMemory()
      const streams = testStreams({ sink: { write: (chunk, done) => (got.update(chunk), (bytes += chunk.length), done()) } })
      const source = Readable.from(
        (function* () {
          for (let n = 0; n < size / mebibyte; n++) {
            sent.update(piece)
            yield piece
          }
        })(),
      )
      expect(await runCommand(session, 'cat', { ...streams, stdin: source })).toEqual({ code: 0 })
      expect(bytes).toBe(size)
      expect(got.digest('hex')).toBe(sent.digest('hex'))
      expect(watch.grownBy()).toBeLessThan(100 * mebibyte)
    })

    test('in, to a reader that is slow at first: the server has to wait', async () => {
      let bytes = 0
      const watch = watchMemory()
      const sink = {
        write: (chunk: Buffer, done: () => void) => {
          bytes += chunk.length
          if (bytes < 2 * mebibyte) setTimeout(done, 20)
          else done()
        },
      }
      const streams = testStreams({ sink })
      streams.stdin.end()
      expect(await runCommand(session, `head -c ${size} /dev/zero`, streams)).toEqual({ code: 0 })
      expect(bytes).toBe(size)
      expect(watch.grownBy()).toBeLessThan(100 * mebibyte)
    })

    test('to a command that reads nothing: ours waits', async () => {
      let asked = 0
      const source = new Readable({
        read() {
          asked += piece.length
          this.push(piece)
        },
      })
      const streams = testStreams()
      expect(await runCommand(session, 'sleep 1', { ...streams, stdin: source })).toEqual({ code: 0 })
      expect(asked).toBeLessThan(16 * mebibyte)
    })
  })
})

/** Node 26 leaves more garbage beside its heap: what can be collected there doesn't count. */
const collect = Number(process.versions.node.split('.')[0]) < 26 ? undefined : collector()

function collector(): () => void {
  setFlagsFromString('--expose-gc')
  return runInNewContext('gc') as () => void
}

function watchMemory(): { grownBy(): number } {
  const before = process.memoryUsage().rss
  let peak = before
  const timer = setInterval(() => {
    if (process.memoryUsage().rss > before + 50 * mebibyte) collect?.()
    peak = Math.max(peak, process.memoryUsage().rss)
  }, 20)
  return {
    grownBy: () => {
      clearInterval(timer)
      return peak - before
    },
  }
}

const pause = (milliseconds: number) => new Promise((done) => setTimeout(done, milliseconds))
