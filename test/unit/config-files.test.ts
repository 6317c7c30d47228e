import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { changeConfiguration } from '../../src/commands/config/change-configuration.ts'
import { readConfiguration, requireHostname } from '../../src/config/configuration.ts'
import { exactTable, parseDocument, setValue, shown, tableAlong, valueAt } from '../../src/config/document.ts'
import { configFolder } from '../../src/config/folder.ts'
import { CliError } from '../../src/errors.ts'

let home: string
let env: Record<string, string>

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'config-'))
  env = { HOME: home }
})
afterEach(() => rmSync(home, { recursive: true, force: true }))

function put(path: string, content: string | Buffer): string {
  const file = join(home, '.config/cray', path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, content)
  return file
}

function failureOf(act: () => unknown): CliError {
  try {
    act()
  } catch (error) {
    if (error instanceof CliError) return error
    throw error
  }
  throw new Error('it did not fail')
}

test('the folder is CRAY_CONFIG_DIR, else the home', () => {
  expect(configFolder({ CRAY_CONFIG_DIR: '/c', HOME: '/h' })).toBe('/c/.config/cray')
  expect(configFolder({ CRAY_CONFIG_DIR: '', HOME: '/h' })).toBe('/h/.config/cray')
})

describe('which configuration', () => {
  beforeEach(() => {
    for (const name of ['default', 'active', 'environment', 'named']) put(`configurations/${name}`, `[core]\nhostname = "${name}"\n`)
    put('active_config', ' active\n')
  })
  test.each([
    ['the one named', 'environment', 'named', 'named'],
    ['the active one for an empty name', 'environment', '', 'active'],
    ['CRAY_CONFIG', 'environment', undefined, 'environment'],
    ['the active one for an empty CRAY_CONFIG', '', undefined, 'active'],
    ['a path in the folder', undefined, '../configurations/named', 'named'],
  ])('%s', (_, variable, named, hostname) => {
    expect(readConfiguration({ ...env, CRAY_CONFIG: variable }, named).hostname).toBe(hostname)
  })
  test('an absolute path', () => {
    const file = join(home, 'elsewhere')
    writeFileSync(file, '[core]\nhostname = "there"\n')
    expect(readConfiguration({ ...env, CRAY_CONFIG: file }).hostname).toBe('there')
  })
  test('default where none is active', () => {
    put('active_config', '\n')
    expect(readConfiguration(env).name).toBe('default')
  })
})

test('reads numbers and dates of a table as they are written, where plain data would not keep them', () => {
  put(
    'configurations/default',
    '[core]\nhostname = "h"\n[ims.jobs.create]\na = 1.0\nb = 12345678901234567890123\nc = 2026-01-02T03:04:05+02:00\n',
  )
  const found = readConfiguration(env)
  expect(found.inexact).toBe(true)
  expect(exactTable(found, ['ims', 'jobs', 'create'])).toEqual({
    a: { number: '1.0' },
    b: { number: '12345678901234567890123' },
    c: '2026-01-02T03:04:05+02:00',
  })
  put('configurations/default', '[core]\nhostname = "h-1.0-2026-01-02"\nn = 33\n')
  expect(readConfiguration(env).inexact).toBe(false)
})

test('reads settings as plain data: BOM, CRLF, dates, tables of commands', () => {
  put(
    'configurations/default',
    '\ufeff[core]\r\nhostname = "h"\r\nquiet = true\r\n[auth.login]\r\nusername = "jane"\r\nrsa_required = "True"\r\n[ims.public-keys.create]\r\nname = 5\r\nday = 1979-05-27\r\n',
  )
  const found = readConfiguration(env)
  expect(found).toMatchObject({ hostname: 'h', username: 'jane', rsaRequired: true, core: { quiet: true } })
  expect(found.table(['ims', 'public-keys', 'create'])).toEqual({ name: { number: '5' }, day: '1979-05-27' })
  expect(found.table(['ims', 'public-keys'])).not.toHaveProperty('name')
  expect(found.table(['ims', 'constructor'])).toBeUndefined()
  expect(found.table(['auth', 'login'])).toBeUndefined()
})

describe('what is wrong is said', () => {
  test.each([
    ['', 'No configuration exists. Run `cray init`'],
    ['# nothing\n', 'No configuration exists. Run `cray init`'],
    ['[core\nhostname = x', /default, line 1: not valid TOML: /],
    ['[core]\nhostname = "a"\nhostname = "b"\n', /default, line 3: not valid TOML: .*redefine/],
    [Buffer.from('[core]\nhostname = "\xff"\n', 'latin1'), /default is not text: line 2 isn't UTF-8/],
  ])('%j', (content, message) => {
    put('configurations/default', content)
    const failure = failureOf(() => readConfiguration(env))
    expect(failure.message).toMatch(message)
    expect(failure.exit).toBe(2)
  })
  test('a missing one is named, but for default', () => {
    expect(failureOf(() => readConfiguration(env, 'nope')).message).toBe('No configuration exists. Run `cray init --configuration nope`')
    mkdirSync(join(home, '.config/cray/configurations/default'), { recursive: true })
    expect(failureOf(() => readConfiguration(env)).message).toBe('No configuration exists. Run `cray init`')
  })
  test('no hostname', () => {
    put('configurations/default', '[other]\na = 1\n')
    expect(failureOf(() => requireHostname(readConfiguration(env))).message).toBe(
      'No hostname configured. Run `cray config set core hostname={Cray API URL}`',
    )
  })
})

describe('a changed configuration', () => {
  test('keeps what it does not touch, in the layout of the original', async () => {
    const file = put(
      'configurations/default',
      [
        '# lost',
        'top = 1_000 # lost',
        '"10" = +1.0',
        '9 = 0xFF',
        'big = 12345678901234567890123',
        'when = 1979-05-27 07:32:00.5-07:00',
        "text = '''",
        'two',
        "lines\\'''",
        'list = [ 1.0, # lost',
        '  1e3 ]',
        'flag = false',
        '[core]',
        'hostname = "old"',
        'tenant = ""',
        '[auth.login]',
        'username = "jane"',
        '[ims.jobs]',
        '[ims.jobs.create]',
        'a.b = { c = 1 }',
        '',
      ].join('\n'),
    )
    await changeConfiguration(file, (document) => {
      setValue(document, ['core', 'hostname'], 'né"w\\')
      tableAlong(document, ['auth', 'login']).delete('username')
    })
    expect(readFileSync(file, 'utf8')).toBe(
      [
        'top = 1_000',
        '10 = +1.0',
        '9 = 0xFF',
        'big = 12345678901234567890123',
        'when = 1979-05-27 07:32:00.5-07:00',
        'text = "two\\nlines\\\\"',
        'list = [ 1.0, 1e3,]',
        'flag = false',
        '',
        '[core]',
        'hostname = "né\\"w\\\\"',
        'tenant = ""',
        '',
        '[auth.login]',
        '',
        '[ims.jobs.create.a.b]',
        'c = 1',
        '',
      ].join('\n'),
    )
  })
  test('keeps lists of tables', async () => {
    const file = put('configurations/default', '[[a.b]]\nk = 1\n[a.b.c]\nz = 2\n[[a.b]]\nk = 2\n')
    const before = parseDocument(readFileSync(file, 'utf8'))
    await changeConfiguration(file, () => {})
    expect(parseDocument(readFileSync(file, 'utf8'))).toEqual(before)
    expect(readFileSync(file, 'utf8')).toContain('[a.b.c]\nz = 2\n')
  })
  test('is not written where something would be lost, or the change fails', async () => {
    const file = put('configurations/default', 'x = [[{a = 1}]]\ncore = 5\n')
    await expect(changeConfiguration(file, () => {})).rejects.toThrow("can't write back")
    await expect(changeConfiguration(file, (document) => setValue(document, ['core', 'hostname'], 'h'))).rejects.toMatchObject({
      more: ['core is a value, not a section'],
    })
    expect(readFileSync(file, 'utf8')).toBe('x = [[{a = 1}]]\ncore = 5\n')
  })
  test('is shown with its numbers and dates', () => {
    const document = parseDocument('a = 1_0\nb = 0xFFFFFFFFFFFFFFFFF\nc = 1.0\nd = 07:32:00\ne = -inf\nf = +nan\ng.h = "t"\n')
    expect(shown(document)).toEqual(
      new Map<string, unknown>([
        ['a', { number: '10' }],
        ['b', { number: '295147905179352825855' }],
        ['c', { number: '1.0' }],
        ['d', '07:32:00'],
        ['e', { number: '-Infinity' }],
        ['f', { number: 'NaN' }],
        ['g', new Map([['h', 't']])],
      ]),
    )
    expect(valueAt(document, ['g', 'h'])).toBe('t')
    expect(valueAt(document, ['g', 'h', 'i'])).toBeUndefined()
  })
})
