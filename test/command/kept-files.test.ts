import { spawnSync } from 'node:child_process'
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { atImageSite, namesOf, yamlOf } from '../support/image-site.ts'
import { startProgram } from '../support/live-program.ts'
import { startMock, type RunningMock } from '../support/mock.ts'
import { asStranger, describeAsRoot, describeWithMounts, makeDisk, stranger, type Disk } from '../support/mounts.ts'
import { program, run, type Outcome } from '../support/program.ts'
import { temporaryFolder } from '../support/sshd.ts'
import { sampled } from '../support/sampled.ts'

let mock: RunningMock
let folder: { path: string; remove(): void }
beforeAll(async () => {
  mock = await startMock(['--tls'])
})
afterAll(() => mock.stop())
beforeEach(() => {
  folder = temporaryFolder()
})
afterEach(() => folder.remove())

/** A user, whose files are all below a folder. */
function userAt(home: string) {
  const env = { PATH: process.env.PATH!, HOME: home, CRAY_IMS_CA_FILE: mock.caFile!, USER: 'jane' }
  const cray = join(home, '.config/cray')
  const user = {
    home,
    env,
    configuration: join(cray, 'configurations/default'),
    active: join(cray, 'active_config'),
    tokens: join(cray, 'tokens'),
    put(path: string, text: string) {
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
      writeFileSync(path, text, { mode: 0o600 })
    },
    ims: (words: readonly string[], more: Partial<Parameters<typeof run>[1]> = {}) => run(words, { cwd: '/', env, ...more }),
    files: () =>
      readdirSync(home, { recursive: true, withFileTypes: true })
        .filter((entry) => !entry.isDirectory())
        .map(({ name }) => name)
        .sort(),
  }
  return user
}

type User = ReturnType<typeof userAt>

const settings = (text: string) => [...text.matchAll(/^(\w+) = "(\w+)"$/gm)].map(([, key, value]) => `${key}=${value}`).sort()
const numbers = Array.from({ length: 16 }, (_, at) => at)
const login = (name: string) => ['auth', 'login', '--username', name, '--password', mock.token]

describe('several processes at once', () => {
  let user: User
  beforeEach(() => {
    user = userAt(folder.path)
    user.put(user.configuration, `[core]\nhostname = "${mock.url}"\n`)
  })
  const exits = (outcomes: readonly Outcome[]) => outcomes.map(({ exit, stderr }) => `${exit}${stderr}`)

  test('16 times config set, then config unset: no change is lost', async () => {
    const set = await Promise.all(numbers.map((at) => user.ims(['config', 'set', 'mine', `key${at}=v${at}`])))
    expect(exits(set)).toEqual(numbers.map(() => '0'))
    expect(settings(readFileSync(user.configuration, 'utf8'))).toEqual(numbers.map((at) => `key${at}=v${at}`).sort())
    const unset = await Promise.all(numbers.slice(1).map((at) => user.ims(['config', 'unset', `mine.key${at}`])))
    expect(exits(unset)).toEqual(numbers.slice(1).map(() => '0'))
    expect(settings(readFileSync(user.configuration, 'utf8'))).toEqual(['key0=v0'])
    expect(user.files()).toEqual(['default'])
  })

  test('config set, init, config use and logins: each one is there', async () => {
    const some = numbers.slice(0, 4)
    user.put(join(dirname(user.configuration), 'other'), '[core]\nhostname = "h"\n')
    const all = await Promise.all(
      some.flatMap((at) => [
        user.ims(['config', 'set', 'mine', `key${at}=v${at}`, '--configuration', 'default']),
        user.ims([...login(`user${at}`), '--configuration', 'default']),
        user.ims(['init', '--no-auth', '--overwrite', '--hostname', mock.url]),
        user.ims(['config', 'use', 'other', '--configuration', 'default']),
      ]),
    )
    expect(exits(all)).toEqual(all.map(() => '0'))
    expect(settings(readFileSync(user.configuration, 'utf8')).filter((one) => one.startsWith('key'))).toEqual(
      some.map((at) => `key${at}=v${at}`),
    )
    expect(readdirSync(user.tokens).sort()).toEqual(some.map((at) => expect.stringMatching(`\\.user${at}$`)))
    expect(['default', 'other']).toContain(readFileSync(user.active, 'utf8'))
    expect(user.files()).toHaveLength(3 + some.length)
  })

  test('config list shows neither locks nor what is half written', async () => {
    const held = join(dirname(user.configuration), 'default.lock')
    symlinkSync('pid=1 host=h since=s start=1 boot=b space=s at=1', held)
    symlinkSync('circle', join(dirname(user.configuration), 'circle'))
    user.put(join(dirname(user.configuration), '.default.0123456789abcdef.tmp'), '[core]\n')
    user.put(join(dirname(user.configuration), 'other.lock'), 'pid=1 host=h since=s start=1 boot=b space=s at=1')
    expect(await user.ims(['config', 'list', '--query', 'configurations[].name'])).toMatchObject({ exit: 0, stdout: 'default\n' })
  })
})

/** What writes, each with the file that it writes first. */
const writers: [string, readonly string[], (user: User) => string][] = [
  ['config set', ['config', 'set', 'core', 'key=value'], ({ configuration }) => configuration],
  ['config unset', ['config', 'unset', 'core.tenant'], ({ configuration }) => configuration],
  ['config use', ['config', 'use', 'default'], ({ active }) => active],
  ['init', ['init', '--no-auth', '--overwrite', '--hostname', 'h'], ({ configuration }) => configuration],
]

const before = () => `[core]\nhostname = "${mock.url}"\ntenant = ""\n${'# filling\n'.repeat(1100)}`

describeWithMounts('a disk', () => {
  let disk: Disk
  let user: User
  beforeEach(() => {
    disk = makeDisk()
    user = userAt(disk.path)
    user.put(user.configuration, before())
    user.put(user.active, 'default')
    mkdirSync(user.tokens)
  })
  afterEach(() => disk.remove())

  describe.each([0, 4096, 8192])('that has %i bytes left', (free) => {
    test.each(writers.slice(0, 2))('%s says so, and changes nothing', async (_, words, fileOf) => {
      user.put(user.configuration, `${before()}[many]\n${Array.from({ length: 700 }, (__, at) => `key${at} = "value"\n`).join('')}`)
      const old = readFileSync(user.configuration, 'utf8')
      disk.fill(free)
      const { exit, stdout, stderr } = await user.ims(words)
      expect({ exit, stdout }).toEqual({ exit: 2, stdout: '' })
      expect(stderr).toBe(`Error: ${fileOf(user)} can't be written: no space left on device\nNext: df -h ${dirname(fileOf(user))}\n`)
      expect(readFileSync(user.configuration, 'utf8')).toBe(old)
      expect(user.files()).toEqual(['active_config', 'default', 'filling'])
    })
  })

  test.each(sampled(writers, 2))('that is full: %s', async (_, words, fileOf) => {
    disk.fill(0)
    const { exit, stdout, stderr } = await user.ims(words)
    expect({ exit, stdout }).toEqual({ exit: 2, stdout: '' })
    expect(stderr).toBe(`Error: ${fileOf(user)} can't be written: no space left on device\nNext: df -h ${dirname(fileOf(user))}\n`)
    expect([readFileSync(user.configuration, 'utf8'), readFileSync(user.active, 'utf8')]).toEqual([before(), 'default'])
  })

  test.each(sampled(writers, 2, 1))('that is read only: %s', async (_, words, fileOf) => {
    disk.readOnly()
    const { exit, stdout, stderr } = await user.ims(words)
    expect({ exit, stdout }).toEqual({ exit: 2, stdout: '' })
    expect(stderr).toBe(`Error: ${fileOf(user)} can't be written: read-only file system\nNext: findmnt --target ${dirname(fileOf(user))}\n`)
  })

  const file = () => join(user.tokens, `${new URL(mock.url).host.replaceAll('.', '_')}.jane`)

  test('that fills up before a token is kept: the login is said to be lost', async () => {
    // The lock gets the last block, and the token none.
    disk.fill(4096)
    const { exit, stdout, stderr } = await user.ims(login('jane'))
    expect({ exit, stdout }).toEqual({ exit: 2, stdout: '' })
    expect(stderr).toBe(
      `Error: ${file()} can't be written: no space left on device\nThe login succeeded, but its token is lost, for there is no place to keep it: you are not logged in.\nNext: df -h ${user.tokens}\n`,
    )
    expect(readdirSync(user.tokens)).toEqual([])
  })

  test('that is read only: a login is not even tried', async () => {
    disk.readOnly()
    const { exit, stdout, stderr } = await user.ims(login('jane'))
    expect({ exit, stdout }).toEqual({ exit: 2, stdout: '' })
    expect(stderr).toBe(`Error: ${file()} can't be written: read-only file system\nNext: findmnt --target ${user.tokens}\n`)
  })

  test('where the token can be kept, but not whose it is', async () => {
    const { tokens } = user
    user.put(user.configuration, `[core]\nhostname = "${mock.url}"\n`)
    const elsewhere = join(folder.path, 'configuration')
    mkdirSync(elsewhere)
    const other = join(disk.path, 'there')
    writeFileSync(other, `[core]\nhostname = "${mock.url}"\n`)
    const home = userAt(folder.path)
    disk.readOnly()
    const { exit, stderr } = await home.ims([...login('jane'), '--configuration', other])
    expect(exit).toBe(2)
    expect(stderr).toMatch(
      new RegExp(
        `^Error: ${other} can't be written: read-only file system\nThe token is kept, in (.*); who it is for is not: pass --token \\1\nNext: `,
      ),
    )
    expect(readdirSync(home.tokens)).toHaveLength(1)
    expect(readdirSync(tokens)).toEqual([])
  })

  test.each([
    ['full', () => disk.fill(0)],
    ['read only', () => disk.readOnly()],
  ] as const)('that is %s: a renewed token serves all the same, and a warning is given', async (_, spoil) => {
    const { stdout } = await user.ims(login('jane'))
    expect(stdout).toBe('Success!\n\n')
    const kept = JSON.parse(readFileSync(file(), 'utf8'))
    const old = JSON.stringify({ ...kept, expires_at: 1 })
    writeFileSync(file(), old)
    spoil()
    const listed = await user.ims(['recipes', 'list', '--query', 'length(@)'])
    expect({ exit: listed.exit, stdout: listed.stdout }).toEqual({ exit: 0, stdout: '4\n' })
    expect(listed.stderr).toMatch(
      /^Warning: the new token isn't kept, and the one in its file may not be good for another: .* can't be written: .*\n$/,
    )
    expect(readFileSync(file(), 'utf8')).toBe(old)
  })
})

describeWithMounts('a disk that fills up', () => {
  let disk: Disk
  beforeEach(() => {
    disk = makeDisk()
  })
  afterEach(() => disk.remove())

  test('before a file of images is begun: nothing is sent', () =>
    atImageSite({}, async (site) => {
      const file = join(disk.path, 'images.yaml')
      writeFileSync(file, yamlOf('name: a, recipe: good'))
      disk.fill(0)
      const { exit, stdout, stderr } = await site.build(file)
      expect({ exit, stdout, stderr }).toEqual({
        exit: 2,
        stdout: '',
        stderr: `Error: ${file}.state can't be written: no space left on device\nNext: df -h ${disk.path}\n`,
      })
      expect(site.asked).toEqual([])
    }))

  test('while its images are made: what was kept stays, and the same command goes on from there', () =>
    atImageSite({}, async (site) => {
      const file = join(disk.path, 'images.yaml')
      writeFileSync(file, yamlOf('name: a, recipe: good'))
      let kept = ''
      site.between.before = ({ method, path }) => {
        if (kept !== '' || method !== 'GET' || !path.startsWith('/images/')) return
        kept = readFileSync(`${file}.state`, 'utf8')
        disk.fill(0)
      }
      const { exit, stderr } = await site.build(file)
      expect(exit).toBe(1)
      expect(stderr).toContain(`a: ${file}.state can't be written: no space left on device\n`)
      expect([readFileSync(`${file}.state`, 'utf8'), readdirSync(disk.path).sort()]).toEqual([
        kept,
        ['filling', 'images.yaml', 'images.yaml.state'],
      ])
      disk.empty()
      expect(await site.build(file)).toMatchObject({ exit: 0 })
      expect(namesOf(site)).toEqual(['a'])
    }))

  test('under the records of a mock: it serves on, warns, and keeps them once there is room', async () => {
    const state = join(disk.path, 'state.json')
    const env = { PATH: process.env.PATH!, HOME: folder.path }
    const served = startProgram(['mock', '--state', state, '--ready-file', join(folder.path, 'ready')], { cwd: '/', env })
    await expect.poll(() => existsSync(join(folder.path, 'ready')), { timeout: 30_000 }).toBe(true)
    const { url, tokenFile } = JSON.parse(readFileSync(join(folder.path, 'ready'), 'utf8')) as Record<'url' | 'tokenFile', string>
    const headers = { 'Content-Type': 'application/json', Authorization: `Bearer ${readFileSync(tokenFile, 'utf8').trim()}` }
    const add = (name: string) => fetch(`${url}/apis/ims/v3/images`, { method: 'POST', body: JSON.stringify({ name }), headers })
    const before = readFileSync(state, 'utf8')
    disk.fill(0)
    expect((await add('one')).status).toBe(201)
    await served.says(`Warning: ${state} can't be written: no space left on device`)
    expect(readFileSync(state, 'utf8')).toBe(before)
    disk.empty()
    expect((await add('two')).status).toBe(201)
    served.kill('SIGTERM')
    expect(await served.ended).toMatchObject({ exit: 0 })
    expect(JSON.parse(readFileSync(state, 'utf8')).images.map(({ name }: { name: string }) => name)).toEqual(
      expect.arrayContaining(['one', 'two']),
    )
    expect(readdirSync(disk.path)).toEqual(['state.json'])
  })

  test("under the ready file of a mock: it doesn't start", async () => {
    const file = join(disk.path, 'ready')
    disk.fill(0)
    expect(await run(['mock', '--ready-file', file], { cwd: '/', env: { PATH: process.env.PATH!, HOME: folder.path } })).toEqual({
      exit: 2,
      stdout: '',
      stderr: `Error: ${file} can't be written: no space left on device\nNext: df -h ${disk.path}\n`,
    })
    expect(readdirSync(disk.path)).toEqual(['filling'])
  })
})

describeAsRoot('somebody who may not write', () => {
  test.each(writers)('%s', async (_, words, fileOf) => {
    const user = userAt(folder.path)
    user.put(user.configuration, before())
    user.put(user.active, 'default')
    for (const path of [folder.path, join(folder.path, '.config'), join(folder.path, '.config/cray'), dirname(user.configuration)])
      chmodSync(path, 0o755)
    for (const path of [user.configuration, user.active]) chmodSync(path, 0o644)
    const { exit, stdout, stderr } = await user.ims(words, { command: [...asStranger, process.execPath, program] })
    expect({ exit, stdout }).toEqual({ exit: 2, stdout: '' })
    expect(stderr).toBe(`Error: ${fileOf(user)} can't be written: permission denied\nNext: namei -l ${fileOf(user)}\n`)
    expect(user.files()).toEqual(['active_config', 'default'])
  })

  test('or not read', async () => {
    const user = userAt(folder.path)
    user.put(user.configuration, before())
    chmodSync(folder.path, 0o755)
    for (const words of [
      ['recipes', 'list'],
      ['config', 'get', 'core'],
      ['config', 'set', 'core', 'a=b'],
      ['init', '--hostname', 'h'],
    ]) {
      const { exit, stdout, stderr } = await user.ims(words, { command: [...asStranger, process.execPath, program] })
      expect({ exit, stdout }).toEqual({ exit: 2, stdout: '' })
      expect(stderr).toMatch(/^Error: \/\S+ can't be read: permission denied\nNext: namei -l \/\S+\n$/)
    }
    const { exit, stderr } = await user.ims(['config', 'list'], { command: [...asStranger, process.execPath, program] })
    expect({ exit, stderr }).toEqual({ exit: 2, stderr: expect.stringContaining("can't be read: permission denied") })
  })

  test('who has no home', async () => {
    const { HOME: _, ...env } = userAt(folder.path).env
    const command = [...asStranger, process.execPath, program]
    for (const words of [
      ['recipes', 'list'],
      ['config', 'set', 'core', 'a=b'],
      ['config', 'list'],
      ['init', '--hostname', 'h', '--no-auth'],
      ['jobs', 'debug', 'x'],
    ]) {
      for (const home of [{}, { HOME: '' }] as Record<string, string>[]) {
        expect(await run(words, { cwd: '/', env: { ...env, ...home }, command })).toEqual({
          exit: 2,
          stdout: '',
          stderr: `Error: HOME is not set, and user ${stranger} has no home folder\nNext: export HOME=FOLDER\n`,
        })
      }
    }
    expect(await run(['--version'], { cwd: '/', env, command })).toMatchObject({ exit: 0, stderr: '' })
    expect(
      await run(['recipes', 'list', '--query', 'length(@)'], { cwd: '/', env: { ...env, CRAY_CONFIG_DIR: mock.configDir }, command }),
    ).toMatchObject({ exit: 2, stderr: expect.stringContaining("can't be read: permission denied") })
  })

  test("root, with the files of a user: they stay that user's", async () => {
    const user = userAt(folder.path)
    user.put(user.configuration, before())
    const theirs = [
      folder.path,
      join(folder.path, '.config'),
      join(folder.path, '.config/cray'),
      dirname(user.configuration),
      user.configuration,
    ]
    for (const path of theirs) chownSync(path, stranger, stranger)
    expect(await user.ims(['config', 'set', 'core', 'key=value'])).toMatchObject({ exit: 0, stderr: '' })
    expect([statSync(user.configuration).uid, statSync(user.configuration).mode & 0o777]).toEqual([stranger, 0o600])
    expect(await user.ims(['config', 'get', 'core.key'], { command: [...asStranger, process.execPath, program] })).toMatchObject({
      exit: 0,
      stdout: 'value\n',
    })
  })
})

describe('what is not where it should be', () => {
  test('HOME is a file', async () => {
    const home = join(folder.path, 'home')
    writeFileSync(home, '')
    const user = userAt(home)
    expect(await user.ims(['recipes', 'list'])).toMatchObject({
      exit: 2,
      stdout: '',
      stderr: expect.stringMatching(/^Error: No configuration exists\. Run `cray init`\n/),
    })
    expect(await user.ims(['init', '--no-auth', '--hostname', 'h'])).toMatchObject({
      exit: 2,
      stdout: '',
      stderr: `Error: ${user.configuration} can't be read: not a directory\nNext: namei -l ${user.configuration}\n`,
    })
    expect(await user.ims(['init', '--no-auth', '--hostname', 'h', '--overwrite'])).toMatchObject({
      exit: 2,
      stdout: '',
      stderr: `Error: ${user.configuration} can't be written: not a directory\nNext: namei -l ${user.configuration}\n`,
    })
  })

  test('a folder where the configuration should be', async () => {
    const user = userAt(folder.path)
    mkdirSync(user.configuration, { recursive: true })
    expect(await user.ims(['recipes', 'list'])).toMatchObject({
      exit: 2,
      stderr: `Error: No configuration exists. Run \`cray init\`\n${user.configuration} is a folder.\nNext: namei -l ${user.configuration}\n`,
    })
    expect(await user.ims(['init', '--no-auth', '--hostname', 'h', '--overwrite'])).toMatchObject({
      exit: 2,
      stdout: '',
      stderr: `Error: ${user.configuration} can't be read: it is a folder, not a file\nNext: namei -l ${user.configuration}\n`,
    })
    expect(user.files()).toEqual([])
  })

  test('a folder that was deleted while we are in it', async () => {
    const user = userAt(folder.path)
    user.put(user.configuration, `[core]\nhostname = "${mock.url}"\n`)
    const within = (words: string, env: Record<string, string> = {}) => {
      const script = `mkdir "$HOME/gone" && cd "$HOME/gone" && rmdir "$HOME/gone" && exec ${process.execPath} ${program} ${words}`
      const { status, stdout, stderr } = spawnSync('sh', ['-c', script], { env: { ...user.env, ...env }, encoding: 'utf8' })
      return { exit: status, stdout, stderr }
    }
    expect(within('--help')).toMatchObject({ exit: 0, stderr: '' })
    expect(within('recipes list --query "length(@)" --token "$HOME/token"')).toMatchObject({
      exit: 2,
      stderr: expect.stringContaining('token: no such file'),
    })
    expect(within('config set core key=value')).toEqual({ exit: 0, stdout: '\n', stderr: '' })
    expect(within(`auth login --username jane --password ${mock.token}`)).toMatchObject({ exit: 0, stderr: '' })
    expect(within('recipes list --query "length(@)"')).toEqual({ exit: 0, stdout: '4\n', stderr: '' })
    expect(within('build nothing --name mine --dry-run')).toMatchObject({
      exit: 2,
      stderr: expect.stringContaining('you have no public key'),
    })
    const gone = { exit: 2, stdout: '', stderr: 'Error: the current folder is gone\nNext: cd\n' }
    expect(within('recipes list --token token')).toEqual(gone)
    expect(within('recipes list --ca-file ca.pem')).toEqual(gone)
    expect(within('recipes list', { CRAY_CONFIG_DIR: 'there' })).toEqual(gone)
    expect(within('build --file images.yaml')).toEqual(gone)
    expect(within('build good --name mine --public-key mine.pub')).toEqual(gone)
    expect(within('mock --ready-file ready')).toEqual(gone)
    expect(within('public-keys create --name n --public-key mine.pub')).toMatchObject({
      exit: 2,
      stdout: '',
      stderr: expect.stringContaining('the current folder is gone'),
    })
  })
})

test('a token that others can read is warned of in a terminal, and only there', async () => {
  const user = userAt(folder.path)
  user.put(user.configuration, `[core]\nhostname = "${mock.url}"\n`)
  expect(await user.ims(login('jane'))).toMatchObject({ exit: 0 })
  const file = join(folder.path, 'token')
  writeFileSync(file, readFileSync(join(user.tokens, readdirSync(user.tokens)[0]!)))
  chmodSync(file, 0o644)
  const words = ['recipes', 'list', '--query', 'length(@)', '--token', file]
  expect(await user.ims(words)).toEqual({ exit: 0, stdout: '4\n', stderr: '' })
  const typed = `${process.execPath} ${program} ${words.map((word) => `'${word}'`).join(' ')}`
  const seen = () => spawnSync('script', ['-qec', typed, '/dev/null'], { env: { ...user.env, SHELL: '/bin/sh' }, encoding: 'utf8' }).stdout
  expect(seen()).toBe(`Warning: others can read the token in ${file}; to keep it to yourself: chmod 600 ${file}\r\n4\r\n`)
  chmodSync(file, 0o600)
  expect(seen()).toBe('4\r\n')
})
