import {
  chmodSync,
  existsSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { get } from 'node:http'
import { connect } from 'node:net'
import { constants, tmpdir } from 'node:os'
import { join } from 'node:path'
import { execPath, pid } from 'node:process'
import { Readable } from 'node:stream'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { run } from '../../src/commands/mock.ts'
import { CliError } from '../../src/errors.ts'
import type { Io, Output } from '../../src/terminal/io.ts'

let folder: string
let temporary: string | undefined
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mock-test-'))
  temporary = process.env.TMPDIR
  process.env.TMPDIR = folder
})
afterEach(() => {
  if (temporary === undefined) delete process.env.TMPDIR
  else process.env.TMPDIR = temporary
  rmSync(folder, { recursive: true, force: true })
})

const made = () => readdirSync(folder).filter((name) => name.startsWith('cray-ims-mock-'))

function testIo(env: Record<string, string> = {}) {
  const asked = new AbortController()
  let said = (_: string) => {}
  const printed = new Promise<string>((done) => (said = done))
  const output = { isTTY: false, columns: 80, write: async (text: string) => said(text) } as unknown as Output
  const io: Io = {
    env: { PATH: process.env.PATH, ...env },
    cwd: folder,
    program: '/cray-ims',
    stdin: Readable.from([]),
    stdout: output,
    stderr: output,
    now: Date.now,
    monotonic: () => performance.now(),
    sleep: () => Promise.resolve(),
    interrupted: asked.signal,
    nextInterruption: () => new AbortController().signal,
  }
  const end = (name: 'SIGHUP' | 'SIGINT' | 'SIGTERM') => asked.abort(new CliError(name, { exit: 128 + constants.signals[name] }))
  return { context: { io }, printed, end }
}

/** Asks a mock that has said where it is, with its token. */
function fetched({ url, tokenFile }: { url: string; tokenFile: string }, path: string): Promise<unknown> {
  const headers = { Authorization: `Bearer ${readFileSync(tokenFile, 'utf8').trim()}` }
  return new Promise((done, fail) => {
    get(url + path, { agent: false, headers }, async (response) => {
      let text = ''
      for await (const chunk of response) text += chunk
      done(JSON.parse(text))
    }).on('error', fail)
  })
}

/** Connects. */
const reached = (url: string): Promise<unknown> =>
  new Promise((done, fail) => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1', () => (socket.destroy(), done(undefined)))
    socket.on('error', fail)
  })

const node = (script: string) => ({ command: [execPath, '-e', script] })

describe('mock', () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('says where it is, and ends on %s with 0, leaving nothing', async (signal) => {
    const { context, printed, end } = testIo()
    const running = run(context, {}, {})
    const ready = JSON.parse(await printed)
    const inside = (name: string) => join(folder, made()[0]!, name)
    expect(ready).toEqual({
      url: expect.stringMatching(/^http:/),
      configDir: join(folder, made()[0]!),
      caFile: null,
      kubeconfig: inside('kubeconfig'),
      tokenFile: inside('token'),
      curlConfig: inside('curl.conf'),
      pid,
    })
    const token = readFileSync(ready.tokenFile, 'utf8').trim()
    expect(token).toMatch(/^[0-9a-f]{64}$/)
    const withToken = ready.url.replace('//', `//mock:${token}@`)
    expect(readFileSync(ready.kubeconfig, 'utf8')).toContain(`server: "${withToken}"`)
    expect(await fetched(ready, '/api/v1/namespaces/ims/pods')).toMatchObject({ kind: 'PodList', items: [] })
    expect(readFileSync(inside('.config/cray/configurations/default'), 'utf8')).toBe(`[core]\nhostname = "${withToken}"\n`)
    expect(await fetched(ready, '/apis/ims/v3/recipes')).toHaveLength(4)
    end(signal)
    expect(await running).toBe(0)
    expect(made()).toEqual([])
    await expect(reached(ready.url)).rejects.toThrow()
  })

  it('writes the same to a file when it is told to, and takes that away again', async () => {
    const { context, end } = testIo()
    const running = run(context, { tls: true, ready_file: 'ready' }, {})
    while (!existsSync(join(folder, 'ready'))) await new Promise((next) => setTimeout(next, 5))
    const ready = JSON.parse(readFileSync(join(folder, 'ready'), 'utf8'))
    expect(ready.url).toMatch(/^https:/)
    expect(ready.caFile).toBe(join(ready.configDir, 'ca.pem'))
    const file = join(ready.configDir, '.config/cray/configurations/default')
    expect(readFileSync(file, 'utf8')).toBe(
      `[core]\nhostname = "${ready.url}"\nca_file = "${ready.caFile}"\n\n[auth.login]\nusername = "mock"\n`,
    )
    const token = readFileSync(ready.tokenFile, 'utf8').trim()
    const tokens = join(ready.configDir, '.config/cray/tokens')
    expect(readdirSync(tokens)).toEqual([`${new URL(ready.url).host.replaceAll('.', '_')}.mock`])
    expect(JSON.parse(readFileSync(join(tokens, readdirSync(tokens)[0]!), 'utf8'))).toEqual({ access_token: token, token_type: 'Bearer' })
    expect(readFileSync(ready.kubeconfig, 'utf8')).toMatch(
      new RegExp(`server: "${ready.url}"\n.*certificate-authority: "${ready.caFile}"\n[^]*token: "${token}"`),
    )
    // Nobody else may look, whatever the umask.
    const all = readdirSync(folder, { recursive: true, withFileTypes: true }).map((entry) => join(entry.parentPath, entry.name))
    for (const path of all)
      expect(`${path} ${(statSync(path).mode & 0o777).toString(8)}`).toBe(`${path} ${statSync(path).isDirectory() ? 700 : 600}`)
    // The token is where it is needed, and only there: the file that says where it is can be anywhere.
    expect(readFileSync(join(folder, 'ready'), 'utf8')).not.toContain(token)
    end('SIGTERM')
    expect(await running).toBe(0)
    expect(readdirSync(folder)).toEqual([])
  })

  it.runIf(process.getuid?.() === 0)('writes it for its user alone, and not through what others have put there', async () => {
    writeFileSync(join(folder, 'ready'), '', { mode: 0o666 })
    const { context, end } = testIo()
    const running = run(context, { ready_file: 'ready' }, {})
    while (readFileSync(join(folder, 'ready'), 'utf8') === '') await new Promise((next) => setTimeout(next, 5))
    expect(lstatSync(join(folder, 'ready')).mode & 0o777).toBe(0o600)
    end('SIGTERM')
    expect(await running).toBe(0)

    const shared = join(folder, 'shared')
    mkdirSync(shared)
    chmodSync(shared, 0o1777)
    writeFileSync(join(folder, 'theirs'), 'of another')
    symlinkSync(join(folder, 'theirs'), join(shared, 'ready'))
    await expect(run(testIo().context, { ready_file: join(shared, 'ready') }, {})).rejects.toThrow(
      'it is a symbolic link in a folder that others can write',
    )
    expect([readdirSync(folder).sort(), readFileSync(join(folder, 'theirs'), 'utf8')]).toEqual([['shared', 'theirs'], 'of another'])
  })

  it('keeps its records in a file, and goes on from there', async () => {
    const image = { id: '20000000-0000-4000-8000-000000000001', name: 'kept' }
    writeFileSync(join(folder, 'seed.json'), JSON.stringify({ images: [image] }))
    const remove = ({ url, tokenFile }: { url: string; tokenFile: string }) =>
      `require('node:http').request('${url}/apis/ims/v3/images/${image.id}', { method: 'DELETE', auth: 'mock:${readFileSync(tokenFile, 'utf8').trim()}' }, (r) => r.resume()).end()`
    const first = testIo()
    const running = run(first.context, { state: 'state.json', seed: 'seed.json' }, {})
    const ready = JSON.parse(await first.printed)
    expect(JSON.parse(readFileSync(join(folder, 'state.json'), 'utf8')).images).toMatchObject([image])
    expect(await run(testIo().context, {}, node(remove(ready)))).toBe(0)
    first.end('SIGTERM')
    await running
    expect(JSON.parse(readFileSync(join(folder, 'state.json'), 'utf8'))).toMatchObject({ images: [], deleted_images: [image] })

    const second = testIo()
    const again = run(second.context, { state: 'state.json', seed: 'seed.json' }, {})
    expect(await fetched(JSON.parse(await second.printed), '/apis/ims/v3/images')).toEqual([])
    second.end('SIGTERM')
    await again
  })

  it.runIf(process.getuid?.() === 0)('takes no records that another user has put where anybody may', async () => {
    const shared = join(folder, 'shared')
    mkdirSync(shared)
    chmodSync(shared, 0o1777)
    writeFileSync(join(shared, 'state.json'), '{}')
    symlinkSync(join(folder, 'precious'), join(shared, 'link.json'))
    for (const name of ['state.json', 'link.json']) lchownSync(join(shared, name), 65_534, 65_534)
    for (const name of ['state.json', 'link.json']) {
      await expect(run(testIo().context, { state: join(shared, name) }, node('process.exit(9)'))).rejects.toThrow(
        'in a folder that others can write',
      )
    }
    // In a folder of one's own it is what root was told to take.
    chmodSync(shared, 0o755)
    expect(await run(testIo().context, { state: join(shared, 'state.json') }, node('process.exit(9)'))).toBe(9)
    expect(readdirSync(folder)).toEqual(['shared'])
  })

  it('has shells where the records of jobs say', async () => {
    const { context, printed, end } = testIo()
    const job = {
      artifact_id: '20000000-0000-4000-8000-000000000001',
      public_key_id: '20000000-0000-4000-8000-000000000002',
      job_type: 'customize',
      image_root_archive_name: 'i',
      status: 'waiting_on_user',
    }
    writeFileSync(join(folder, 'seed.json'), JSON.stringify({ jobs: [job] }))
    const running = run(context, { seed: 'seed.json' }, {})
    const [
      {
        ssh_containers: [{ connection_info }],
      },
    ] = (await fetched(JSON.parse(await printed), '/apis/ims/v3/jobs')) as [{ ssh_containers: [{ connection_info: object }] }]
    const { host, port } = Object.values(connection_info)[0]
    const banner = async (): Promise<string> => {
      let text = ''
      for await (const chunk of connect(port, host)) if ((text += chunk).includes('\n')) break
      return text || banner()
    }
    expect(await banner()).toMatch(/^SSH-2\.0-/)
    expect(readdirSync(folder).some((name) => name.startsWith('cray-ims-shell-'))).toBe(true)
    end('SIGTERM')
    expect(await running).toBe(0)
    expect(readdirSync(folder)).toEqual(['seed.json'])
    await expect(banner()).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  })

  it.each([
    [{ speed: 'fast' }, "Invalid value for '--speed'"],
    [{ speed: '0' }, "Invalid value for '--speed'"],
    [{ fault: ['GET jobs'] }, "Invalid value for '--fault'"],
  ])('refuses %j before it starts', async (options, message) => {
    await expect(run(testIo().context, options, node('process.exit(9)'))).rejects.toMatchObject({
      message: expect.stringContaining(message),
      usage: true,
      exit: 2,
    })
    expect(readdirSync(folder)).toEqual([])
  })

  it('refuses a seed that it can’t read', async () => {
    await expect(run(testIo().context, { seed: 'none.json' }, {})).rejects.toThrow(`Can't read the records in ${join(folder, 'none.json')}`)
  })
})

describe('mock -- COMMAND', () => {
  const sees = (env: Record<string, string>, options: object, names: string[]) =>
    run(
      testIo(env).context,
      options,
      node(`require('node:fs').writeFileSync('seen', JSON.stringify([${names.map((name) => `process.env.${name}`)}]))`),
    ).then((code) => [code, ...JSON.parse(readFileSync(join(folder, 'seen'), 'utf8'))])

  it('runs it configured for the mock, and ends with its exit code', async () => {
    expect(await run(testIo().context, {}, node('process.exit(7)'))).toBe(7)
    const env = { CRAY_CONFIG: 'other', CRAY_CREDENTIALS: 'x', CRAY_FORMAT: 'json', NO_PROXY: 'example.com' }
    const names = ['CRAY_CONFIG_DIR', 'KUBECONFIG', 'CRAY_IMS_CA_FILE', 'CRAY_CONFIG', 'CRAY_CREDENTIALS', 'CRAY_FORMAT', 'NO_PROXY']
    const inside = expect.stringContaining(join(folder, 'cray-ims-mock-'))
    expect(await sees(env, {}, names)).toEqual([0, inside, inside, null, null, null, 'json', 'example.com,127.0.0.1,localhost'])
    expect(await sees(env, { tls: true }, names)).toEqual([
      0,
      inside,
      inside,
      inside,
      null,
      null,
      'json',
      'example.com,127.0.0.1,localhost',
    ])
    expect(made()).toEqual([])
  })

  it('ends with 128 and the number of the signal that ended it', async () => {
    expect(await run(testIo().context, {}, node("process.kill(process.pid, 'SIGKILL')"))).toBe(137)
    expect(made()).toEqual([])
  })

  it.each([
    ['SIGINT', 33],
    ['SIGTERM', 44],
    ['SIGHUP', 55],
  ] as const)('hands %s on, and waits for what it does', async (signal, code) => {
    const { context, end } = testIo()
    const running = run(
      context,
      {},
      node(`
        process.on('SIGINT', () => process.exit(33))
        process.on('SIGTERM', () => process.exit(44))
        process.on('SIGHUP', () => process.exit(55))
        require('node:fs').writeFileSync('started', '')
        setInterval(() => {}, 1000)`),
    )
    while (!existsSync(join(folder, 'started'))) await new Promise((next) => setTimeout(next, 5))
    end(signal)
    expect(await running).toBe(code)
    expect(made()).toEqual([])
  })

  it('says that there is no such command', async () => {
    await expect(run(testIo().context, {}, { command: ['no-such-command-here'] })).rejects.toMatchObject({
      message: "Can't run no-such-command-here: there is no such command",
      exit: 127,
    })
    expect(made()).toEqual([])
  })
})
