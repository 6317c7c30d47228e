import { describe, expect, it, test } from 'vitest'
import { Failure } from '../../src/errors.ts'
import { readJson } from '../../src/json/read.ts'
import { compileQuery, runQuery } from '../../src/render/query.ts'
import type { Format } from '../../src/render/render.ts'

async function run(expression: string, source: string, format: Format = 'json'): Promise<string | undefined> {
  let whole = ''
  const found = await runQuery(compileQuery(expression), readJson(source), format, (text) => (whole += text))
  return found ? whole : undefined
}

const numbers = '{"one":1,"float":1.0,"exp":1E5,"big":12345678901234567890123,"list":[10,9.0,1,12345678901234567890123],"nan":NaN}'
const jobs = '[{"name":"b","size":15.0,"created":"2026-01-02","tags":["x"]},{"name":"a","size":8,"created":"2026-03-01","tags":[]},{"name":"c","size":null,"created":"2026-02-01"}]'

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
    expect(await run(expression, source, format)).toBe(`${text}\n`)
  })
})

describe('a number that is selected keeps its text; one that is looked into is a number', () => {
  test.each([
    ['one', '1'], ['float', '1.0'], ['exp', '100000.0'], ['big', '12345678901234567890123'], ['nan', 'nan'],
    ['[float, one]', '1.0\n1'], ['list[1]', '9.0'], ['list[::-1]', '12345678901234567890123\n1\n9.0\n10'],
    ['sort(list)', '1\n9.0\n10\n12345678901234567890123'], ['max(list)', '12345678901234567890123'], ['sort_by(list, &@)[0]', '1'],
    ['map(&@, list)', '10\n9.0\n1\n12345678901234567890123'], ['not_null(nosuch, big)', '12345678901234567890123'],
    ['list[?@ > `9`]', '10\n12345678901234567890123'], ['list[?@ == `9`]', '9.0'], ['one == float', 'true'], ['{a: one} == {a: float}', 'true'],
    ['one + float', '2'], ['-exp', '-100000'], ['sum(list[:3])', '20'], ['length(list)', '4'], ['type(big)', 'number'],
    ['contains(list, `9`)', 'true'], ['let $x = float in [$x, one]', '1.0\n1'], ['one && big', '12345678901234567890123'],
    ['sort_by([@], &to_number(float))[0].float', '1.0'], ['max_by([{n: one}, {n: big}], &n).n', '12345678901234567890123'],
  ])('%s', async (expression, text) => {
    expect(await run(expression, numbers)).toBe(`${text}\n`)
  })
})

describe('null is nothing', () => {
  test.each([['nosuch', '{}'], ['@', 'null'], ['a.b.c', '{"a":1}'], ['[0]', '[]'], ['constructor', '{}'], ['a.number', '{"a":1}'], ['max_by(@, &a)', '[]']])(
    '%s of %s', async (expression, source) => {
      expect(await run(expression, source)).toBeUndefined()
    },
  )
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
    await expect(run(expression, jobs)).rejects.toMatchObject({ name: 'Failure', exit: 2, usage: true, message: expect.stringContaining(why) })
  })

  it('takes a literal that looks like a call for what it is', async () => {
    expect(await run('`{"type": "Function", "name": "x"}`.name', '{}')).toBe('x\n')
  })
})

function failure(act: () => unknown): Failure {
  try {
    act()
  } catch (error) {
    if (error instanceof Failure) return error
  }
  throw new Error('it did not fail')
}
