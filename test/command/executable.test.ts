import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeCa, makeServerCertificate, selfSigned } from '../support/certificates.ts'
import { pathWithoutNode, skip } from '../support/executable.ts'
import { startProgram } from '../support/live-program.ts'
import { idOf, seedOf } from '../support/job-seed.ts'
import { startMock } from '../support/mock.ts'
import { namespaces } from '../support/mock-shells.ts'
import { executable, run } from '../support/program.ts'
import { sampledCount } from '../support/sampled.ts'
import { makeKey } from '../support/sshd.ts'

const top = dirname(dirname(executable))
const read = (path: string) => readFileSync(join(top, path), 'utf8')

describe.skipIf(skip)('the single executable, without Node', () => {
  let folder: string
  let env: Record<string, string>
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'executable-'))
    env = { PATH: pathWithoutNode(folder), HOME: folder }
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  const given = (...argv: string[]) => run(argv, { cwd: folder, env, command: [executable] })

  test('there is no Node', () => {
    expect(spawnSync('/bin/sh', ['-c', 'command -v node || echo none'], { env, encoding: 'utf8' }).stdout).toBe('none\n')
  })

  test('says its version, in an empty environment too', async () => {
    const { version } = JSON.parse(read('package.json')) as { version: string }
    const said = { exit: 0, stdout: `cray-ims ${version}\n`, stderr: '' }
    expect(await given('--version')).toEqual(said)
    expect(await run(['--version'], { cwd: '/', env: {}, command: [executable] })).toEqual(said)
  })

  describe("what is meant for the user's own Node or Bun, or for OpenSSL, has no effect on it", () => {
    const own = (name: string) => join(folder, name)
    const variables: readonly (readonly [name: string, value: () => string])[] = [
      ['NODE_OPTIONS', () => '--require ./none.js --no-such-option'],
      ['NODE_PATH', () => folder],
      ['NODE_DEBUG', () => '*'],
      ['NODE_DEBUG_NATIVE', () => '*'],
      ['NODE_PENDING_DEPRECATION', () => '1'],
      ['NODE_REDIRECT_WARNINGS', () => own('warnings')],
      ['NODE_REPL_EXTERNAL_MODULE', () => own('none.js')],
      ['NODE_USE_SYSTEM_CA', () => '1'],
      ['NODE_USE_ENV_PROXY', () => '1'],
      ['NODE_ICU_DATA', () => '/nowhere'],
      ['NODE_UNIQUE_ID', () => '1'],
      ['NODE_TEST_CONTEXT', () => 'child-v8'],
      ['NODE_TLS_REJECT_UNAUTHORIZED', () => '0'],
      ['NODE_COMPILE_CACHE', () => own('compiled')],
      ['WATCH_REPORT_DEPENDENCIES', () => '1'],
      ['OPENSSL_CONF', () => own('openssl.cnf')],
      ['OPENSSL_MODULES', () => folder],
      ['OPENSSL_ENGINES', () => folder],
      ['SSL_CERT_DIR', () => '/nowhere'],
      ['BUN_BE_BUN', () => '1'],
      ['BUN_OPTIONS', () => '--version'],
      ['BUN_INSPECT', () => '127.0.0.1:0'],
      ['BUN_CONFIG_VERBOSE_FETCH', () => 'curl'],
    ]
    // It would be loaded, and can't be.
    beforeAll(() =>
      writeFileSync(
        own('openssl.cnf'),
        'nodejs_conf = a\nopenssl_conf = a\n[a]\nproviders = b\n[b]\nc = d\n[d]\nmodule = /nowhere\nactivate = 1\n[broken\n',
      ),
    )

    const all = () => Object.fromEntries(variables.map(([name, value]) => [name, value()]))
    const alone = [
      'NODE_DEBUG',
      'NODE_UNIQUE_ID',
      'NODE_USE_SYSTEM_CA',
      'NODE_REPL_EXTERNAL_MODULE',
      'OPENSSL_CONF',
      'BUN_BE_BUN',
      'BUN_OPTIONS',
    ]
    test.each([...alone, 'all at once'])('%s', async (name) => {
      const set = all()
      const asked = await run(['mock', '--tls', '--', executable, 'recipes', 'list', '--query', 'length(@)'], {
        cwd: folder,
        env: { ...env, ...(name in set ? { [name]: set[name]! } : set) },
        command: [executable],
      })
      expect(asked).toEqual({ exit: 0, stdout: '4\n', stderr: '' })
      expect(existsSync(own('warnings'))).toBe(false)
    })

    test('though programs that it starts get them', async () => {
      const { NODE_UNIQUE_ID: _, ...handedOn } = all()
      const outcome = await run(['mock', '--', 'env'], { cwd: folder, env: { ...env, ...all() }, command: [executable] })
      expect(outcome).toMatchObject({ exit: 0, stderr: '' })
      const lines = outcome.stdout.split('\n')
      for (const [name, value] of Object.entries(handedOn)) expect(lines).toContain(`${name}=${value}`)
      expect(lines.filter((line) => /CRAY_IMS_(?!CA_FILE)/.test(line))).toEqual([])
    })

    test('a server is verified all the same, and NODE_EXTRA_CA_CERTS is what we say it is', async () => {
      const mock = await startMock(['--tls'], env, [executable])
      try {
        const unverified = { ...env, CRAY_CONFIG_DIR: own('verified'), NODE_TLS_REJECT_UNAUTHORIZED: '0' }
        mkdirSync(own('verified/.config/cray/configurations'), { recursive: true })
        writeFileSync(own('verified/.config/cray/configurations/default'), `[core]\nhostname = "${mock.hostname}"\n`)
        const images = (more: Record<string, string>) =>
          run(['images', 'list', '--query', 'length(@)'], { cwd: folder, env: { ...unverified, ...more }, command: [executable] })
        expect(await images({})).toMatchObject({ exit: 2, stdout: '', stderr: expect.stringContaining('not trusted') })
        expect(await images({ NODE_EXTRA_CA_CERTS: mock.caFile! })).toEqual({ exit: 0, stdout: '2\n', stderr: '' })
        const { stderr } = await images({ NODE_EXTRA_CA_CERTS: '/nowhere' })
        expect(stderr).toContain('Warning: NODE_EXTRA_CA_CERTS: /nowhere: missing')
        expect(stderr).not.toContain('extra certs')
      } finally {
        await mock.stop()
      }
    })
  })

  test('ends each time when it has listed 10,000 records', { timeout: 600_000 }, async () => {
    const image = (number: number) => ({
      id: `d88521c3-b339-43bc-afda-${String(number).padStart(12, '0')}`,
      name: `compute-${number}`,
      link: { path: `s3://boot-images/${number}/manifest.json`, etag: 'f04af5f34635ae7c507322985e60c00c', type: 's3' },
      metadata: Object.fromEntries(Array.from({ length: 12 }, (_, at) => [`note-${at}`, `value ${at} of image ${number}`])),
    })
    const many = Buffer.from(JSON.stringify(Array.from({ length: 10_000 }, (_, number) => image(number))))
    const home = join(folder, 'listing')
    mkdirSync(join(home, '.config/cray/configurations'), { recursive: true })
    const certificate = await selfSigned(home)
    const server = createServer(certificate, (_, response) => response.setHeader('Content-Type', 'application/json').end(many))
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
    try {
      const { port } = server.address() as AddressInfo
      writeFileSync(join(home, '.config/cray/configurations/default'), `[core]\nhostname = "https://127.0.0.1:${port}"\n`)
      // Each is killed where it takes a minute: one that hung took no signal but that.
      const list = () =>
        run(['images', 'list', '--format', 'yaml'], {
          cwd: folder,
          env: { ...env, CRAY_CONFIG_DIR: home, CRAY_IMS_CA_FILE: certificate.file },
          command: [executable],
        })
      const first = await list()
      expect(first).toMatchObject({ exit: 0, stderr: '' })
      expect(first.stdout.split('\n').length).toBeGreaterThan(100_000)
      for (let rounds = sampledCount(33, 8); rounds > 0; rounds--) {
        for (const outcome of await Promise.all([list(), list(), list()])) {
          expect({ exit: outcome.exit, stderr: outcome.stderr, whole: outcome.stdout === first.stdout }).toEqual({
            exit: 0,
            stderr: '',
            whole: true,
          })
        }
      }
    } finally {
      server.closeAllConnections()
      server.close()
    }
  })

  test.skipIf(!namespaces)('holds little of what goes through a shell', { timeout: 300_000 }, async () => {
    const { path, publicKey } = makeKey(join(folder, 'id'))
    const seed = join(folder, 'waiting.json')
    const id = idOf('cccccccc')
    writeFileSync(seed, JSON.stringify(seedOf([{ id, ends: 'fails', debug: true, status: 'waiting_on_user' }], publicKey)))
    // What it held at most stands in the last status before it ended.
    const watched = '"$0" "$@" >/dev/null & while grep VmHWM /proc/$!/status >now; do mv now most; sleep 0.02; done; wait $!'
    const shell = ['jobs', 'debug', id, '--identity', path, '--', 'head -c 512M /dev/zero']
    const outcome = await given('mock', '--seed', seed, '--', 'sh', '-c', watched, executable, ...shell)
    expect(outcome).toMatchObject({ exit: 0, stdout: '' })
    const [, kibibytes] = /(\d+) kB/.exec(readFileSync(join(folder, 'most'), 'utf8'))!
    expect(Number(kibibytes)).toBeLessThan(150 * 1024)
  })

  test('files in the folder that it is called in have no effect on it', async () => {
    const here = join(folder, 'here')
    mkdirSync(here)
    writeFileSync(join(here, '.env'), 'CRAY_IMS_DEBUG=1\nCRAY_CONFIG_DIR=/elsewhere\n')
    writeFileSync(join(here, 'bunfig.toml'), 'preload = ["./preload.js"]\n')
    writeFileSync(join(here, 'preload.js'), 'console.log("preloaded")\n')
    const { stdout, stderr } = await run(['images', 'list'], { cwd: here, env, command: [executable] })
    expect(stdout).toBe('')
    expect(stderr).toContain(`${folder}/.config/cray/configurations/default is missing`)
    expect(stderr).not.toMatch(/^ {4}at /m)
  })

  test('refuses a server whose certificate is signed with SHA-1, having sent nothing', async () => {
    const home = join(folder, 'forgeable')
    mkdirSync(join(home, '.config/cray/configurations'), { recursive: true })
    const ca = await makeCa('forgeable')
    writeFileSync(join(home, 'ca.pem'), ca.cert)
    const { cert, key } = await makeServerCertificate({ ca, algorithm: 'sha1' })
    let requests = 0
    const server = createServer({ cert, key, ciphers: 'DEFAULT@SECLEVEL=0' }, (_, response) => void (requests++, response.end('[]')))
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
    try {
      const { port } = server.address() as AddressInfo
      writeFileSync(join(home, '.config/cray/configurations/default'), `[core]\nhostname = "https://127.0.0.1:${port}"\n`)
      const own = { ...env, CRAY_CONFIG_DIR: home, CRAY_IMS_CA_FILE: join(home, 'ca.pem'), CRAY_IMS_RETRIES: '0' }
      // With one request, and by what holds connections.
      for (const argv of [
        ['images', 'list'],
        ['images', 'describe', 'a', 'b'],
      ]) {
        const outcome = await run(argv, { cwd: folder, env: own, command: [executable] })
        expect(outcome).toMatchObject({ exit: 2, stdout: '', stderr: expect.stringContaining('signed with SHA-1') })
      }
      expect(requests).toBe(0)
    } finally {
      server.closeAllConnections()
      server.close()
    }
  })

  test("takes no option of Node's", async () => {
    expect(await given('--eval', 'console.log(1)')).toMatchObject({ exit: 2, stdout: '' })
  })

  test.each([
    ['bash', 'cray-ims.bash'],
    ['zsh', '_cray-ims'],
    ['fish', 'cray-ims.fish'],
  ])('has the completions of %s', async (shell, file) => {
    expect(await given('completion', shell)).toEqual({ exit: 0, stdout: read(`completions/${file}`), stderr: '' })
  })

  test('is a mock, and asks it over TLS', async () => {
    const asked = await given(
      'mock',
      '--tls',
      '--',
      'sh',
      '-c',
      '"$0" recipes list --query "length(@)"; "$0" images describe none; exit 7',
      executable,
    )
    expect(asked).toMatchObject({ exit: 7, stdout: '4\n' })
    expect(asked.stderr).toContain('Error: no image matches "none"\n')
  })

  test('through a proxy, where undici is what asks', async () => {
    const asked = await run(['images', 'list'], {
      cwd: folder,
      env: { ...env, HTTPS_PROXY: 'http://127.0.0.1:1', CRAY_IMS_RETRIES: '0', CRAY_CONFIG_DIR: await configured() },
      command: [executable],
    })
    expect(asked).toMatchObject({ exit: 2, stdout: '' })
    expect(asked.stderr).toContain('127.0.0.1:1')
  })

  async function configured(): Promise<string> {
    expect(await given('init', '--no-auth', '--hostname', 'h.invalid')).toMatchObject({ exit: 0 })
    return folder
  }

  test.each([
    ['SIGTERM', 0],
    ['SIGHUP', 0],
    ['SIGINT', 0],
  ] as const)('%s ends the mock, which takes its folder along', async (signal, exit) => {
    const mock = startProgram(['mock'], { cwd: folder, env, command: [executable] })
    await mock.says('\n')
    mock.kill(signal)
    const outcome = await mock.ended
    expect(outcome).toMatchObject({ exit, stderr: '' })
    expect(existsSync((JSON.parse(outcome.stdout) as { configDir: string }).configDir)).toBe(false)
  })

  test('an error says where in the program it happened when asked to', async () => {
    const asked = await run(['images', 'list'], {
      cwd: folder,
      env: { ...env, CRAY_CONFIG_DIR: '/nowhere', CRAY_IMS_DEBUG: '1' },
      command: [executable],
    })
    expect(asked.exit).toBe(2)
    expect(asked.stderr).toMatch(/^ {4}at .*cray-ims[\w-]*\.js:\d+:\d+/m)
  })

  test('what is packaged has its sums', async () => {
    const outcome = await run(['--check', '--strict', 'SHA256SUMS'], { cwd: dirname(executable), env, command: ['sha256sum'] })
    expect(outcome).toMatchObject({ exit: 0, stderr: '' })
    expect(outcome.stdout).toContain(`${basename(executable)}: OK`)
    expect(outcome.stdout).toMatch(/^cray-ims-.*\.tgz: OK$/m)
  })

  // Where another kind of machine's programs can run.
  const emulator = ['qemu-aarch64', '-L', '/usr/aarch64-linux-gnu', executable.replace(/\w+$/, 'arm64')]
  const emulated = spawnSync(emulator[0]!, ['--version']).status === 0 && existsSync(emulator[2]!)
  test.skipIf(!emulated && !process.env.CI)('the one for arm64 asks a mock over TLS', async () => {
    const mock = await startMock(['--tls'], env, [executable])
    try {
      const at = { cwd: folder, env: { ...env, CRAY_CONFIG_DIR: mock.configDir }, command: emulator }
      expect(await run(['recipes', 'list', '--query', 'length(@)'], at)).toEqual({ exit: 0, stdout: '4\n', stderr: '' })
      expect(await run(['images', 'describe', 'none'], at)).toMatchObject({ exit: 2, stdout: '' })
    } finally {
      await mock.stop()
    }
  })

  test('the bill of materials has the runtimes and what is bundled, each with its licence', () => {
    const { bomFormat, metadata, components } = JSON.parse(read('package/sbom.json')) as {
      bomFormat: string
      metadata: { component: { purl: string } }
      components: { purl: string; licenses?: object[] }[]
    }
    expect(bomFormat).toBe('CycloneDX')
    expect(metadata.component.purl).toMatch(/^pkg:npm\/cray-ims@\d/)
    const found = components.map(({ purl }) => purl.replace(/@[^@]*$/, ''))
    expect(found).toEqual(
      expect.arrayContaining(['commander', 'undici', '%40aws-sdk/client-s3', '%40oven/bun-linux-x64'].map((name) => `pkg:npm/${name}`)),
    )
    const whole = components.map(({ purl }) => purl)
    expect(new Set(whole).size).toBe(whole.length)
    expect(components.filter(({ licenses }) => !licenses).map(({ purl }) => purl)).toEqual([])
  })

  test('has the licences of its runtime and of what is bundled', () => {
    const text = read('package/LICENCES.txt')
    for (const name of ['MIT License', 'GNU LIBRARY GENERAL PUBLIC LICENSE', 'JavaScriptCore', 'commander 14']) expect(text).toContain(name)
  })
})
