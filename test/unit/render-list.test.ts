import { describe, expect, test } from 'vitest'
import { readJson } from '../../src/json/read.ts'
import type { Value } from '../../src/json/value.ts'
import { bufferOutput } from '../../src/render/pieces.ts'
import { listWriter, render, type Format } from '../../src/render/render.ts'
import { randomValues } from '../support/random-values.ts'

async function whole(value: Value, format: Format): Promise<string> {
  let text = ''
  await render(value, format, (piece) => (text += piece))
  return text
}

/** What is written item by item; the item that is refused. */
async function byItem(items: Value[], format: Format): Promise<string | { refused: Value | undefined }> {
  let text = ''
  const { add, end } = (await listWriter(format))!((piece) => (text += piece))
  if (!items.every(add)) return { refused: items.at(-1) }
  end()
  return text
}

describe.each(['json', 'toml', 'yaml'] as const)('%s of a list, item by item, is what it is as a whole', (format) => {
  test('of random tables', async () => {
    const tables = [...randomValues(3, 300)].filter((value) => value instanceof Map)
    expect(tables.length).toBeGreaterThan(100)
    for (let at = 0; at < tables.length; at += 20) {
      const some = tables.slice(at, at + 20)
      expect(await byItem(some, format)).toBe(await whole(some, format))
    }
  })

  test.each(['[]', '[{}]', '[{},{"a":null},{}]', '[{"a":{"b":{}}},{"a":[{"b":1}]},{"a":[1,"x"]}]'])('%s', async (text) => {
    const items = readJson(text) as Value[]
    expect(await byItem(items, format)).toBe(await whole(items, format))
  })

  test('of other things, where that can be written', async () => {
    const items = readJson('[{"a":1},null,1.50,"x",true,[1],[[2],{}]]') as Value[]
    for (const item of items.slice(1)) {
      const written = await byItem([items[0]!, item], format)
      expect(written).toEqual(format === 'toml' ? { refused: item } : await whole([items[0]!, item], format))
    }
  })
})

test('a text that is held comes out as it went in', () => {
  const { write, blocks } = bufferOutput()
  const texts = ['', 'a', 'é日😀'.repeat(10_000), 'x'.repeat(2 ** 18), 'y'.repeat(2 ** 17), '日'.repeat(2 ** 18), 'end']
  texts.forEach(write)
  expect(Buffer.concat(blocks()).toString() === texts.join('')).toBe(true)
})
