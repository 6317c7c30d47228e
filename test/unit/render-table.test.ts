import stringWidth from 'string-width'
import { describe, expect, test } from 'vitest'
import { images, jobs, nodeStatus, publicKeys, recipes } from '../../src/definitions/records.ts'
import type { Image, Job, Link, PublicKey, Recipe, RemoteBuildNodeStatus } from '../../src/ims/records.ts'
import { recordFormats, type Format } from '../../src/definitions/formats.ts'
import { readJson } from '../../src/json/read.ts'
import { createMeasure } from '../../src/render/display-width.ts'
import { renderResult, type Layout } from '../../src/render/render.ts'
import { printable, singleLine } from '../../src/text/printable.ts'

const now = Date.parse('2026-01-31T00:00:00Z')
const pipe: Layout = { now, show: singleLine }

async function show(source: string, format: Format, layout: Partial<Layout> = {}): Promise<string> {
  let text = ''
  await renderResult(readJson(source), format, (part) => (text += part), { ...pipe, ...layout })
  return text
}

const table = (source: string, layout: Partial<Layout> = {}) => show(source, 'table', layout)
const named = (...names: string[]) => JSON.stringify(names.map((name, at) => ({ name, n: at })))
const uuid = (digit: number) => `${String(digit).repeat(8)}-0000-4000-8000-000000000000`

describe('columns stand below each other by what a terminal shows', () => {
  test.each<[string, string[], string]>([
    ['plain', ['a', 'bcd'], 'NAME  N\na     0\nbcd   1\n'],
    ['wide', ['日本', 'a'], 'NAME  N\n日本  0\na     1\n'],
    ['combining', ['e\u0301a\u0300xx', 'y'], 'NAME  N\ne\u0301a\u0300xx  0\ny     1\n'],
    ['emoji', ['👩‍👩‍👧x🇩🇪', 'y'], 'NAME   N\n👩‍👩‍👧x🇩🇪  0\ny      1\n'],
    ['right to left', ['עברית', 'y'], 'NAME   N\nעברית  0\ny      1\n'],
    ['half width', ['ｱ', 'y'], 'NAME  N\nｱ     0\ny     1\n'],
  ])('%s', async (_, names, text) => {
    expect(await table(named(...names))).toBe(text)
  })

  test.each<[string, string]>([
    ['a\nb', 'a\\nb'],
    ['a\tb', 'a\\tb'],
    ['a\r', 'a\\r'],
    ['\x1b[31mred', '\\x1b[31mred'],
    ['a\u2028b\x85', 'a\\u2028b\\x85'],
  ])('a control character is no part of the layout: %j', async (name, shown) => {
    for (const show of [singleLine, (text: string) => singleLine(printable(text))])
      expect(await table(named(name), { columns: ['name'], show })).toBe(`NAME\n${shown}\n`)
  })
})

describe('what is there and what is not', () => {
  const one = `[{"id":"${uuid(1)}","name":"a","arch":"x86_64","created":"2026-01-30T12:00:00","link":null}]`
  test.each<[string, string, Partial<Layout>, string]>([
    ['an empty list of a kind', '[]', { resource: images }, 'ID  NAME  ARCH  AGE\n'],
    ['an empty list of a kind, without headings', '[]', { resource: images, noHeaders: true }, ''],
    ['an empty list of anything', '[]', {}, ''],
    ['a record of a kind', one, { resource: images }, 'ID        NAME  ARCH    AGE\n11111111  a     x86_64  12h\n'],
    ['one record', one.slice(1, -1), { resource: images, noHeaders: true }, '11111111  a  x86_64  12h\n'],
    ['missing fields', '[{"a":1},{"b":null,"c":""}]', {}, 'A  B  C\n1  -  -\n-  -  -\n'],
    ['deeper values', '[{"a":[1,"x"],"b":{"c":[]},"d":true}]', {}, 'A    B          D\n1,x  {"c": []}  true\n'],
    [
      'columns by path',
      '[{"a.b":{"c":1},"l":[{"k":"x"},{"k":"y"}]}]',
      { columns: ['a.b.c', 'l.k', 'l.1.k'] },
      'A.B.C  L.K  L.1.K\n1      x,y  y\n',
    ],
    ['rows', '[["a",1],[null,"日\\t"],["b"]]', { selected: true }, 'a  1\n-  日\\t\nb  \n'],
    ['a list in a table', '{"configurations":[{"name":"a","is_active":true}]}', {}, 'NAME  IS_ACTIVE\na     true\n'],
    ['a key that is no word', '[{"a\\nb":1}]', {}, 'A\\NB\n1\n'],
  ])('%s', async (_, source, layout, text) => {
    expect(await table(source, layout)).toBe(text)
  })

  test('an id whose beginning is another one, too, is shown whole', async () => {
    const ids = [uuid(1), uuid(1).replace('0000', '1111'), uuid(2)]
    const text = await table(JSON.stringify(ids.map((id) => ({ id }))), { resource: images, columns: ['id'], noHeaders: true })
    expect(text.split('\n').map((line) => line.trim())).toEqual([ids[0], ids[1], '22222222', ''])
  })

  test('--wide shows whole ids, and all columns', async () => {
    expect(await table(one, { resource: images, wide: true })).toBe(
      `ID                                    NAME  ARCH    AGE  LINK  CREATED\n${uuid(1)}  a     x86_64  12h  -     2026-01-30T12:00:00\n`,
    )
  })

  test('a job that waits holds the memory of both its containers; others hold none', async () => {
    const job = (status: string) => ({ status, job_mem_size: 8, build_env_size: 15 })
    const text = await table(JSON.stringify([job('waiting_on_user'), job('error'), { status: 'waiting_on_user' }]), {
      resource: jobs,
      columns: ['status', 'size', 'held'],
      paint: (status) => `<${status}>`,
    })
    expect(text).toBe(
      'STATUS           SIZE  HELD\n<waiting_on_user>  15Gi  16Gi\n<error>            15Gi  -\n<waiting_on_user>  -     -\n',
    )
  })

  test.each([
    ['2026-01-30T23:58:01', '119s'],
    ['2026-01-30T22:00:01Z', '119m'],
    ['2026-01-29T01:00:00+01:00', '2d'],
    ['2023-05-07T00:00:00', '2y'],
    ['2026-02-01T00:00:00', '0s'],
    ['yesterday', 'yesterday'],
  ])('the age of what was created %s is %s', async (created, age) => {
    expect(await table(JSON.stringify([{ created }]), { resource: images, columns: ['age'], noHeaders: true })).toBe(`${age}\n`)
  })

  test("a key's type is its first word", async () => {
    const source = '[{"public_key":"ssh-ed25519 AAAA jane"}]'
    expect(await table(source, { resource: publicKeys, columns: ['TYPE'], noHeaders: true })).toBe('ssh-ed25519\n')
  })

  test.each([
    ['nmae', '  Near it: name'],
    ['size', '  There are: name, n'],
    ['', '  There are: name, n'],
    ['n.deep', undefined],
  ])('a column that no record has is refused: %j', async (column, more) => {
    const shown = table(named('a'), { columns: [column] })
    if (more === undefined) expect(await shown).toBe('N.DEEP\n-\n')
    else await expect(shown).rejects.toMatchObject({ usage: true, more: [more] })
  })
})

describe('a table fits a terminal', () => {
  const job = {
    id: uuid(1),
    image_root_archive_name: 'csm-1.5-compute-日本語-sles15sp5-2026-01-30-of-jane',
    job_type: 'customize',
    status: 'packaging_artifacts',
    arch: 'x86_64',
    created: '2026-01-30T12:00:00',
    build_env_size: 15,
    job_mem_size: 8,
  }
  test.each([
    [
      120,
      'ID        NAME                                                 TYPE       STATUS               ARCH    AGE  SIZE  HELD\n11111111  csm-1.5-compute-日本語-sles15sp5-2026-01-30-of-jane  customize  packaging_artifacts  x86_64  12h  15Gi  -\n',
    ],
    [
      80,
      'ID        NAME                         TYPE       STATUS               AGE  HELD\n11111111  csm-1.5-compu…01-30-of-jane  customize  packaging_artifacts  12h  -\n',
    ],
    [50, 'ID        NAME      TYPE      STATUS     AGE  HELD\n11111111  csm-…ane  cust…ize  pack…acts  12h  -\n'],
    [28, 'ID   N…E  T…E  S…S  AGE  H…D\n1…1  c…e  c…e  p…s  12h  -\n'],
  ])('of %i columns', async (width, text) => {
    const shown = await table(JSON.stringify([job]), { resource: jobs, width })
    expect(shown).toBe(text)
    for (const line of shown.split('\n')) expect(stringWidth(line)).toBeLessThanOrEqual(width)
  })

  test.each([
    ['日本語日本語', 7, '日…語'],
    ['日本語日本語', 12, '日本語日本語'],
    ['ae\u0301bcdefghi', 5, 'ae\u0301…hi'],
    ['👩‍👩‍👧👩‍👩‍👧👩‍👩‍👧', 5, '👩‍👩‍👧…👩‍👩‍👧'],
    ['abcdef', 1, '…'],
  ])('%s in %i columns is %s', async (text, width, shown) => {
    const measure = await createMeasure([[text]])
    expect(measure.shorten(text, width)).toBe(shown)
    expect(measure.width(shown)).toBeLessThanOrEqual(width)
  })
})

describe('a record a line', () => {
  const records = `[{"id":"${uuid(1)}","n":1.0,"t":"é\\n","l":[1,{}]},{"id":"${uuid(2)}"}]`
  test.each<[Format, string]>([
    ['jsonl', `{"id": "${uuid(1)}", "n": 1.0, "t": "\\u00e9\\n", "l": [1, {}]}\n{"id": "${uuid(2)}"}\n`],
    ['id', `${uuid(1)}\n${uuid(2)}\n`],
    ['name', `public-key/${uuid(1)}\npublic-key/${uuid(2)}\n`],
    ['csv', `id,name,public_key,created\r\n${uuid(1)},,,\r\n${uuid(2)},,,\r\n`],
  ])('%s', async (format, text) => {
    expect(await show(records, format, { resource: publicKeys })).toBe(text)
  })

  test.each(recordFormats)('%s of nothing is no line; of an empty list, no record', async (format) => {
    let text = ''
    await renderResult(undefined, format, (part) => (text += part), pipe)
    expect(text).toBe('')
    expect(await show('[]', format, { resource: images, noHeaders: true })).toBe('')
    expect(await show('"text"', format)).toBe('text\n')
  })

  test.each(['name', 'id'] as const)('%s of what has no id is refused', async (format) => {
    await expect(show('[{"a":1}]', format)).rejects.toMatchObject({ message: 'the result has no ids' })
  })
})

// RFC 4180, 2: lines end in CRLF; quotes are doubled, and stand around what has one, a comma or an end of line.
describe('csv', () => {
  test.each([
    ['[{"a":"x,y","b":"say \\"hi\\"","c":"l1\\nl2","d":"r\\r","e":" x "}]', 'a,b,c,d,e\r\n"x,y","say ""hi""","l1\nl2","r\r", x \r\n'],
    ['[{"a":null}]', 'a\r\n""\r\n'],
    ['[{"a":[1,2],"b":{"c":1}}]', 'a,b\r\n"1,2","{""c"": 1}"\r\n'],
    ['[["a",1],["b,c"]]', 'a,1\r\n"b,c"\r\n'],
    ['[]', ''],
  ])('%s', async (source, text) => {
    expect(await show(source, 'csv')).toBe(text)
  })
})

/** The fields of a record, as a column names them. */
type FieldOf<R> = { [K in keyof R & string]: K | (R[K] extends Link | null ? `${K}.${keyof Link}` : never) }[keyof R & string]

// Checked where a field gets another name: `satisfies` breaks the build.
test.each([
  [images, ['id', 'name', 'arch', 'created', 'link.path', 'created'] satisfies FieldOf<Image>[]],
  [publicKeys, ['id', 'name', 'public_key', 'created', 'created'] satisfies FieldOf<PublicKey>[]],
  [
    recipes,
    [
      'id',
      'name',
      'recipe_type',
      'linux_distribution',
      'require_dkms',
      'arch',
      'created',
      'link.path',
      'created',
    ] satisfies FieldOf<Recipe>[],
  ],
  [
    jobs,
    [
      'id',
      'image_root_archive_name',
      'job_type',
      'status',
      'arch',
      'created',
      'build_env_size',
      'job_mem_size',
      'artifact_id',
      'resultant_image_id',
      'public_key_id',
      'created',
    ] satisfies FieldOf<Job>[],
  ],
  [
    nodeStatus,
    ['xname', 'ableToRunJobs', 'nodeArch', 'numCurrentJobs', 'sshStatus', 'podmanStatus'] satisfies FieldOf<RemoteBuildNodeStatus>[],
  ],
] as const)('columns are of fields that records have: %o', ({ columns }, fields) => {
  expect(columns.map(({ field }) => field)).toEqual(fields)
})
