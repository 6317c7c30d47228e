import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { makeServerCertificate } from '../support/certificates.ts'
import { serveHttp, serveSocket, type Loopback } from '../support/loopback.ts'
import { program, run } from '../support/program.ts'
import { temporaryFolder } from '../support/sshd.ts'
import { describeWithTmux, openTerminal } from '../support/tmux.ts'

let home: ReturnType<typeof temporaryFolder>
let open: Loopback[]
beforeEach(() => {
  home = temporaryFolder()
  open = []
})
afterEach(async () => {
  for (const server of open) await server.close()
  home.remove()
})

/** Configures a server; its address as errors have it. */
async function configured(starting: Promise<Loopback>, scheme = 'http'): Promise<string> {
  const server = await starting
  open.push(server)
  mkdirSync(join(home.path, '.config/cray/configurations'), { recursive: true })
  writeFileSync(join(home.path, '.config/cray/configurations/default'), `[core]\nhostname = "${scheme}://127.0.0.1:${server.port}"\n`)
  return `127.0.0.1:${server.port}`
}
const env = () => ({ PATH: process.env.PATH!, HOME: home.path })
const cray = (...argv: string[]) => run(argv, { cwd: home.path, env: env() })

const empty = (response: ServerResponse) => void response.writeHead(200, { 'Content-Type': 'application/json' }).end('[]')
const slow = 'The service answers one request at a time, and takes minutes to delete or restore a large image.\n'

describe('a service that is busy with another request', () => {
  test('a read is tried again', async () => {
    let asked = 0
    await configured(serveHttp((_request, response) => ++asked > 2 && empty(response)))
    expect(await cray('images', 'list', '--request-timeout', '0.3s', '--retries', '2')).toEqual({
      exit: 0,
      stdout: 'results = []\n\n',
      stderr: '',
    })
    expect(asked).toBe(3)
  })

  test('so is one whose answer stops in its middle', async () => {
    let asked = 0
    await configured(
      serveHttp((_request, response) =>
        ++asked > 1 ? empty(response) : void response.writeHead(200, { 'Content-Type': 'application/json' }).write('['),
      ),
    )
    expect(await cray('images', 'list', '--request-timeout', '0.3s', '-v')).toMatchObject({
      exit: 0,
      stderr: expect.stringContaining('the answer stopped in its middle'),
    })
    expect(asked).toBe(2)
  })

  test.each([
    [
      'a read',
      ['images', 'list', '--retries', '1'],
      2,
      (at: string) =>
        `Error: ${at} did not answer within 0.3s, tried 2 times\nThe time limit is --request-timeout (0.3s).\n${slow}Next: the same command with --request-timeout 0.6s\n`,
    ],
    [
      'a write',
      ['images', 'delete', 'x', '--retries', '1'],
      1,
      (at: string) =>
        `Error: ${at} did not answer within 0.3s\nThe time limit is --request-timeout (0.3s).\n${slow}The DELETE may have been carried out all the same.\nNext: cray-ims images list\n`,
    ],
  ])('%s that gets no answer in time says so, names the option, and does not blame the hostname', async (_what, argv, times, screen) => {
    let asked = 0
    const at = await configured(serveHttp(() => void asked++))
    expect(await cray(...argv, '--request-timeout', '0.3s')).toEqual({ exit: 2, stdout: '', stderr: screen(at) })
    expect(asked).toBe(times)
  })
})

test('an answer that comes byte by byte, and has no end', async () => {
  const at = await configured(
    serveHttp((_request, response) => {
      response.writeHead(200, { 'Content-Type': 'application/json' }).write('[')
      const drip = setInterval(() => response.write(' '), 20)
      response.on('close', () => clearInterval(drip))
    }),
  )
  expect(await cray('images', 'list', '--request-timeout', '0.1s')).toMatchObject({
    exit: 2,
    stderr: expect.stringContaining(
      `Error: the answer of ${at} did not end within 1s\nThe time limit is --request-timeout, times 10 for a whole answer (0.1s).\n`,
    ),
  })
})

test('a connection that does not come about in time', async () => {
  // It is taken, but its TLS is never answered.
  const at = await configured(
    serveSocket(() => {}),
    'https',
  )
  expect(await cray('images', 'list', '--connect-timeout', '0.3s', '--retries', '1')).toEqual({
    exit: 2,
    stdout: '',
    stderr: `Error: no connection to ${at} within 0.3s, tried 2 times\nThe time limit is --connect-timeout (0.3s).\nNext: the same command with --connect-timeout 0.6s\n`,
  })
})

test('a token server that does not answer', async () => {
  const pair = await makeServerCertificate({})
  const at = await configured(
    serveHttp(() => {}, pair),
    'https',
  )
  writeFileSync(join(home.path, 'ca.pem'), pair.cert)
  expect(await cray('auth', 'login', '--username', 'u', '--password', 'p', '--ca-file', 'ca.pem', '--request-timeout', '0.3s')).toEqual({
    exit: 2,
    stdout: '',
    stderr: `Error: Unable to login!\n${at} did not answer within 0.3s\nThe time limit is --request-timeout (0.3s).\nThe POST may have been carried out all the same.\nNext: the same command with --request-timeout 0.6s\n`,
  })
})

describeWithTmux('a long wait', () => {
  let answer: () => void
  const memoryNote = () => configured(serveHttp((_request, response) => (answer = () => empty(response))))
  const inTerminal = async (words: string) => {
    const terminal = await openTerminal({ cwd: home.path })
    const exports = Object.entries(env()).map(([name, value]) => `export ${name}='${value}'`)
    writeFileSync(join(home.path, 'open'), `${exports.join('\n')}\nclear; ${words}\necho "[$?]"\n`)
    terminal.type('bash open', 'Enter')
    return terminal
  }
  const line = `${process.execPath} ${program} images list`

  test('is shown in a terminal, and leaves nothing there', async () => {
    const at = await memoryNote()
    const terminal = await inTerminal(line)
    try {
      await terminal.shows(new RegExp(`Waiting for ${at}… \\ds`))
      answer()
      expect(await terminal.shows(/\[0\]\nhere\$$/)).toBe('results = []\n\n[0]\nhere$')
    } finally {
      terminal.close()
    }
  })

  test.each([
    ['jobs wait x --interval 1s', 'looking for the job'],
    ['build r --name mine --public-key key.pub', 'reading what the service has'],
  ])('of %s is shown from its first request on', async (words, shown) => {
    await memoryNote()
    writeFileSync(join(home.path, 'key.pub'), 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f me\n')
    const terminal = await inTerminal(`${process.execPath} ${program} ${words}`)
    try {
      await terminal.shows(shown)
      terminal.type('C-c')
      expect(await terminal.shows(/\[130\]/)).not.toContain(shown)
    } finally {
      terminal.close()
    }
  })

  test('is gone after Ctrl-C, and the cursor is back', async () => {
    await memoryNote()
    const terminal = await inTerminal(line)
    try {
      await terminal.shows('Waiting for')
      terminal.type('C-c')
      expect(await terminal.shows('[1]')).toMatch(/^(\^C)?Aborted!\n\[1\]/)
      expect(terminal.cursorShown()).toBe(true)
    } finally {
      terminal.close()
    }
  })

  test.each(['--quiet', '2>stderr'])('is not shown with %s', async (how) => {
    await memoryNote()
    // When the second is shown to wait, the first has waited for longer.
    const terminal = await inTerminal(`: >stderr; ${line} ${how} & sleep 1; ${line}; wait`)
    try {
      expect((await terminal.shows('Waiting for')).match(/Waiting/g)).toHaveLength(1)
      expect(readFileSync(join(home.path, 'stderr'), 'utf8')).toBe('')
    } finally {
      terminal.close()
    }
  })

  test('says nothing of itself where there are log lines, and they are whole', async () => {
    await memoryNote()
    const terminal = await inTerminal(`${line} -v --request-timeout 4s`)
    try {
      await terminal.shows('Waiting for')
      const tried = await terminal.shows(/trying again in [\d.]+ s \(1 of 3\)/)
      expect(tried).toMatch(/^GET http\S+: connected, but no answer in time \(\d+ ms\)\n.*: trying again in [\d.]+ s \(1 of 3\)/)
    } finally {
      terminal.close()
    }
  })
})

test.each(['--connect-timeout', '--request-timeout'])('%s of 0 is refused, wherever it is said', async (option) => {
  let asked = 0
  await configured(serveHttp((_request, response) => (asked++, empty(response))))
  const wrong = `Error: Invalid value for '${option}': 0 is below 0.01\n`
  expect(await cray('images', 'list', option, '0')).toMatchObject({ exit: 2, stdout: '', stderr: expect.stringContaining(wrong) })
  const variable = { [`CRAY_IMS_${option.slice(2).replace('-', '_').toUpperCase()}`]: '0' }
  expect(await run(['images', 'list'], { cwd: home.path, env: { ...env(), ...variable } })).toMatchObject({
    exit: 2,
    stderr: expect.stringContaining(wrong),
  })
  expect(asked).toBe(0)
})
