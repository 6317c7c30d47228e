import { connect, type Socket } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import ssh2, { type ParsedKey, type Server } from 'ssh2'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { CliError } from '../../src/errors.ts'
import { reach } from '../../src/ssh/banner.ts'
import { runCommand } from '../../src/ssh/command.ts'
import { openSession } from '../../src/ssh/session.ts'
import { anyExists, touch } from '../../src/ssh/remote-files.ts'
import { newKeyPair } from '../support/key-pairs.ts'
import { serveSocket } from '../support/loopback.ts'
import type { RandomInput } from '../support/random-input.ts'
import { testRandomly } from '../support/random-test.ts'
import { testStreams } from '../support/ssh-streams.ts'

const hostKey = newKeyPair().private
const login = { key: ssh2.utils.parseKey(newKeyPair().private) as ParsedKey }

/** What a server does with a command, honest or not. */
const manners = ['honest', 'refuses', 'says nothing', 'ends without a code', 'goes away', 'floods', 'ends by an odd signal'] as const
type Manner = (typeof manners)[number]

let server: Server
let port: number
/** How each command is treated; the last one's is that of all further ones. */
let mannersNow: readonly Manner[] = ['honest']

beforeAll(async () => {
  server = new ssh2.Server({ hostKeys: [hostKey] }, (client) => {
    client.on('error', () => {})
    client.on('authentication', (context) => context.accept())
    let commands = 0
    client.on('session', (accept) => {
      accept().on('exec', (acceptCommand, refuse) => {
        const manner = mannersNow[Math.min(commands++, mannersNow.length - 1)]
        if (manner === 'refuses') return refuse()
        const channel = acceptCommand()
        channel.on('error', () => {})
        if (manner === 'says nothing') return
        if (manner === 'goes away') return void client.end()
        channel.write(manner === 'floods' ? Buffer.alloc(300_000, 'x') : 'is touched now\nwas touched\n')
        channel.stderr.write('\x1b[2J')
        if (manner === 'ends by an odd signal') channel.exit('NONE' as 'KILL')
        else if (manner !== 'ends without a code') channel.exit(0)
        channel.end()
      })
    })
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  port = (server.address() as { port: number }).port
})
afterAll(() => void server.close())

/** What becomes of what a server sends, from some byte on. */
type Spoiler = (socket: Socket, chunk: Buffer) => Buffer | undefined

function spoilerOf({ below, pick, spoiledBytes }: RandomInput): Spoiler {
  let left = below(pick([60, 1500, 3500]))
  let isSpoiled = false
  const spoil = pick<Spoiler>([
    (_, chunk) => spoiledBytes(chunk),
    (socket) => void socket.destroy(),
    (socket) => void socket.end(),
    (socket) => void socket.resetAndDestroy(),
    () => undefined,
    (_, chunk) => chunk,
  ])
  return (socket, chunk) => {
    if (left >= chunk.length) {
      left -= chunk.length
      return chunk
    }
    if (isSpoiled && left === 0) return spoil(socket, chunk)
    isSpoiled = true
    const [sound, rest] = [chunk.subarray(0, left), chunk.subarray(left)]
    left = 0
    return Buffer.concat([sound, spoil(socket, rest) ?? Buffer.alloc(0)])
  }
}

/**
 * Does with a server what commands do; whatever goes wrong is an error for people.
 *
 * @param patience how many times longer than is usual here each answer is waited for.
 */
async function talk(through: number, patience = 1): Promise<string> {
  const next = ['jobs', 'list']
  try {
    const { socket } = await reach([{ name: 'customer', host: '127.0.0.1', port: through }], {
      patience: 400 * patience,
      each: 200 * patience,
      pause: 50,
    }).won
    const closed = new Promise<void>((done) => socket.once('close', () => done()))
    try {
      const session = await openSession({
        socket,
        login,
        next,
        readyTimeout: 300 * patience,
        keepalive: 40 * patience,
        verifyHostKey: async () => {},
      })
      try {
        const streams = testStreams()
        streams.stdin.end()
        const limit = AbortSignal.timeout(600 * patience)
        const ending = await runCommand(session, 'x', streams, limit)
        if (session.lost() === undefined && !('lost' in ending)) {
          await anyExists(session, ['/a'], 200 * patience)
          await touch(session, '/a', { limit: 200 * patience })
        }
      } finally {
        await session.close()
      }
    } finally {
      socket.destroy()
      await closed
    }
    return 'went well'
  } catch (error) {
    const isOrdinary = error instanceof CliError || (error as Error).name === 'TimeoutError'
    if (!isOrdinary) throw error
    return 'failed'
  }
}

/** Puts something between a client and the server, which spoils what that sends. */
async function spoiling(spoil: Spoiler, work: (through: number) => Promise<string>): Promise<string> {
  const between = await serveSocket((client) => {
    const upstream = connect({ host: '127.0.0.1', port })
    upstream.on('error', () => client.destroy()).on('close', () => client.end())
    client.on('close', () => upstream.destroy())
    client.pipe(upstream)
    upstream.on('data', (chunk: Buffer) => {
      const given = spoil(client, chunk)
      if (given?.length && client.writable) client.write(given)
    })
  })
  try {
    return await work(between.port)
  } finally {
    await between.close()
  }
}

test('a server, as it should be, is talked to', async () => {
  mannersNow = ['honest']
  expect(
    await spoiling(
      (_, chunk) => chunk,
      (through) => talk(through, 50),
    ),
  ).toBe('went well')
})

testRandomly(
  'a server that misbehaves, or a way that spoils what it says, ends in an ordinary error',
  { all: 1000, nth: 20 },
  async (random) => {
    mannersNow = Array.from({ length: 3 }, () => random.pick(['honest', 'honest', ...manners]))
    const began = performance.now()
    await spoiling(spoilerOf(random), talk)
    expect(performance.now() - began).toBeLessThan(20_000)
  },
)

test('no connection is left', async () => {
  const count = () =>
    new Promise<number>((done, fail) => server.getConnections((error: Error | null, open: number) => (error ? fail(error) : done(open))))
  for (let tries = 100; (await count()) > 0 && tries > 0; tries--) await wait(20)
  expect(await count()).toBe(0)
})
