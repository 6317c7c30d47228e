import { Readable } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { checkRecipe, type RecipeSettings } from '../../src/recipes/check-recipe.ts'
import { diffFiles, diffRecords } from '../../src/recipes/diff-recipes.ts'
import { entryProblems, isSecret, type Entry } from '../../src/recipes/entries.ts'
import { readKiwiConfig } from '../../src/recipes/kiwi-config.ts'
import type { RecipeSource } from '../../src/recipes/source.ts'
import { templateValues } from '../../src/recipes/template-values.ts'
import { fillIn, variablesOf } from '../../src/recipes/templates.ts'
import type { Recipe } from '../../src/ims/records.ts'

const entry = (path: string, more: Partial<Entry> = {}): Entry => ({ path, kind: 'file', size: 1, mode: 0o644, ...more })
const link = (path: string, target: string) => entry(path, { kind: 'symlink', target })

describe('what leads outside', () => {
  test.each([
    ['a file', [entry('a/b')], []],
    ['names with dots that are none', [entry('..a/...'), entry('a..b')], []],
    ['an absolute path', [entry('/etc/passwd')], ['/etc/passwd leads outside the recipe']],
    ['a path upwards', [entry('a/../../b')], ['a/../../b leads outside the recipe']],
    ['a link inside', [link('a/b', '../c')], []],
    ['a link upwards', [link('a/b', '../../c')], ['a/b is a link to ../../c, outside the recipe']],
    ['a link to what is above', [link('a', '..')], ['a is a link to .., outside the recipe']],
    ['an absolute link', [link('a', '/etc')], ['a is a link to /etc, outside the recipe']],
    ['an absolute link of the image', [link('root/etc/a', '/usr/lib/a')], []],
    [
      'a link upwards from where another leads',
      [link('a/up', '..'), link('b', 'a/up/../c')],
      ['b is a link to a/up/../c, outside the recipe'],
    ],
    [
      'the same, where the other comes later, and over several',
      [link('b', 'c/d/../x'), link('c', 'a'), link('a/d', 'e'), link('a/e', '../f/..')],
      ['b is a link to c/d/../x, outside the recipe'],
    ],
    ['a link down, and upwards from there', [link('a', 'b/c'), link('d', 'a/../e')], []],
    ['links that lead to each other', [link('a', 'b'), link('b', 'a')], []],
    [
      'a link to an absolute one of the image',
      [link('root/a', '/usr'), link('b', 'root/a/c')],
      ['b is a link to root/a/c, outside the recipe'],
    ],
    ['the same within the image', [link('root/a', '/usr'), link('root/b', 'a/../c')], []],
    ['a file below a link', [link('a', 'b'), entry('a/c/d')], ['a/c/d is below a, which is a link']],
    ['a hard link to a file before it', [entry('a'), entry('b', { kind: 'hard link', target: 'a' })], []],
    [
      'a hard link to something else',
      [entry('b', { kind: 'hard link', target: 'a' })],
      ['b is a hard link to a, which is not a file before it'],
    ],
    ['a device', [entry('d', { kind: 'special' })], ['d is a device, a pipe or a socket']],
  ])('%s', (_, entries, problems) => expect(entryProblems(entries)).toEqual(problems))
})

test.each([
  ['root/.ssh/id_rsa', '', true],
  ['root/.ssh/id_ed25519.pub', '', false],
  ['.netrc', '', true],
  ['a/.aws/credentials', '', true],
  ['credentials', '', false],
  ['host.key', '-----BEGIN OPENSSH PRIVATE KEY-----\n', true],
  ['ca.pem', '-----BEGIN RSA PRIVATE KEY-----\n', true],
  ['ca.pem', '-----BEGIN CERTIFICATE-----\n', false],
])('%s with %j looks like a secret: %s', (path, text, expected) => expect(isSecret(path, Buffer.from(text))).toBe(expected))

describe('variables', () => {
  test.each([
    ['{{ A }} {{B}} {{-A-}}', ['A', 'B']],
    ['{{ A | lower }} {{ B.c }}', ['A', 'B']],
    ["{{ A | default('x') }}", []],
    ["{{ 'text' }} {{ 1 }} {{ true }}", []],
    ['{# {{ A }} #} <!-- {{ B }} -->', ['B']],
    ['{% set A = 1 %}{{ A }}{% for b in c %}{{ b }}{% endfor %}', []],
  ])('of %s', (text, names) => expect(variablesOf(text)).toEqual(names))

  test('are filled in as far as values do it', () => {
    const values = new Map([['A', '$&1']])
    expect(fillIn('{# c #}{% if x %}{{ A }} {{ A | lower }} {{ B("<") }}{% endif %}', values)).toBe('$&1 $&1 {{ B(___) }}')
  })
})

describe('a description of KIWI', () => {
  test('has repositories and architectures', async () => {
    const text = `<?xml version="1.0"?><!DOCTYPE image [<!ENTITY host "h.local">]>
      <image><profiles><profile name="p" arch="aarch64"/></profiles>
      <preferences arch="x86_64, aarch64"/><preferences/>
      <repository arch="x86_64"><source path="https://&host;/a"/></repository>
      <packages><repository><source path="https://no/"/></repository></packages>
      <repository arch="aarch64"><source path="dir:/b"/></repository></image>`
    expect(await readKiwiConfig(text)).toEqual({
      repositories: ['https://h.local/a', 'dir:/b'],
      archs: [
        { element: 'profile', archs: ['aarch64'] },
        { element: 'repository', archs: ['x86_64', 'aarch64'] },
      ],
    })
  })
  test.each(['constructor', 'toString', '__proto__'])('may have an element %s', async (name) => {
    expect(await readKiwiConfig(`<image><${name} arch="x86_64"/></image>`)).toEqual({ repositories: [], archs: [] })
  })
  test.each([
    ['<image>', '1:7: unclosed tag: image'],
    ['<image a=b/>', '1:10: unquoted attribute value'],
    ['<image>&x;</image>', '1:10: undefined entity'],
    ['', 'document must contain a root element'],
  ])('%s is not well-formed', async (text, why) => expect(await readKiwiConfig(text)).toContain(why))
})

/** A recipe of files by their names. */
const source = (files: Readonly<Record<string, string>>): RecipeSource => ({
  shown: 'it',
  async *read() {
    for (const [path, text] of Object.entries(files))
      yield [entry(path, { size: Buffer.byteLength(text) }), Readable.from([Buffer.from(text)])]
  },
})
const config = (inside = '') => `<image>${inside}<repository><source path="https://r.local/{{ R }}"/></repository></image>`
const list = '.ims_recipe_template.yaml'
const check = (files: Readonly<Record<string, string>>, settings: Partial<RecipeSettings> = {}) =>
  checkRecipe(source(files), { type: 'kiwi-ng', arch: 'x86_64', values: new Map([['R', '1']]), acceptSecrets: false, ...settings })

describe('a check', () => {
  test('of a recipe that can be built', async () => {
    expect(await check({ 'config.xml': config(), [list]: 'template_files: [config.xml]' })).toEqual({
      problems: [],
      warnings: [],
      repositories: ['https://r.local/1'],
    })
  })
  test('reports all problems at once', async () => {
    const files = {
      'config.xml': config('<preferences arch="aarch64"/>'),
      [list]: 'template_files: [config.xml, a.sh, b.sh]',
      'a.sh': '{{ A }}',
      '.netrc': 'x',
      '../b': '',
    }
    expect((await check(files, { values: new Map() })).problems).toEqual([
      'config.xml is for aarch64 by its preferences, and the recipe for x86_64',
      `${list} names b.sh, which is not a file of the recipe`,
      'config.xml has {{R}}, which has no value: add --template R=VALUE',
      'a.sh has {{A}}, which has no value: add --template A=VALUE',
      '../b leads outside the recipe',
      '.netrc looks like a secret: leave it out, or add --yes',
    ])
    expect((await check({ 'config.xml': config(), '.netrc': 'x' }, { acceptSecrets: true })).problems).toEqual([])
  })
  test.each<[string, Record<string, string>, Partial<RecipeSettings>, string]>([
    ['no description', { 'sub/config.xml': config() }, {}, 'there is no config.xml at the top; there is sub/config.xml'],
    ['one that is broken', { 'config.xml': '<image>' }, {}, 'config.xml is not well-formed: 1:7: unclosed tag: image'],
    ['one that a value breaks', { 'config.xml': config() }, { values: new Map([['R', '"<']]) }, 'config.xml is not well-formed: 1:51'],
    ['no repository', { 'config.xml': '<image/>' }, {}, 'config.xml has no repository that starts with https://'],
    ['other repositories', { 'config.xml': config().replace('https', 'obs') }, {}, 'https://; obs://r.local/1 is not one'],
    ['a list that is none', { 'config.xml': config(), [list]: 'x: [' }, {}, `${list} is not YAML`],
    ['a list without files', { 'config.xml': config(), [list]: 'x: 1' }, {}, `${list} has no list template_files`],
    [
      'a list and no values',
      { 'config.xml': '<image/>', [list]: 'template_files: []' },
      { values: new Map() },
      'no variable has a value: jobs refuse that',
    ],
    ['an encoding that it has not', { 'config.xml': '<?xml version="1.0" encoding="x-none"?><image/>' }, {}, 'encoding'],
  ])('finds %s', async (_, files, settings, problem) => {
    expect((await check(files, settings)).problems).toContainEqual(expect.stringContaining(problem))
  })
  test('warns of what may be meant so', async () => {
    expect((await check({ 'config.xml': config() })).warnings).toEqual([`jobs fill in nothing of config.xml: ${list} doesn't name it`])
    expect((await check({ 'config.xml': config().replace('{{ R }}', '').replace('https', 'http') })).warnings).toEqual([
      'repository http://r.local/ is not https: jobs of the service may never get to it',
      `jobs use none of the values: there is no ${list}`,
    ])
  })
  test('warns of scripts of KIWI that were saved on Windows', async () => {
    const files = { 'config.sh': '#!/bin/bash\r\nset -e\r\n', 'images.sh': 'exit 0\n', 'root/etc/a.sh': 'exit 0\r\n' }
    const warnings = ['config.sh was saved on Windows: the CR at the end of a line is a part of it for the shell of KIWI']
    expect(await check({ 'config.xml': config(), [list]: 'template_files: [config.xml]', ...files })).toMatchObject({
      problems: [],
      warnings,
    })
    expect((await check(files, { type: 'packer', values: new Map() })).warnings).toEqual([])
  })
  test('of a packer recipe wants no config.xml', async () => {
    expect(await check({ 'a.pkr.hcl': '' }, { type: 'packer', values: new Map() })).toEqual({
      problems: [],
      warnings: [],
      repositories: [],
    })
  })
  test('counts what is too much to show', async () => {
    const files = Object.fromEntries(Array.from({ length: 30 }, (_, at) => [`/${at}`, '']))
    expect((await check({ 'config.xml': config(), ...files })).problems).toHaveLength(21)
  })
})

test('values are given as lists or one by one', () => {
  expect([...templateValues({ template_dictionary_key: ['A'], template_dictionary_value: ['1'], template: ['B=2=3', 'C='] })]).toEqual([
    ['A', '1'],
    ['B', '2=3'],
    ['C', ''],
  ])
  expect(() => templateValues({ template_dictionary_key: ['A'] })).toThrow('lists of the same length')
  expect(() => templateValues({ template: ['A'] })).toThrow('A is not KEY=VALUE')
  expect(() => templateValues({ template_dictionary_key: ['A'], template_dictionary_value: ['1'], template: ['A=2'] })).toThrow(
    'A is given twice',
  )
})

test('recipes differ in fields, variables and files', () => {
  const one = { name: 'n', arch: 'x86_64', require_dkms: false, template_dictionary: [{ key: 'A', value: '1' }] } as Recipe
  const other = { ...one, require_dkms: true, template_dictionary: [{ key: 'B', value: '2' }] }
  expect(diffRecords(one, other)).toEqual([
    { field: 'require_dkms', a: false, b: true },
    { field: 'template_dictionary.A', a: '1', b: null },
    { field: 'template_dictionary.B', a: null, b: '2' },
  ])
  const files = (text: string) => new Map(text.split(' ').map((file) => [file[0]!, file]))
  expect(diffFiles(files('a1 b1 c1'), files('d1 b2 c1'))).toEqual([
    { file: 'a', change: 'removed' },
    { file: 'b', change: 'changed' },
    { file: 'd', change: 'added' },
  ])
})
