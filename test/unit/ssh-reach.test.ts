import { createServer, type Server, type Socket } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { CliError } from '../../src/errors.ts'
import { reach, type AccessName, type Attempt } from '../../src/ssh/banner.ts'

const open: Server[] = []
const sockets = new Set<Socket>()
afterEach(async () => {
  for (const socket of sockets) socket.destroy()
  await Promise.all(open.splice(0).map((server) => new Promise((done) => server.close(done))))
})

async function serve(talk: (socket: Socket) => void, port = 0): Promise<number> {
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    talk(socket)
  })
  open.push(server)
  await new Promise<void>((done) => server.listen(port, '127.0.0.1', done))
  return (server.address() as { port: number }).port
}
async function deadPort(): Promise<number> {
  const port = await serve(() => {})
  await new Promise((done) => open.pop()!.close(done))
  return port
}
const at = (port: number, name: AccessName = 'customer', host = '127.0.0.1') => ({ name, host, port })
const banner = 'SSH-2.0-OpenSSH_9.2'
const ssh = (socket: Socket) => void socket.write(`${banner}\r\n`)
const fast = { pause: 20, each: 150, patience: 20_000 }

describe('who wins', () => {
  test('the first with a banner; what was read is put back, the others are closed', async () => {
    let closed = 0
    let connected = (): void => {}
    const both = new Promise<void>((done) => (connected = done))
    const silent = await serve((socket) => {
      socket.resume().on('close', () => closed++)
      connected()
    })
    const other = await serve((socket) => void both.then(() => socket.write(`Welcome\r\n${banner} Debian\r\nmore`)))
    const { address, socket, banner: shown } = await reach([at(silent, 'cluster'), at(other)], { ...fast, each: 5000 }).won
    sockets.add(socket)
    expect([address.name, shown]).toEqual(['customer', `${banner} Debian`])
    const read = await new Promise<Buffer>((done) => socket.once('data', done).resume())
    expect(read.toString()).toBe(`Welcome\r\n${banner} Debian\r\nmore`)
    while (closed === 0) await new Promise((again) => setTimeout(again, 5))
  })

  test('a banner in pieces', async () => {
    const port = await serve((socket) => {
      socket.setNoDelay().write('SSH-2.')
      setTimeout(() => socket.write('0-x'), 10)
      setTimeout(() => socket.write('\n'), 20)
    })
    const { socket, banner } = await reach([at(port)], { ...fast, each: 5000 }).won
    sockets.add(socket)
    expect(banner).toBe('SSH-2.0-x')
  })

  test('one that comes up late', async () => {
    const port = await deadPort()
    const reasons: string[] = []
    const race = reach([at(port)], {
      ...fast,
      onAttempt: ({ reason, tries }) => {
        reasons.push(reason)
        if (tries === 3) void serve(ssh, port)
      },
    })
    sockets.add((await race.won).socket)
    expect(new Set(reasons)).toEqual(new Set(['connection refused']))
    expect(reasons.length).toBeGreaterThanOrEqual(3)
  })

  test('one that resets, closes or is silent at first', async () => {
    let turn = 0
    const port = await serve((socket) => {
      const act = [() => socket.resetAndDestroy(), () => socket.end(), () => {}, () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')][
        turn++
      ]
      if (act) act()
      else ssh(socket)
    })
    const reasons: string[] = []
    sockets.add((await reach([at(port)], { ...fast, onAttempt: ({ reason }) => reasons.push(reason) }).won).socket)
    expect(reasons).toEqual([
      'connection reset',
      'closed before an SSH banner',
      'connects, but shows no SSH banner within 0.15 s',
      'what answers is not an SSH server',
    ])
  })

  test('one that joins later', async () => {
    const [dead, port] = [await deadPort(), await serve(ssh)]
    const race = reach([at(dead)], { ...fast, onAttempt: ({ tries }) => tries === 2 && race.add(at(port, 'port-forward')) })
    const { address, socket } = await race.won
    sockets.add(socket)
    expect(address.name).toBe('port-forward')
  })
})

describe('nobody', () => {
  test('at the time limit: why, for each', async () => {
    const [dead, silent] = [await deadPort(), await serve(() => {})]
    const attempts: Attempt[] = []
    const failure = await reach([at(dead), at(silent, 'cluster')], {
      ...fast,
      patience: 1500,
      next: 'again',
      onAttempt: (attempt) => attempts.push(attempt),
    }).won.catch((error) => error)
    expect(failure).toBeInstanceOf(CliError)
    expect(failure).toMatchObject({ message: 'no SSH server answers', exit: 255, next: 'again' })
    expect(failure.more.join('\n')).toMatch(
      new RegExp(
        `^  customer 127.0.0.1:${dead}  connection refused \\(tried \\d+×\\)\n  cluster 127.0.0.1:${silent}  connects, but shows no SSH banner within 0.15 s`,
        'm',
      ),
    )
    const count = attempts.length
    await new Promise((later) => setTimeout(later, 100))
    expect(attempts.length).toBe(count)
  })

  test('a name that nobody knows', async () => {
    const interruption = new AbortController()
    const reason = await new Promise((known) => {
      reach([at(22, 'customer', 'no-such-host.invalid')], {
        each: 50_000,
        signal: interruption.signal,
        onAttempt: ({ reason }) => known(reason),
      }).won.catch(() => {})
    })
    interruption.abort()
    expect(reason).toMatch(/^name not found/)
  })

  test('an interruption ends it with its reason', async () => {
    const interruption = new AbortController()
    const reason = new CliError('Interrupted by SIGINT', { exit: 130 })
    const race = reach([at(await deadPort())], { ...fast, signal: interruption.signal, onAttempt: () => interruption.abort(reason) })
    await expect(race.won).rejects.toBe(reason)
    await expect(reach([at(1)], { signal: AbortSignal.abort(reason) }).won).rejects.toBe(reason)
  })
})
