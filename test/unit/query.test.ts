import { describe, expect, it, test } from 'vitest'
import { CliError } from '../../src/errors.ts'
import { readJson } from '../../src/json/read.ts'
import { compileQuery, printFound, runQuery } from '../../src/render/query.ts'
import { nearestPath } from '../../src/render/query-nearest.ts'
import { search } from '../../src/render/query-search.ts'
import type { Format } from '../../src/render/render.ts'

async function run(expression: string, source: string, format: Format = 'json', typed = false): Promise<string | undefined> {
  let whole = ''
  const found = runQuery(compileQuery(expression), readJson(source))
  if (found === null) return undefined
  await printFound(found, { format, typed, write: (text) => (whole += text) })
  return whole
}

const numbers = '{"one":1,"float":1.0,"exp":1E5,"big":12345678901234567890123,"list":[10,9.0,1,12345678901234567890123],"nan":NaN}'
const jobs =
  '[{"name":"b","size":15.0,"created":"2026-01-02","tags":["x"]},{"name":"a","size":8,"created":"2026-03-01","tags":[]},{"name":"c","size":null,"created":"2026-02-01"}]'

describe('a scalar is bare', () => {
  test.each([
    ['name', '{"name":"it\'s é\\n"}', "it's é\n"],
    ['a', '{"a":true}', 'true'],
    ['a', '{"a":""}', ''],
    ['@', '42', '42'],
    ['length(@)', '[1,2]', '2'],
    ["[?name=='a'] | [0].created", jobs, '2026-03-01'],
    ['max_by(@, &created).name', jobs, 'a'],
    ['min_by(@, &created).name', jobs, 'b'],
    ["join(',', [].name)", jobs, 'b,a,c'],
  ])('%s of %s', async (expression, source, text) => {
    for (const format of ['json', 'toml', 'yaml'] as const) expect(await run(expression, source, format)).toBe(`${text}\n`)
  })
})

describe('a list of scalars is one a line', () => {
  test.each([
    ['[].name', jobs, 'b\na\nc'],
    ['sort_by(@, &name)[].name', jobs, 'a\nb\nc'],
    ['[*].size', jobs, '15.0\n8'],
    ['[0].[name, size, nosuch, `true`]', jobs, 'b\n15.0\nnull\ntrue'],
    ['[]', '[]', ''],
    ["[?name=='nosuch'].name", jobs, ''],
    ['keys(@)', '{"b":1,"10":2,"2":3}', 'b\n10\n2'],
    ['*', '{"b":1,"10":2.0,"2":3}', '1\n2.0\n3'],
  ])('%s of %s', async (expression, source, text) => {
    expect(await run(expression, source, 'toml')).toBe(text === '' ? '' : `${text}\n`)
  })
})

describe('anything else is in the format', () => {
  const source = '{"links":[{"z":1.0,"10":null,"2":12345678901234567890123}],"n":[[1],[]]}'
  test.each<[string, Format, string]>([
    ['links', 'toml', '[[results]]\nz = 1.0\n2 = 12345678901234567890123\n\n'],
    ['links[0]', 'yaml', "z: 1.0\n'10':\n'2': 12345678901234567890123\n"],
    ['links[0]', 'json', '{\n  "z": 1.0,\n  "10": null,\n  "2": 12345678901234567890123\n}'],
    ['reverse(links)', 'yaml', "- z: 1.0\n  '10':\n  '2': 12345678901234567890123\n"],
    ['{a: links[0].z, n: n[0][0]}', 'yaml', 'a: 1.0\nn: 1\n'],
    ['n', 'yaml', '- - 1\n- []\n'],
  ])('%s in %s', async (expression, format, text) => {
    expect(await run(expression, source, format, true)).toBe(`${text}\n`)
  })
})

describe('a number that is selected keeps its text; one that is looked into is a number', () => {
  test.each([
    ['one', '1'],
    ['float', '1.0'],
    ['exp', '100000.0'],
    ['big', '12345678901234567890123'],
    ['nan', 'nan'],
    ['[float, one]', '1.0\n1'],
    ['list[1]', '9.0'],
    ['list[::-1]', '12345678901234567890123\n1\n9.0\n10'],
    ['sort(list)', '1\n9.0\n10\n12345678901234567890123'],
    ['max(list)', '12345678901234567890123'],
    ['sort_by(list, &@)[0]', '1'],
    ['map(&@, list)', '10\n9.0\n1\n12345678901234567890123'],
    ['not_null(nosuch, big)', '12345678901234567890123'],
    ['list[?@ > `9`]', '10\n12345678901234567890123'],
    ['list[?@ == `9`]', '9.0'],
    ['one == float', 'true'],
    ['{a: one} == {a: float}', 'true'],
    ['one + float', '2'],
    ['-exp', '-100000'],
    ['sum(list[:3])', '20'],
    ['length(list)', '4'],
    ['type(big)', 'number'],
    ['contains(list, `9`)', 'true'],
    ['let $x = float in [$x, one]', '1.0\n1'],
    ['one && big', '12345678901234567890123'],
    ['sort_by([@], &to_number(float))[0].float', '1.0'],
    ['max_by([{n: one}, {n: big}], &n).n', '12345678901234567890123'],
  ])('%s', async (expression, text) => {
    expect(await run(expression, numbers)).toBe(`${text}\n`)
  })
})

// What jmespath.py 1.1 gives.
describe('texts are compared, and written between backquotes, as in jmespath.py', () => {
  test.each([
    ["[?created < '2026-02-15'].name", jobs, 'b\nc'],
    ["[?created >= '2026-02-01'].name", jobs, 'a\nc'],
    ['[?created > `2026-02-01`].name', jobs, 'a'],
    ['[?name == `a`].size', jobs, '8'],
    ['[?size <= name].name', jobs, ''],
    ['[?size < `10`].name', jobs, 'a'],
    ["['a' < 'b', 'b' < 'a', 'a' <= 'a', 'a' > '', 'a' < 'ab', 'a' < 'B']", '{}', 'true\nfalse\ntrue\ntrue\ntrue\nfalse'],
    ["'\uffff' < '😀'", '{}', 'true'],
    ["['a' < `1`, `true` < 'x', `[1]` < `[2]`, `null` < 'x', `true` < `2`]", '{}', 'null\nnull\nnull\nnull\nnull'],
    [
      '[`word`, `foo bar`, ` word`, `tru`, `True`, `01`, `1.`, `2026-01-01`, `[1`, `é`, `"q"`]',
      '{}',
      'word\nfoo bar\nword\ntru\nTrue\n01\n1.\n2026-01-01\n[1\né\nq',
    ],
    ["'a`b'", '{}', 'a`b'],
  ])('%s', async (expression, source, text) => {
    expect(await run(expression, source)).toBe(text === '' ? '' : `${text}\n`)
  })

  test.each([
    ['`wo"rd`', "a text is written 'text'"],
    ['`word', '` is not closed'],
    ["name == 'word", "' is not closed"],
    ['"name', '" is not closed'],
    ["'it\\'", "' is not closed"],
  ])('%s is refused', (expression, why) => {
    expect(() => compileQuery(expression)).toThrow(why)
  })
})

describe('null is nothing', () => {
  test.each([
    ['nosuch', '{}'],
    ['@', 'null'],
    ['a.b.c', '{"a":1}'],
    ['[0]', '[]'],
    ['constructor', '{}'],
    ['a.number', '{"a":1}'],
    ['max_by(@, &a)', '[]'],
  ])('%s of %s', async (expression, source) => {
    expect(await run(expression, source)).toBeUndefined()
  })
})

describe('an expression that is wrong', () => {
  test.each([
    ['a[', `"a[": expected Star, got: EOF`],
    ['', '"": invalid token (EOF): ""'],
    ['a b', 'unexpected token type: UnquotedIdentifier, value: b'],
    ['[].nosuch(@)', 'there is no function nosuch()'],
    ['[?toString(@)]', 'there is no function toString()'],
    ['a ~ b', 'unknown character: ~'],
  ])('%j is refused before anything is sent', (expression, why) => {
    const refused = failure(() => compileQuery(expression))
    expect(refused).toMatchObject({ exit: 2, usage: true, message: expect.stringContaining("Invalid value for '--query'") })
    expect(refused.message).toContain(why)
    expect(refused.next).toContain('--query')
  })

  it.each([
    ['sort_by(@, &size)', 'expected (number), received null'],
    ['length(@, @)', 'Invalid arity: length()'],
    ['keys([0].name)', 'Invalid type: keys()'],
    ['[0].name + `1`', 'not-a-number'],
  ])('%s does not fit the value', async (expression, why) => {
    await expect(run(expression, jobs)).rejects.toMatchObject({
      name: 'CliError',
      exit: 2,
      usage: true,
      message: expect.stringContaining(why),
    })
  })

  it.each([['('.repeat(20_000) + '@' + ')'.repeat(20_000)], ['[*].[*].'.repeat(20_000) + 'a'], ['!'.repeat(20_000) + '@']])(
    'nests too deeply',
    (expression) => {
      expect(failure(() => compileQuery(expression)).message).toContain('it is nested too deeply')
    },
  )

  it('takes a literal that looks like a call for what it is', async () => {
    expect(await run('`{"type": "Function", "name": "x"}`.name', '{}')).toBe('x\n')
  })
})

const steps = (expression: string, source: string, most: number) => search(compileQuery(expression).tree, readJson(source), most)

describe('an expression that is worth no end of work has one', () => {
  test.each([
    ['doubles its result', '@' + ' | [@, @]'.repeat(60)],
    ['doubles a list', '@' + ' | [@, @][]'.repeat(60)],
    ['doubles a list for each item', '[].[@, @][]'.repeat(60)],
    ['doubles what is written as text', `${'@ | [@, @] | '.repeat(60)}length(to_string(@))`],
    ['compares what was doubled', `[@ | ${'[@, @] | '.repeat(60)}@, @ | ${'[@, @] | '.repeat(60)}@] | [0] == [1]`],
    ['goes through all for all', '[].[$[].[$[].[$[]]]]'],
    ['looks all up for all', "let $all = [@, @, @, @, @, @, @, @][] in $all[].[contains($all, 'x')]"],
    ['sorts all by all', `${'max_by($, &to_string('.repeat(60)}@${'))'.repeat(60)}`],
  ])('one that %s', (_, expression) => {
    expect(() => steps(expression, JSON.stringify(Array.from({ length: 100 }, (_, at) => at)), 10_000)).toThrow(
      'it takes more than 10000 steps',
    )
  })

  test.each([
    ['join', "'a'" + " | join('', [@, @])".repeat(60)],
    ['replace', "'a'" + " | replace(@, 'a', 'aaaa')".repeat(60)],
    ['pad_left', "pad_left('a', `100000000`)"],
  ])('a text that %s makes has a limit', async (_, expression) => {
    await expect(run(`${expression} | length(@)`, '1')).rejects.toMatchObject({
      name: 'CliError',
      message: expect.stringContaining('it makes a text of more than 16777216 characters'),
    })
  })

  it('names the limit', async () => {
    await expect(run('@' + ' | [@, @][]'.repeat(60), '[1]')).rejects.toMatchObject({
      exit: 2,
      message: expect.stringContaining('it takes more than 10000000 steps'),
    })
  })
})

describe('nesting takes no more steps than it has words', () => {
  const wraps: Record<string, (inner: string) => string> = {
    not_null: (x) => `not_null(${x})`,
    equal: (x) => `(\`1\` == ${x})`,
    less: (x) => `(length(to_array(${x})) < \`1\`)`,
    not: (x) => `!(${x})`,
    and: (x) => `(\`1\` && ${x})`,
    or: (x) => `(${x} || \`1\`)`,
    ternary: (x) => `(${x} ? \`1\` : \`2\`)`,
    list: (x) => `[${x}]`,
    object: (x) => `{a: ${x}}`,
    item: (x) => `[${x}][0]`,
    pipe: (x) => `(${x} | @)`,
    flat: (x) => `[${x}][]`,
    sum: (x) => `sum([length(to_array(${x}))])`,
    map: (x) => `map(&@, [${x}])`,
    sort_by: (x) => `sort_by([${x}], &to_string(type(@)))`,
    max_by: (x) => `max_by([${x}], &type(@))`,
    key: (x) => `sort_by([@], &type(${x}))`,
    let: (x) => `let $a = ${x} in $a`,
    merge: (x) => `merge({a: ${x}})`,
    minus: (x) => `-(length(to_array(${x})))`,
  }
  test.each(Object.entries(wraps))('%s', (_, wrap) => {
    for (const other of Object.values(wraps)) {
      let expression = '@'
      for (let depth = 0; depth < 30; depth++) expression = wrap(other(expression))
      expect(() => steps(expression, '[{"a":1}]', 20_000)).not.toThrow('steps')
    }
  })

  it('makes the key of an item once, however often it is compared', () => {
    const names = JSON.stringify(Array.from({ length: 1000 }, (_, at) => ({ name: `n${(at * 7919) % 1000}` })))
    expect(steps('sort_by(@, &name)[999].name', names, 3000)).toBe('n999')
  })

  it('finds the largest of more numbers than a function takes arguments', async () => {
    const many = JSON.stringify(Array.from({ length: 200_000 }, (_, at) => at))
    expect(await run('[max(@), min(@)]', many)).toBe('199999\n0\n')
  })
})

function failure(act: () => unknown): CliError {
  try {
    act()
  } catch (error) {
    if (error instanceof CliError) return error
  }
  throw new Error('it did not fail')
}

describe('lists of lists are rows with tabs', () => {
  test.each<[string, Format, boolean, string]>([
    ['[].[name, size, tags]', 'toml', true, 'b\t15.0\tx\na\t8\t[]\nc\tnull\tnull\n'],
    ['[].[name]', 'json', false, 'b\na\nc\n'],
    ['[[`a\\tb`, `c\\n`], [`d`]]', 'yaml', false, 'a\\tb\tc\\n\nd\n'],
    ['[0:1].[name]', 'json', true, '[\n  [\n    "b"\n  ]\n]\n'],
    ['[0:1].[name]', 'yaml', true, '- - b\n\n'],
    ['[].[name, size]', 'table', true, 'b  15.0\na  8\nc  -\n'],
    ['[].[name, size]', 'csv', true, 'b,15.0\r\na,8\r\nc,\r\n'],
    ['[0:2].[name, size]', 'jsonl', true, '["b", 15.0]\n["a", 8]\n'],
  ])('%s as %s, asked for: %s', async (expression, format, typed, text) => {
    expect(await run(expression, jobs, format, typed)).toBe(text)
  })
})

test.each<[Format, boolean, string]>([
  ['json', true, '[]\n'],
  ['yaml', true, '[]\n\n'],
  ['json', false, ''],
  ['toml', true, ''],
  ['table', true, ''],
])('an empty list as %s, asked for: %s', async (format, typed, text) => {
  expect(await run("[?name=='nosuch'].name", jobs, format, typed)).toBe(text)
})

describe('what found nothing says why, and what there is', () => {
  const record = '{"id":"x","link":{"path":"s3://b","etag":null},"tags":[],"job status":"error"}'
  test.each([
    ['results[0].name', jobs, "the answer is a list; try '[0].name'"],
    ['results[].name', jobs, "the answer is a list; try '[].name'"],
    ['name', jobs, "the answer is a list; try '[].name'"],
    ['nmae', jobs, "the answer is a list; try '[0].name'"],
    ['[7].name', jobs, 'the answer is a list of 3'],
    ['[0]', '[]', 'the answer is an empty list'],
    ['results[0]', '[]', 'the answer is an empty list'],
    ['[0].id', record, "the answer is one record, not a list; try 'id'"],
    ['[].id', record, "the answer is one record, not a list; try 'id'"],
    ['link.pth', record, "link has no pth; try 'link.path'"],
    ['link.etag', record, 'link has no etag: it is null'],
    ['link.nosuch', record, 'link has no nosuch; it has path, etag'],
    ['id.x', record, 'id is a single value'],
    ['tags[0]', record, 'tags is an empty list'],
    ['"job statu"', record, `the answer has no job statu; try '"job status"'`],
    ['a || b', record, 'no part of the answer fits it'],
    ['@', 'null', 'the answer is empty'],
  ])('%s', (expression, source, text) => {
    const value = readJson(source)
    expect(runQuery(compileQuery(expression), value)).toBeNull()
    expect(nearestPath(expression, value)).toBe(text)
  })
})
