import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { atImageSite, yamlOf } from '../support/image-site.ts'
import { startProgram } from '../support/live-program.ts'
import { startMock, type RunningMock } from '../support/mock.ts'
import { program, run } from '../support/program.ts'
import { makeKey, temporaryFolder } from '../support/sshd.ts'

let mock: RunningMock
let folder: { path: string; remove(): void }
let env: Record<string, string>
let token: string
let publicKey: string

beforeAll(async () => {
  mock = await startMock(['--tls'])
  const home = temporaryFolder()
  const at = { PATH: process.env.PATH!, HOME: home.path, CRAY_IMS_CA_FILE: mock.caFile!, USER: 'jane' }
  expect(await run(['init', '--no-auth', '--hostname', mock.url], { cwd: '/', env: at })).toMatchObject({ exit: 0 })
  const login = await run(['auth', 'login', '--username', 'jane', '--password', mock.token], { cwd: '/', env: at })
  expect(login).toMatchObject({ exit: 0, stderr: '' })
  const tokens = join(home.path, '.config/cray/tokens')
  token = readFileSync(join(tokens, readdirSync(tokens)[0]!), 'utf8')
  publicKey = makeKey(join(home.path, 'id')).publicKey
  home.remove()
})
afterAll(() => mock.stop())
beforeEach(() => {
  folder = temporaryFolder()
  env = { PATH: process.env.PATH!, HOME: folder.path, CRAY_CONFIG_DIR: mock.configDir, CRAY_IMS_CA_FILE: mock.caFile!, USER: 'jane' }
})
afterEach(() => folder.remove())

const at = (name: string) => join(folder.path, name)
const put = (name: string, text: string) => {
  writeFileSync(at(name), text, { mode: 0o600 })
  return at(name)
}
const ims = (words: readonly string[], more: Partial<Parameters<typeof run>[1]> = {}) => run(words, { cwd: folder.path, env, ...more })

/** Options that name a file, and what stderr says where it is something else. */
const named: [string, readonly string[], RegExp, Record<string, string>?][] = [
  ['a token', ['recipes', 'list', '--token', 'odd'], /^Error: Unable to open token file, is it valid JSON\?\n\S+odd: (.*)$/m],
  ['a configuration', ['recipes', 'list'], /^Error: \S+odd can't be read: (.*)$/m, { CRAY_CONFIG: 'ODD' }],
  [
    'a public key to upload',
    ['public-keys', 'create', '--name', 'mine', '--public-key', 'odd'],
    /^Error: Invalid value for '--public-key': Could not open file: odd: (.*)$/m,
  ],
  ['a public key for a job', ['build', 'good', '--name', 'mine', '--public-key', 'odd'], /^Error: \S+odd can't be read: (.*)$/m],
  ['a file of images', ['build', '--file', 'odd'], /^Error: \S+odd can't be read: (.*)$/m],
  ['a script', ['customize', 'image', '--name', 'mine', '--script', 'odd'], /^Error: \S+odd can't be read: (.*)$/m],
  ['the records of a mock', ['mock', '--seed', 'odd', '--', 'true'], /^Error: Can't read the records in \S+odd\n(.*)$/m],
  ['the state of a mock', ['mock', '--state', 'odd', '--', 'true'], /^Error: Can't read the records in \S+odd\n(.*)$/m],
  ['the CAs', ['recipes', 'list', '--ca-file', 'odd'], /^Warning: \S+: \S+odd: unreadable \((.*)\)$/m],
]
const oddly = (words: readonly string[], more: Record<string, string> = {}) =>
  ims(words, { env: { ...env, ...(more.CRAY_CONFIG && { CRAY_CONFIG: at('odd') }) } })

describe.each(named)('as %s', (what, words, says, more) => {
  test('a named pipe is refused at once', async () => {
    if (what === 'the CAs') return expect(await pipeAsCas()).toContain('no certificate in it')
    execFileSync('mkfifo', [at('odd')])
    const { exit, stdout, stderr } = await oddly(words, more)
    expect({ exit, stdout }).toEqual({ exit: 2, stdout: '' })
    expect(says.exec(stderr)?.[1]).toBe('it is a named pipe, not a file')
  })

  test('a file of a gibibyte is refused at once', async () => {
    writeFileSync(at('odd'), '')
    truncateSync(at('odd'), 2 ** 30)
    const { exit, stdout, stderr } = await oddly(words, more)
    if (what !== 'the CAs') expect({ exit, stdout }).toEqual({ exit: 2, stdout: '' })
    expect(says.exec(stderr)?.[1]).toMatch(
      what === 'the CAs'
        ? /^it is larger than a file of certificates may be, which is 16 MiB$/
        : /^it is larger than .* may be, which is \d+ [KM]iB$/,
    )
  })
})

async function pipeAsCas(): Promise<string> {
  execFileSync('mkfifo', [at('odd')])
  return (await ims(['recipes', 'list', '--ca-file', 'odd'])).stderr
}

test.each(['/dev/full', '/dev/zero'])('%s as a token is refused at once', async (path) => {
  expect(await ims(['recipes', 'list', '--token', path])).toMatchObject({
    exit: 2,
    stdout: '',
    stderr: expect.stringContaining(`${path}: it is a device, not a file\n`),
  })
})

test('a folder as a token is named', async () => {
  expect(await ims(['recipes', 'list', '--token', '/tmp'])).toMatchObject({
    exit: 2,
    stdout: '',
    stderr: expect.stringContaining('/tmp: it is a folder, not a file\n'),
  })
})

describe('what a shell hands over open', () => {
  const bash = (line: string) => run(['-c', line], { cwd: folder.path, env, command: ['bash'] })
  const cray = `${process.execPath} ${program}`
  const upload = (from: string) => `${cray} public-keys create --name "$RANDOM$RANDOM" --query public_key --public-key ${from}`

  test.each([
    ['<(cat key)', ''],
    ['<(sleep 0.2; cat key)', ''],
    ['/dev/stdin', ' < key'],
    ['-', ' < key'],
    ['/dev/stdin', ' < <(cat key)'],
    ['-', ' < <(cat key)'],
    ['/dev/fd/7', ' 7< key'],
    ['/proc/self/fd/7', ' 7< <(cat key)'],
  ])('a public key as %s%s', async (from, redirected) => {
    writeFileSync(at('key'), `${publicKey}\n`)
    expect(await bash(`${upload(from)}${redirected}`)).toEqual({ exit: 0, stdout: `${publicKey}\n\n`, stderr: '' })
  })

  test('of stdin, only what is left is read', async () => {
    writeFileSync(at('key'), `a line\n${publicKey}\n`)
    expect(await bash(`{ read -r line; ${upload('-')}; } < key`)).toMatchObject({ exit: 0, stdout: `${publicKey}\n\n` })
  })

  test.each([
    ['<(cat /dev/zero)', ''],
    ['-', ' < /dev/zero'],
    ['/dev/stdin', ' < /dev/zero'],
  ])('%s%s without an end is refused at its limit', async (from, redirected) => {
    const { exit, stdout, stderr } = await bash(`${upload(from)}${redirected}`)
    expect({ exit, stdout }).toEqual({ exit: 2, stdout: '' })
    expect(stderr).toMatch(/Could not open file: .*: it is larger than a public key may be, which is 64 KiB\n/)
  })

  test('a token, also for a command that asks more than once', async () => {
    put('token', token)
    writeFileSync(at('mine.pub'), `${publicKey}\n`)
    expect(await bash(`${cray} recipes list --query 'length(@)' --token <(cat token)`)).toEqual({ exit: 0, stdout: '4\n', stderr: '' })
    const { exit, stdout, stderr } = await bash(
      `RECIPE=$(${cray} recipes list --query '[0].id'); ${cray} build "$RECIPE" --name mine --dry-run --public-key mine.pub --token <(cat token)`,
    )
    expect({ exit, stdout, stderr: stderr.includes('token') }).toEqual({
      exit: 0,
      stdout: expect.stringContaining('POST /apis/ims/v3/jobs'),
      stderr: false,
    })
  })

  test('a token that is to be renewed is renewed once, and said not to be kept', async () => {
    put('token', JSON.stringify({ ...JSON.parse(token), expires_at: 1 }))
    const { exit, stdout, stderr } = await bash(`${cray} recipes list --query 'length(@)' --token <(cat token)`)
    expect({ exit, stdout }).toEqual({ exit: 0, stdout: '4\n' })
    expect(stderr).toMatch(
      /^Warning: the new token isn't kept, and the one in its file may not be good for another: \/dev\/fd\/\d+ is a pipe\n$/,
    )
  })

  test('a configuration, a file of images, a script', async () => {
    writeFileSync(at('mine.pub'), `${publicKey}\n`)
    writeFileSync(at('images.yaml'), 'images:\n  - {name: mine, recipe: none, public-key: /none}\n')
    expect(
      await bash(`CRAY_CONFIG=<(cat $CRAY_CONFIG_DIR/.config/cray/configurations/default) ${cray} recipes list --query 'length(@)'`),
    ).toMatchObject({ exit: 0, stdout: '4\n' })
    expect((await bash(`${cray} build --dry-run --file <(cat images.yaml)`)).stderr).toContain('/none: no such file')
    const image = '20000000-0000-4000-8000-00000000000a'
    const own = await startMock([
      '--seed',
      put('seed.json', JSON.stringify({ images: [{ id: image, name: 'there', link: { path: 's3://x', type: 's3' } }] })),
    ])
    try {
      const customize = (script: string) =>
        bash(`CRAY_CONFIG_DIR=${own.configDir} ${cray} customize ${image} --name mine --dry-run --public-key mine.pub --script ${script}`)
      expect(await customize('<(echo echo)')).toMatchObject({ exit: 0, stdout: expect.stringContaining('POST /apis/ims/v3/jobs') })
      expect(await customize('<(true)')).toMatchObject({ exit: 2, stderr: expect.stringMatching(/fd\/\d+ is empty\n/) })
    } finally {
      await own.stop()
    }
  })
})

describe('links that others may have made', () => {
  let shared: string
  let victim: string
  beforeEach(() => {
    shared = at('shared')
    victim = at('victim')
    mkdirSync(shared)
    writeFileSync(victim, 'precious')
  })
  const refused = (path: string) => `Error: ${path} can't be written: it is a symbolic link in a folder that others can write\n`
  const untouched = (link: string) => expect([readFileSync(victim, 'utf8'), readlinkSync(link)]).toEqual(['precious', victim])

  test.each(['--ready-file', '--state'])('mock %s', async (option) => {
    symlinkSync(victim, join(shared, 'file'))
    chmodSync(shared, 0o1777)
    const { exit, stdout, stderr } = await ims(['mock', option, join(shared, 'file'), '--', 'true'])
    expect({ exit, stdout }).toEqual({ exit: 2, stdout: '' })
    expect(stderr).toContain(refused(join(shared, 'file')))
    untouched(join(shared, 'file'))
    expect(readdirSync(shared)).toEqual(['file'])
  })

  test('the state of a file of images: nothing is sent', () =>
    atImageSite({}, async (site) => {
      site.write('images.yaml', yamlOf('name: a, recipe: good'))
      const link = join(site.folder, 'images.yaml.state')
      symlinkSync(victim, link)
      chmodSync(site.folder, 0o777)
      const { exit, stdout, stderr } = await site.build('images.yaml')
      expect({ exit, stdout }).toEqual({ exit: 2, stdout: '' })
      expect(stderr).toContain(refused(link))
      expect(site.asked).toEqual([])
      untouched(link)
    }))

  test('a configuration, and the folder of the tokens', async () => {
    const user = { ...env, CRAY_CONFIG_DIR: shared }
    const configurations = join(shared, '.config/cray/configurations')
    mkdirSync(configurations, { recursive: true })
    writeFileSync(victim, `[core]\nhostname = "${mock.url}"\n`)
    symlinkSync(victim, join(configurations, 'default'))
    symlinkSync(at('nowhere'), join(shared, '.config/cray/tokens'))
    chmodSync(configurations, 0o777)
    chmodSync(dirname(configurations), 0o777)
    expect(await ims(['config', 'set', 'core', 'a=b'], { env: user })).toMatchObject({
      exit: 2,
      stderr: expect.stringContaining(refused(join(configurations, 'default'))),
    })
    expect(await ims(['auth', 'login', '--username', 'jane', '--password', mock.token], { env: user })).toMatchObject({
      exit: 2,
      stderr: expect.stringContaining(`tokens is a symbolic link in a folder that others can write\n`),
    })
    expect(existsSync(at('nowhere'))).toBe(false)
    expect(readFileSync(victim, 'utf8')).toBe(`[core]\nhostname = "${mock.url}"\n`)
  })

  test('those of ours are followed, as when a home is kept under version control', async () => {
    const user = { ...env, CRAY_CONFIG_DIR: at('home') }
    mkdirSync(at('home/.config'), { recursive: true })
    mkdirSync(at('dotfiles/cray/configurations'), { recursive: true })
    symlinkSync('../../dotfiles/cray', at('home/.config/cray'))
    expect(await ims(['init', '--no-auth', '--hostname', 'h'], { env: user })).toMatchObject({ exit: 0 })
    expect(readFileSync(at('dotfiles/cray/configurations/default'), 'utf8')).toContain('hostname = "https://h"')
    expect(readlinkSync(at('home/.config/cray'))).toBe('../../dotfiles/cray')
  })
})

test('the ready file of another mock is left alone', async () => {
  const end = (child: ReturnType<typeof startProgram>) => {
    child.kill('SIGTERM')
    return child.ended
  }
  const start = async () => {
    const child = startProgram(['mock', '--ready-file', 'ready'], { cwd: folder.path, env })
    const before = existsSync(at('ready')) ? readFileSync(at('ready'), 'utf8') : ''
    await expect.poll(() => existsSync(at('ready')) && readFileSync(at('ready'), 'utf8') !== before, { timeout: 30_000 }).toBe(true)
    return child
  }
  const first = await start()
  const second = await start()
  await end(first)
  expect(existsSync(at('ready'))).toBe(true)
  await end(second)
  expect(readdirSync(folder.path)).toEqual([])
})

test('the records of a running mock are its alone', async () => {
  const first = startProgram(['mock', '--state', 'state.json'], { cwd: folder.path, env })
  await first.says('"url"')
  const { exit, stdout, stderr } = await ims(['mock', '--state', 'state.json', '--', 'true'])
  expect({ exit, stdout }).toEqual({ exit: 2, stdout: '' })
  expect(stderr).toMatch(/^Error: state\.json: process \d+ keeps its records there\n/)
  // One that was killed gives them up.
  first.kill('SIGKILL')
  await first.ended
  expect(await ims(['mock', '--state', 'state.json', '--', 'true'])).toMatchObject({ exit: 0 })
  expect(readdirSync(folder.path)).toEqual(['state.json'])
})
