import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { inOrder, mistakes, readEntries } from '../../src/builds/images-file/entries.ts'
import { imageFileSchema } from '../../src/builds/images-file/schema.ts'
import { openState, orderHash, requireWritable, statePath } from '../../src/builds/batch/state.ts'
import { CliError } from '../../src/errors.ts'
import { imageKeys } from '../../src/definitions/image-builds.ts'
import { importSources } from '../../src/definitions/image-transfers.ts'

function failureOf(act: () => unknown): CliError {
  try {
    act()
  } catch (error) {
    if (error instanceof CliError) return error
    throw error
  }
  throw new Error('it did not fail')
}

/** The mistakes of a file, without its name. */
function mistakesOf(path: string, text: string): string[] {
  const failure = failureOf(() => readEntries(path, text))
  expect(failure.exit).toBe(2)
  expect([failure.next].flat().join(' ')).toMatch(/^(build --print-schema|vi \+\d+ .*)$/)
  const found = failure.more[0] === 'Nothing was sent.' ? [failure.message] : failure.more.map((line) => line.replace(/^ {2}/, ''))
  if (found.length > 1) expect(failure.message).toBe(`${path}: ${found.length} mistakes; nothing was sent`)
  for (const line of found) expect(line).toMatch(new RegExp(`^${path}:\\d+: [^\\n]+$`))
  return found.map((line) => line.slice(path.length + 1))
}

const image = (...lines: string[]) => `images:\n  - name: a\n    recipe: r\n${lines.map((line) => `    ${line}\n`).join('')}`
const images = (...lines: string[]) => `images:\n${lines.map((line) => `  - ${line}\n`).join('')}`

const good = {
  'images.yaml': `# Two
images:
  - name: base
    recipe: barebones
    build_env_size: 15
    require-dkms: true
  - name: compute
    base: base
    script: ./customize.sh
    if-exists: skip
    jail: false
`,
  'images.toml': `# Two
[[images]]
name = "base"
recipe = 'barebones'
build_env_size = 1_5
require-dkms = true
[[images]]
name = "compute"
base = "base"
script = "./customize.sh"
if-exists = "skip"
jail = false
`,
  'images.json': `
{"images": [
\t{"name": "base",
\t "recipe": "barebones",
\t "build_env_size": 15,
\t "require-dkms": true},
\t{"name": "compute",
\t "base": "base",
\t "script": "./customize.sh",
\t "if-exists": "skip",
\t "jail": false}
]}
`,
}

describe('good files', () => {
  const orders = [
    { name: 'base', job_type: 'create', source: 'barebones', build_env_size: { number: '15' }, require_dkms: true },
    { name: 'compute', job_type: 'customize', source: 'base', script: './customize.sh', if_exists: 'skip', jail: false },
  ]
  const asWindowsHasIt = Object.entries(good).map(([path, text]) => [path, `\ufeff${text.replaceAll('\n', '\r\n')}`] as const)

  test.each([...Object.entries(good), ...asWindowsHasIt])('%s', (path, text) => {
    const entries = readEntries(path, text)
    expect(entries.map(({ order }) => order)).toEqual(orders)
    expect(entries.map(({ needs }) => needs)).toEqual([undefined, 'base'])
    const first = path === 'images.toml' ? 2 : 3
    expect(entries.map(({ line }) => line)).toEqual(path === 'images.toml' ? [2, 7] : [3, 7])
    expect(['build-env-size', 'build_env_size', 'require_dkms', 'arch'].map((key) => entries[0]!.lineOf(key))).toEqual([5, 5, 6, first])
    expect(['name', 'base', 'source', 'if_exists'].map((key) => entries[1]!.lineOf(key))).toEqual(
      path === 'images.toml' ? [8, 9, 9, 11] : [7, 8, 8, 10],
    )
  })

  test('images that are imported, which others are made from', () => {
    const files = [
      [
        'i.yaml',
        images(
          '{name: a, import: out}',
          '{name: b, base: a}',
          '{name: c, import: {rootfs: r, boot_parameters: p}, arch: aarch64, metadata: {k: v}}',
        ),
      ],
      [
        'i.toml',
        '[[images]]\nname="a"\nimport="out"\n[[images]]\nname="b"\nbase="a"\n[[images]]\nname="c"\narch="aarch64"\nmetadata.k="v"\n[images.import]\nrootfs="r"\nboot-parameters="p"\n',
      ],
    ] as const
    for (const [path, text] of files) {
      const entries = readEntries(path, text)
      expect(entries.map(({ order, needs }) => [order, needs])).toEqual([
        [{ name: 'a', import: { from_dir: 'out' } }, undefined],
        [{ name: 'b', job_type: 'customize', source: 'a' }, 'a'],
        [{ name: 'c', import: { rootfs: 'r', boot_parameters: 'p' }, arch: 'aarch64', metadata: { k: 'v' } }, undefined],
      ])
    }
  })

  test('TOML as inline tables and with dotted keys', () => {
    const entries = readEntries(
      'i.toml',
      'images = [\n  { name = "a", recipe = "r" },\n  { name = "b", base = "a",\n    arch = "x86_64" },\n]\n',
    )
    expect(entries.map(({ line, order }) => [line, order.name, order.arch])).toEqual([
      [2, 'a', undefined],
      [3, 'b', 'x86_64'],
    ])
    expect(entries[1]!.lineOf('arch')).toBe(4)
    expect(mistakesOf('i.toml', '[[images]]\nname = "a"\nrecipe.id = "r"\n')).toEqual(['3: recipe takes a text, not a map'])
  })

  test('anchors, aliases and merges: what stands in the image itself wins, then what is merged first', () => {
    const text = `images:
  - &first
    name: a
    recipe: &r barebones
    arch: x86_64
    latest: true
  - <<: [{arch: aarch64}, *first]
    name: b
  - {name: c, recipe: *r}
`
    const entries = readEntries('i.yaml', text)
    expect(entries.map(({ order }) => order)).toEqual([
      { name: 'a', job_type: 'create', source: 'barebones', arch: 'x86_64', latest: true },
      { name: 'b', job_type: 'create', source: 'barebones', arch: 'aarch64', latest: true },
      { name: 'c', job_type: 'create', source: 'barebones' },
    ])
    expect(['name', 'latest'].map((key) => entries[1]!.lineOf(key))).toEqual([8, 6])
  })

  test('an alias means the last value of its name before it', () => {
    const entries = readEntries(
      'i.yaml',
      images('{name: &n a, recipe: r}', '{name: b, base: *n}', '{name: &n c, recipe: r}', '{name: d, base: *n}'),
    )
    expect(entries.map(({ needs }) => needs)).toEqual([undefined, 'a', undefined, 'c'])
  })

  test.each([
    ['0x1F', '31'],
    ['+5', '5'],
    ['12345678901234567890', '12345678901234567890'],
  ])('the whole number %s', (written, number) => {
    for (const [path, text] of [
      ['i.yaml', image(`build-env-size: ${written}`)],
      [
        'i.toml',
        `[[images]]\nname="a"\nrecipe="r"\nbuild-env-size=${written === '12345678901234567890' ? '1234567890123456789_0' : written}\n`,
      ],
    ] as const) {
      expect(readEntries(path, text)[0]!.order).toMatchObject({ build_env_size: { number } })
    }
  })
})

describe('mistakes', () => {
  test.each<[string, string, string[]]>([
    ['nothing', '', ['1: the file is empty: it takes a list of images']],
    ['comments alone', '\n# images\n', ['1: the file is empty: it takes a list of images']],
    ['a text', 'hello', ['1: the file is the text "hello": it takes images: and a list below']],
    ['a list', '- name: a\n', ['1: the file is a list: it takes images: and a list below']],
    ['no images', 'x: 1\n', ['1: there is no key x beside images', '1: the file has no images: it takes images: and a list below']],
    ['a slip', '\nimage:\n  - name: a\n', ['2: there is no key image beside images, which may be meant']],
    ['another key at the top', `${image()}version: 1\n`, ['4: there is no key version beside images']],
    ['images without value', '\nimages:\n', ['2: the list of images is empty']],
    ['an empty list', '\nimages: []\n', ['2: the list of images is empty']],
    ['images as a map', 'images:\n  a: {recipe: r}\n', ['1: images takes a list, not a map']],
    ['images as a text', 'images: a\n', ['1: images takes a list, not the text "a"']],
    [
      'entries that are none',
      images('a', '[]', '5', '', '{name: a, recipe: r}'),
      [
        '2: an image is a map with a name, and a recipe, a base or an import; this is the text "a"',
        '3: an image is a map with a name, and a recipe, a base or an import; this is a list',
        '4: an image is a map with a name, and a recipe, a base or an import; this is the number 5',
        '5: an image is a map with a name, and a recipe, a base or an import; this is nothing',
      ],
    ],
    ['no name', images('recipe: r'), ['2: the image has no name']],
    ['neither recipe nor base', images('name: a'), ['2: the image has neither a recipe nor a base nor an import: what is it made from?']],
    ['both', image('base: b'), ['4: the image has a recipe in line 3, and a base, too: it is made from one of them']],
    [
      'an import beside a recipe',
      image('import: x'),
      ['4: the image has a recipe in line 3, and an import, too: it is made from one of them'],
    ],
    ['an import of a list', images('{name: a, import: [x]}'), ['2: import takes a folder, or a map of files, not a list']],
    ['an import of nothing', images('{name: a, import: " "}'), ['2: import takes a folder, or a map of files, not the text ""']],
    [
      'an import with neither, both, or other keys',
      images('{name: a, import: {kernel: k}}', '{name: b, import: {rootfs: r, from_dir: f}}', '{name: c, import: {rootfs: 1, image: x}}'),
      [
        '2: import has neither a rootfs nor a from-dir',
        "3: rootfs and from-dir don't go together",
        '4: rootfs takes a text, not the number 1: put it in quotes, "1"',
        '4: there is no key image in import: it has rootfs, kernel, initrd, boot-parameters, from-dir',
      ],
    ],
    [
      'keys of an import and of others',
      images('{name: a, import: x, run: y}', '{name: b, recipe: r, metadata: {a: b}}', '{name: c, import: x, if-exists: replace}'),
      [
        '2: run belongs to images made from a base, and this one has an import',
        '3: metadata belongs to images made from an import, and this one has a recipe',
        '4: if-exists takes fail or skip, not the text "replace"',
      ],
    ],
    [
      'metadata that are none',
      images('{name: a, import: x, metadata: a=b}', '{name: b, import: x, metadata: {a: 1}}'),
      ['2: metadata takes a map of texts, not the text "a=b"', '3: metadata takes texts, and a is the number 1: put it in quotes, "1"'],
    ],
    ['a number for a text', images('{name: 007, recipe: r}'), ['2: name takes a text, not the number 007: put it in quotes, "007"']],
    ['true for a text', images('{name: true, recipe: r}'), ['2: name takes a text, not true: put it in quotes, "true"']],
    ['a list for a text', images('{name: a, base: b, run: [ls]}'), ['2: run takes a text, not a list']],
    ['a text for a whole number', image('build-env-size: big'), ['4: build-env-size takes a whole number, not the text "big"']],
    [
      'a quoted whole number',
      image('build-env-size: "15"'),
      ['4: build-env-size takes a whole number, not the text "15": leave out the quotes'],
    ],
    ['a fraction', image('build-env-size: 1.5'), ['4: build-env-size takes a whole number, not the number 1.5']],
    ['yes', images('{name: a, base: b, jail: yes}'), ['2: jail takes true or false, not the text "yes"']],
    ['a quoted true', image('latest: "true"'), ['4: latest takes true or false, not the text "true": leave out the quotes']],
    ['no value', image('arch:'), ['4: arch has no value: it takes aarch64 or x86_64']],
    ['no choice', image('if-exists: never'), ['4: if-exists takes fail, skip or replace, not the text "never"']],
    [
      'a shell for a failure',
      image('on-failure: shell'),
      ['4: on-failure takes keep or delete in a file, not shell: images are made side by side, and there is no terminal for each'],
    ],
    ['empty texts', images('{name: "", recipe: r}', '{name: b, base: " "}'), ['2: name is empty', '3: base is empty']],
    ['an unknown key', image('flavour: x'), ['4: there is no key flavour']],
    ['a slip in a key', image('build_env_sise: 1'), ['4: there is no key build_env_sise; did you mean build-env-size?']],
    ['part of a key', image('kernel: x'), ['4: there is no key kernel; did you mean kernel-file-name or kernel-parameters-file-name?']],
    ['an option', image('dry_run: true'), ['4: dry_run is an option, not a key of an image: it goes on the command line, for all of them']],
    ['no-jail', images('{name: a, base: b, no-jail: true}'), ['2: there is no key no-jail: write jail: false']],
    ['a key of the other kind', image('script: x'), ['4: script belongs to images made from a base, and this one has a recipe']],
    [
      '… the other way',
      images('{name: a, base: b, debug: true}'),
      ['2: debug belongs to images made from a recipe, and this one has a base'],
    ],
    [
      'a key twice',
      image('arch: x86_64', 'name: b', 'arch: aarch64'),
      ['5: name is given twice: line 2 has it, too', '6: arch is given twice: line 4 has it, too'],
    ],
    [
      'a key in both spellings',
      image('if-exists: skip', 'if_exists: fail'),
      ['5: if_exists is given twice: line 4 has it in the other spelling'],
    ],
    ['a script with a command', images('name: a\n    base: b\n    run: ls\n    script: x'), ["4: script and run don't go together"]],
    [
      'unsafe names',
      images('{name: "yes", recipe: r, initrd_file_name: "a: b"}'),
      [
        `2: the service can't work with the name "yes": it pastes names into YAML, which reads this one as something else`,
        `2: the service can't work with the name "a: b": it pastes names into YAML, which reads this one as something else`,
      ],
    ],
    [
      'a name twice',
      images('{name: a, recipe: r}', '{name: A, recipe: r}', '{name: a, base: b}'),
      ['4: there is an image a in line 2 already'],
    ],
    [
      'made from itself',
      images('{name: a, base: a}'),
      ["2: a can't be made from itself; an image that is there already has an id to give"],
    ],
    ['two in a circle', images('{name: a, base: b}', '{name: b, base: a}'), ['2: a needs b, b needs a: none can be made first']],
    [
      'a circle that others lead to',
      images('{name: x, base: c}', '{name: b, base: a}', '{name: c, base: b}', '{name: a, base: c}', '{name: w, base: x}'),
      ['3: b needs a, a needs c, c needs b: none can be made first'],
    ],
    [
      'two circles',
      images('{name: a, base: b}', '{name: c, base: d}', '{name: b, base: a}', '{name: d, base: c}'),
      ['2: a needs b, b needs a: none can be made first', '3: c needs d, d needs c: none can be made first'],
    ],
    [
      'several',
      images('{name: 1, recipe: r}', '{name: b}', '{name: c, base: d}', '{name: d, base: c}'),
      [
        '2: name takes a text, not the number 1: put it in quotes, "1"',
        '3: the image has neither a recipe nor a base nor an import: what is it made from?',
        '4: c needs d, d needs c: none can be made first',
      ],
    ],
    ['a tag', images('{name: !x a, recipe: r}'), ['2: Unresolved tag: !x']],
    ['an alias of nothing', image('arch: *x'), ['4: *x means nothing: there is no &x before it']],
    ['a merge of a text', image('<<: x'), ['4: << takes a map, or a list of maps']],
    ['a key that is a list', `${image()}    ? [x]\n    : y\n`, ['4: a key is a text']],
    ['a second document', `${image()}---\nx: 1\n`, ['4: a second document begins here, and a file has one']],
    ['a tab', 'images:\n\t- name: a\n', ['2: not valid YAML: Tabs are not allowed as indentation']],
    ['no YAML', image('arch: "x86'), ['5: not valid YAML: Missing closing "quote']],
    ['control characters', image('"\\e[31mx": 1'), ['4: there is no key \\x1b[31mx']],
  ])('YAML: %s', (_, text, expected) => expect(mistakesOf('i.yaml', text)).toEqual(expected))

  test.each<[string, string, string[]]>([
    ['nothing', '', ['1: the file has no images: it takes images: and a list below']],
    ['no TOML', '[[images]]\nname: a\n', ['2: not valid TOML: Unexpected character']],
    ['a key twice', '[[images]]\nname="a"\nname="b"\n', ['3: not valid TOML: Defining a key multiple times is invalid']],
    ['a table', '\n[images]\nname="a"\n', ['2: images takes a list, not a map']],
    ['an empty list', 'images = []\n', ['1: the list of images is empty']],
    [
      'a text in the list',
      'images = [\n"a"]\n',
      ['2: an image is a map with a name, and a recipe, a base or an import; this is the text "a"'],
    ],
    [
      'wrong types',
      '[[images]]\nname=2026-01-02\nrecipe="r"\nlatest=1\nbuild-env-size=1.0\narch="arm"\n',
      [
        '2: name takes a text, not the date 2026-01-02: put it in quotes, "2026-01-02"',
        '4: latest takes true or false, not the number 1',
        '5: build-env-size takes a whole number, not the number 1.0',
        '6: arch takes aarch64 or x86_64, not the text "arm"',
      ],
    ],
    ['an unknown key', '[[images]]\nname="a"\nrecipe="r"\n\narhc="x"\n', ['5: there is no key arhc; did you mean arch?']],
    ['a table below an image', '[[images]]\nname="a"\nbase="b"\n[images.script]\npath="x"\n', ['4: script takes a text, not a map']],
    [
      'both, neither',
      '[[images]]\nname="a"\nrecipe="r"\nbase="b"\n[[images]]\nname="c"\n',
      [
        '4: the image has a recipe in line 3, and a base, too: it is made from one of them',
        '5: the image has neither a recipe nor a base nor an import: what is it made from?',
      ],
    ],
    [
      'a circle, a name twice',
      '[[images]]\nname="a"\nbase="b"\n[[images]]\nname="b"\nbase="a"\n[[images]]\nname="b"\nrecipe="r"\n',
      ['1: a needs b, b needs a: none can be made first', '8: there is an image b in line 5 already'],
    ],
  ])('TOML: %s', (_, text, expected) => expect(mistakesOf('i.toml', text)).toEqual(expected))

  test.each<[string, string, string[]]>([
    ['no JSON', '{"images": [\n  {"name": "a" "recipe": "r"}\n]}', ['2: not valid YAML: Unexpected double-quoted-scalar token']],
    [
      'cut off',
      '{"images": [\n  {"name": "a",\n',
      ['3: not valid YAML: Flow map in block collection must be sufficiently indented and end with a }'],
    ],
    ['a key twice', '{"images": [\n {"name": "a",\n  "recipe": "r",\n  "name": "b"}]}', ['4: name is given twice: line 2 has it, too']],
    [
      'wrong types',
      '{"images": [{"name": 1,\n"recipe": null,\n"debug": "no"}]}',
      [
        '1: name takes a text, not the number 1: put it in quotes, "1"',
        '2: recipe has no value: it takes a text',
        '3: debug takes true or false, not the text "no"',
      ],
    ],
    ['a quoted << is a key', '{"images": [{"name": "a", "recipe": "r",\n"<<": {}}]}', ['2: there is no key <<']],
  ])('JSON: %s', (_, text, expected) => expect(mistakesOf('i.json', text)).toEqual(expected))

  const bomb = `a: &k0 [x,x,x,x,x,x,x,x,x,x]\n${Array.from({ length: 20 }, (_, at) => `k${at}: &k${at + 1} [${Array(10).fill(`*k${at}`)}]\n`).join('')}`
  test.each<[string, string, string, string]>([
    ['a billion laughs', 'i.yaml', bomb, '1: the file has more than 100000 values, aliases resolved'],
    ['a value within itself', 'i.yaml', 'images: &a [*a, *a]', '1: values are more than 50 deep in each other'],
    ['lists in lists', 'i.yaml', '['.repeat(500_000), '1: values are more than 50 deep in each other'],
    ['lists in lists, as a block', 'i.yaml', `images:\n  ${'- '.repeat(100_000)}x`, '2: values are more than 50 deep in each other'],
    [
      'maps in maps',
      'i.yaml',
      Array.from({ length: 100 }, (_, at) => `${' '.repeat(at)}a:\n`).join(''),
      '52: values are more than 50 deep in each other',
    ],
    ['lists in lists, of TOML', 'i.toml', `a=${'['.repeat(30_000)}${']'.repeat(30_000)}`, '1: values are more than 50 deep in each other'],
    ['long', 'i.yaml', 'x'.repeat(2_000_000), '1: the file has more than 1048576 characters'],
  ])('too much: %s', (_, path, text, expected) => expect(mistakesOf(path, text)).toEqual([expected]))

  test('of one found later, and of several, in the order of lines', () => {
    const one = mistakes("it's.yaml", [{ line: 4, why: 'no recipe x' }])
    expect([one.message, one.more, one.next]).toEqual(["it's.yaml:4: no recipe x", ['Nothing was sent.'], `vi +4 'it'\\''s.yaml'`])
    const two = mistakes(
      'i.yaml',
      [
        { line: 10, why: 'b' },
        { line: 9, why: 'a' },
      ],
      'cray-ims recipes list',
    )
    expect([two.message, two.more, two.next]).toEqual([
      'i.yaml: 2 mistakes; nothing was sent',
      ['  i.yaml:9: a', '  i.yaml:10: b'],
      'cray-ims recipes list',
    ])
  })

  test('what to type: the schema for what keys take, the editor for how images go together', () => {
    expect(failureOf(() => readEntries('i.yaml', image('x: 1'))).next).toEqual(['build', '--print-schema'])
    expect(failureOf(() => readEntries('i.yaml', images('{name: a, base: a}'))).next).toBe('vi +2 i.yaml')
  })
})

test.each([
  [['a:r', 'b:r', 'c:r'], 'a b c'],
  [['a:b', 'b:c', 'c:r', 'd:r'], 'c b a d'],
  [['x:r', 'a:c', 'b:c', 'c:gone', 'd:a'], 'x c a b d'],
])('%j in order: %s', (shapes, expected) => {
  const text = images(
    ...shapes.map((shape) => shape.split(':')).map(([name, base]) => `{name: ${name}, ${base === 'r' ? 'recipe' : 'base'}: ${base}}`),
  )
  expect(
    inOrder(readEntries('i.yaml', text))
      .map(({ order }) => order.name)
      .join(' '),
  ).toBe(expected)
})

describe('the schema', () => {
  interface Schema {
    properties: Record<string, Schema>
    patternProperties: Record<string, Schema>
    definitions: Record<string, Schema>
    enum?: string[]
    required: string[]
    additionalProperties: boolean
    $ref?: string
  }
  const schema = imageFileSchema() as Schema
  const kinds = { recipe: schema.definitions['from-recipe']!, base: schema.definitions['from-base']! }

  test.each(['recipe', 'base'] as const)('an image with a %s has the keys of its rows, and no others', (source) => {
    const { properties, patternProperties, required, additionalProperties } = kinds[source]
    expect(Object.keys(properties)).toEqual(['name', source, ...imageKeys[source].map(({ flag }) => flag.slice(2))])
    expect(required).toEqual(['name', source])
    expect(additionalProperties).toBe(false)
    const spellings = Object.keys(properties)
      .filter((key) => key.includes('-'))
      .map((key) => key.replaceAll('-', '_'))
    expect(Object.keys(patternProperties)).toEqual(spellings.map((key) => `^${key}$`))
    for (const { $ref } of [...Object.values(properties).slice(2), ...Object.values(patternProperties)]) {
      expect(schema.definitions).toHaveProperty([$ref!.replace('#/definitions/', '')])
    }
  })

  test('an image with an import has the keys of its rows, and says their values itself', () => {
    const { properties, required } = schema.definitions['from-import']!
    expect(Object.keys(properties)).toEqual(['name', 'import', ...imageKeys.import.map(({ flag }) => flag.slice(2))])
    expect(required).toEqual(['name', 'import'])
    expect(properties['if-exists']!.enum).toEqual(['fail', 'skip'])
    const [folder, files] = (properties.import as unknown as { oneOf: Schema[] }).oneOf
    expect(folder).toEqual({ type: 'string', pattern: '\\S' })
    expect(Object.keys(files!.properties)).toEqual(importSources.map(({ flag }) => flag.slice(2)))
    expect((files as unknown as { oneOf: Schema[] }).oneOf).toEqual([{ required: ['rootfs'] }, { required: ['from-dir'] }])
  })

  // What it says of a value is what the reader says.
  test.each([...new Map([...imageKeys.recipe, ...imageKeys.base].map((row) => [row.flag, row])).values()])(
    'the values of $flag',
    ({ flag }) => {
      const key = flag.slice(2)
      const { enum: choices, ...rest } = schema.definitions[key] as Schema & { type: string; description: string }
      expect(rest.description).not.toBe('')
      const samples = { string: choices ?? ['x'], integer: ['15'], boolean: ['true', 'false'] }[rest.type]!
      const source = key in kinds.recipe.properties ? 'recipe' : 'base'
      for (const sample of samples) expect(readEntries('i.yaml', images(`{name: a, ${source}: b, ${key}: ${sample}}`))).toHaveLength(1)
      for (const wrong of rest.type === 'string' && !choices ? ['1', '[]', '""'] : ['never', '{}']) {
        expect(mistakesOf('i.yaml', images(`{name: a, ${source}: b, ${key}: ${wrong}}`))[0]).toContain(key)
      }
    },
  )
})

describe('the state', () => {
  let folder: string
  let file: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'image-file-'))
    file = join(folder, 'images.yaml')
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  test('is kept beside the file, for its owner alone, with each change at once', () => {
    const state = openState(file)
    expect(statePath(file)).toBe(`${file}.state`)
    expect(state.of('a')).toBeUndefined()
    expect(existsSync(statePath(file))).toBe(false)
    state.set('a', { order: 'x', job: 'j' })
    state.set('__proto__', { order: 'y' })
    expect(statSync(statePath(file)).mode & 0o777).toBe(0o600)
    state.set('a', { order: 'x', job: 'j', image: 'i' })
    const again = openState(file)
    expect([again.of('a'), again.of('__proto__'), again.of('toString')]).toEqual([
      { order: 'x', job: 'j', image: 'i' },
      { order: 'y' },
      undefined,
    ])
  })

  test.each([
    ['', 'it is empty'],
    ['{"version": 1, "ima', 'it is not JSON'],
    ['[]', 'it is not what a build of this file keeps there'],
    ['null', 'it is not what a build of this file keeps there'],
    ['{"images": {}}', 'it is not what a build of this file keeps there'],
    ['{"version": 1, "images": []}', 'it is not what a build of this file keeps there'],
    ['{"version": 2, "images": {}}', 'it is of version 2, and this program keeps version 1'],
    ['{"version": 1, "images": {"a": {"job": "j"}}}', 'what it has of "a" makes no sense'],
    ['{"version": 1, "images": {"a": {"order": "x", "job": 5}}}', 'what it has of "a" makes no sense'],
  ])('%s is refused and left alone', (text, why) => {
    writeFileSync(`${file}.state`, text)
    const failure = failureOf(() => openState(file))
    expect([failure.message, failure.exit, failure.next]).toEqual([
      `${file}.state can't be used: ${why}`,
      2,
      `mv ${file}.state ${file}.state.old`,
    ])
    expect(readFileSync(`${file}.state`, 'utf8')).toBe(text)
  })

  test('a place that cannot be written is named', () => {
    const state = openState(file)
    mkdirSync(`${file}.state`)
    const failure = failureOf(() => state.set('a', { order: 'x' }))
    expect([failure.message, failure.exit]).toEqual([`${file}.state can't be written: it is a folder, not a file`, 2])
    expect(failure.more.join()).toContain(folder)
  })

  test.skipIf(process.getuid?.() === 0)('a folder that cannot be written is found before anything is', () => {
    chmodSync(folder, 0o500)
    expect(failureOf(() => requireWritable(file)).message).toBe(`${file}.state can't be written: permission denied`)
    chmodSync(folder, 0o700)
    requireWritable(file)
  })

  test('a folder that is gone is found before anything is', () => {
    expect(failureOf(() => requireWritable(join(folder, 'gone/images.yaml'))).message).toContain('no such file or directory')
  })

  test('the hash of an order is that of its keys, their values and what they name', () => {
    const hash = orderHash({ name: 'a', source: 'b' }, ['echo', 'id'])
    expect(hash).toMatch(/^[\da-f]{64}$/)
    expect(orderHash({ source: 'b', arch: undefined, name: 'a' }, [Buffer.from('echo'), 'id'])).toBe(hash)
    const others = [
      orderHash({ name: 'a', source: 'c' }, ['echo', 'id']),
      orderHash({ name: 'a', source: 'b' }, ['ech', 'oid']),
      orderHash({ name: 'a', source: 'b' }, [undefined, 'id']),
      orderHash({ name: 'a', source: 'b' }),
    ]
    expect(new Set([hash, ...others]).size).toBe(5)
  })
})
