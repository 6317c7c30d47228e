import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import ssh2, { type Client, type ClientChannel } from 'ssh2'
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest'
import { createMock, type Ending, type Job, type Mock, type Seed } from '../../src/mock/library.ts'
import { createDoors } from '../../src/mock/ssh/doors.ts'
import { createShells, type ShellsOptions } from '../../src/mock/ssh/shells.ts'
import { ask, testClock } from './mock-time.ts'
import { makeKey } from './sshd.ts'

const missing = spawnSync('ssh', ['-V']).error !== undefined
if (missing) console.warn('There is no ssh in PATH (Debian: openssh-client): its tests are skipped.')
/** Whether tests of shells are skipped. In CI there has to be an ssh. */
export const skip = missing && !process.env.CI

/** Whether shells can be real ones here. */
export const namespaces = spawnSync('unshare', ['--user', '--map-root-user', '--mount', '--pid', '--fork', 'true']).status === 0
if (!namespaces) console.warn('Namespaces of Linux are not allowed here: only what stands in for shells is tested.')

export const ids = {
  recipe: '10000000-0000-4000-8000-000000000001',
  image: '20000000-0000-4000-8000-000000000001',
  key: '30000000-0000-4000-8000-000000000001',
}
const link = (path: string) => ({ path: `s3://ims/${path}`, type: 's3' })

export interface Shown {
  port: number
}

/** A mock with one job. */
export interface ShellSite extends Shown {
  mock: Mock
  job: Job
  /** Moves time on until the job waits. */
  wait(): void
  closeAll(): Promise<void>
}

export interface ShellSiteOptions extends ShellsOptions {
  kind?: 'create' | 'customize' | 'jailed'
  key?: string
  builds?: Ending
  seed?: Seed
  sshDelay?: number
}

export interface Outcome {
  exit: number | string
  stdout: string
  stderr: string
}

/** Mocks with shells for the tests of a file, keys to get in, and a temporary folder for each test, of which nothing may be left. */
export function mockShells() {
  let keys: string
  let folder: string
  let temporary: string | undefined
  const open: (() => unknown)[] = []

  beforeAll(() => {
    keys = mkdtempSync(join(tmpdir(), 'mock-ssh-keys-'))
    if (!missing) for (const type of ['ed25519', 'ecdsa', 'rsa'] as const) makeKey(join(keys, type), { type })
  })
  afterAll(() => rmSync(keys, { recursive: true }))
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'mock-ssh-'))
    temporary = process.env.TMPDIR
    process.env.TMPDIR = folder
  })
  afterEach(async () => {
    for (const close of open.splice(0).reverse()) await close()
    if (temporary === undefined) delete process.env.TMPDIR
    else process.env.TMPDIR = temporary
    // Nothing is left of any test: no folder.
    const left = readdirSync(folder).filter((name) => name.startsWith('cray-ims-'))
    rmSync(folder, { recursive: true, force: true })
    expect(left).toEqual([])
  })

  const publicKey = (type: string) => readFileSync(join(keys, `${type}.pub`), 'utf8').trim()

  async function site({
    kind = 'customize',
    key = 'ed25519',
    builds = kind === 'create' ? 'fails' : 'succeeds',
    seed,
    sshDelay,
    ...options
  }: ShellSiteOptions = {}): Promise<ShellSite> {
    const clock = testClock()
    const doors = createDoors()
    const recipe = { name: 'r', recipe_type: 'kiwi-ng', linux_distribution: 'sles15' }
    const mock = createMock({
      clock,
      holdPort: doors.hold,
      seed: seed ?? {
        public_keys: [{ id: ids.key, name: 'k', public_key: publicKey(key) }],
        recipes: [{ id: ids.recipe, ...recipe, link: link('r'), mock: { builds, sshDelay } }],
        images: [{ id: ids.image, name: 'i', link: link('i'), arch: 'aarch64', mock: { builds, sshDelay } }],
      },
    })
    const shells = await createShells(mock, doors, options)
    const closeAll = async () => {
      await shells.close()
      await doors.close()
      mock.close()
    }
    open.push(closeAll)
    const asked = { public_key_id: ids.key, image_root_archive_name: 'result', enable_debug: true }
    if (!seed) {
      const own = kind === 'create' ? { job_type: 'create', artifact_id: ids.recipe } : { job_type: 'customize', artifact_id: ids.image }
      const containers = kind === 'jailed' && { ssh_containers: [{ name: 'cfs', jail: true }] }
      await ask(mock, 'POST', '/v3/jobs', { ...asked, ...own, ...containers })
    }
    const job = [...mock.state.jobs.values()][0]!
    const { port } = job.ssh_containers![0]!.connection_info.customer_access!
    return {
      mock,
      job,
      port,
      closeAll,
      wait() {
        clock.pass(1000)
        mock.jobs.advance()
        expect(job.status).toBe('waiting_on_user')
      },
    }
  }

  /** A site whose shell answers. */
  async function ready(asked?: ShellSiteOptions): Promise<ShellSite> {
    const made = await site(asked)
    made.wait()
    await until(() => answers(made.port))
    return made
  }

  const settings = (key: string) => [
    '-F',
    '/dev/null',
    '-i',
    join(keys, key),
    ...[
      'IdentitiesOnly=yes',
      'IdentityAgent=none',
      'BatchMode=yes',
      'StrictHostKeyChecking=no',
      'UserKnownHostsFile=/dev/null',
      'LogLevel=ERROR',
    ].flatMap((one) => ['-o', one]),
  ]

  const ssh = (
    { port }: Shown,
    command: string[],
    { key = 'ed25519', user = 'root', options = [] as string[], stdin = '' as string | Buffer } = {},
  ) => program('ssh', [...settings(key), '-p', String(port), ...options, `${user}@127.0.0.1`, ...command], stdin)

  const said = async (to: Shown, command: string): Promise<string> => {
    const { exit, stdout, stderr } = await ssh(to, [command])
    expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' })
    return stdout
  }

  function clientOf({ port }: Shown, key = 'ed25519'): Promise<Client> {
    const client = new ssh2.Client()
    open.push(() => client.destroy())
    return new Promise((done, fail) => {
      client.on('ready', () => done(client)).on('error', fail)
      client.connect({ host: '127.0.0.1', port, username: 'root', privateKey: readFileSync(join(keys, key)), hostVerifier: () => true })
    })
  }

  return {
    /** A key's file by its type; the public one has `.pub` behind it. */
    key: (type: string) => join(keys, type),
    folder: () => folder,
    /** Closed after the test. */
    closing: (close: () => unknown) => void open.push(close),
    publicKey,
    site,
    ready,
    settings,
    ssh,
    said,
    clientOf,
  }
}

export async function until(true_: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await true_())) await new Promise((next) => setTimeout(next, 10))
}

/** Whether a server shows its banner; it is left at once. */
export function answers(port: number): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('data', (data) => (socket.destroy(), done(String(data).startsWith('SSH-2.0-'))))
    socket.on('error', () => {})
    socket.once('close', () => done(false))
  })
}

export const listens = (port: number): Promise<boolean> =>
  new Promise((done) => {
    const socket = connect(port, '127.0.0.1', () => (socket.destroy(), done(true)))
    socket.once('error', () => done(false))
  })

/** Runs a program to its end; bytes of stdout are characters. */
export function program(file: string, args: readonly string[], stdin: string | Buffer = ''): Promise<Outcome> {
  const child = spawn(file, args)
  const texts = { stdout: '', stderr: '' }
  child.stdout.setEncoding('latin1').on('data', (text) => (texts.stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text) => (texts.stderr += text))
  child.stdin.on('error', () => {})
  child.stdin.end(stdin)
  return new Promise((done, fail) => {
    child.on('error', fail)
    child.on('close', (code, signal) => done({ exit: code ?? signal!, ...texts }))
  })
}

export const started = (start: (done: (error: Error | undefined, channel: ClientChannel) => void) => void): Promise<ClientChannel> =>
  new Promise((done, fail) => start((error, channel) => (error ? fail(error) : done(channel))))

/** Collects what a channel says, and waits for texts in it. */
export function listenTo(channel: ClientChannel) {
  let text = ''
  let exit: unknown
  channel.on('data', (chunk: Buffer) => (text += chunk)).on('exit', (...how: unknown[]) => (exit = how[0] ?? how[1]))
  const closed = new Promise<unknown>((done) => channel.on('close', () => done(exit)))
  return {
    closed,
    hears: (part: string | RegExp) => until(() => (typeof part === 'string' ? text.includes(part) : part.test(text))),
    text: () => text,
  }
}
