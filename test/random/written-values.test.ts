import { execFileSync, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { isNumber, type Value, type ValueMap } from '../../src/json/value.ts'
import { csvCells, csvColumns, heading, renderCsv } from '../../src/render/csv.ts'
import { renderJson } from '../../src/render/json.ts'
import { wholeText, type Write } from '../../src/render/pieces.ts'
import { renderToml } from '../../src/render/toml.ts'
import { renderYaml } from '../../src/render/yaml.ts'
import { randomInput } from '../support/random-input.ts'
import { roundsOf, seed } from '../support/random-test.ts'
import { wildValue } from '../support/wild-values.ts'

// Debian's own Python has the packages of Debian.
const python = ['/usr/bin/python3', 'python3'].find((path) => spawnSync(path, ['-c', 'import tomllib, yaml']).status === 0)

const layout = { now: 0, show: (text: string) => text }
const isTable = (value: Value): value is ValueMap => value instanceof Map

/** A value as JSON, its numbers as they are: by nothing that writers of the program use. */
function plainJson(value: Value): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  if (isNumber(value)) return value.number
  if (Array.isArray(value)) return `[${value.map(plainJson).join(',')}]`
  return `{${[...value].map(([key, item]) => `${JSON.stringify(key)}:${plainJson(item)}`).join(',')}}`
}

/** What is left in TOML of a value, by the original's rules: no null, and of some tables their keys only. */
function leftInToml(value: Value, inList = false): Value {
  if (value === null) return 'None'
  if (Array.isArray(value)) return value.every(isTable) ? value.map((item) => leftInToml(item, true)) : value.map(leftOf(value))
  if (!isTable(value)) return value
  const members = [...value].filter(([, item]) => item !== null && !(inList && isTable(item) && isHollow(item)))
  return new Map(members.map(([key, item]) => [key, leftInToml(item, inList)]))
}

/** The same for an item of a list on one line. One that mixes tables with other things keeps them whole. */
function leftOf(list: readonly Value[]): (item: Value) => Value {
  const isMixed = list.some(isTable)
  const left = (item: Value): Value => {
    if (Array.isArray(item)) return item.map(left)
    if (!isTable(item)) return leftInToml(item)
    if (!isMixed) return [...item.keys()]
    return new Map([...item].flatMap(([key, member]) => (member === null ? [] : [[key, left(member)]])))
  }
  return left
}

const isHollow = (table: ValueMap): boolean => [...table.values()].every((item) => item === null || (isTable(item) && isHollow(item)))

/** Texts that the original's YAML doesn't give back: it leaves these ends of lines as they are, and YAML reads them as others. */
const lostInYaml = /[\x85\u2028\u2029]/

/** Halves of characters, which TOML has no way to write: keys with them may become the same one. */
const lostInToml = /\p{Surrogate}/u

function textsOf(value: Value): string[] {
  if (typeof value === 'string') return [value]
  if (Array.isArray(value)) return value.flatMap(textsOf)
  return isTable(value) ? [...value].flatMap(([key, item]) => [key, ...textsOf(item)]) : []
}

type Case = [format: string, write: (write: Write) => void, meant: Value]

/** What is written in each format, and what it is to be read as. */
function casesOf(value: Value): Case[] {
  const has = (pattern: RegExp) => textsOf(value).some((text) => pattern.test(text))
  const cases: Case[] = [['json', (write) => renderJson(value, write), value]]
  if (!has(lostInYaml)) cases.push(['yaml', (write) => renderYaml(value, write), value])
  const meant = leftInToml(isTable(value) ? value : new Map([['results', value]]))
  if (!has(lostInToml)) cases.push(['toml', (write) => renderToml(value, write), meant])
  if (Array.isArray(value) && value.length > 0 && value.every(isTable)) {
    const columns = csvColumns(value, layout)
    const rows = value.map((record) => csvCells(record, columns))
    if (columns.length > 0) cases.push(['csv', (write) => renderCsv(value, write, layout), [columns.map(heading), ...rows]])
  }
  return cases
}

const count = roundsOf({ all: 100_000, nth: 50 })
/** So many are read by one Python. */
const batch = 2000

test.skipIf(!python && !process.env.CI)(
  `what is written is read back by Python's json, tomllib and csv, and by PyYAML: ${count} values of seed ${seed}`,
  { timeout: 240_000 + count * 20 },
  () => {
    const random = randomInput(seed)
    for (let done = 0; done < count; done += batch) {
      const lines = Array.from({ length: Math.min(batch, count - done) }, () =>
        casesOf(wildValue(random)).map(
          ([format, write, meant]) => `{"format":"${format}","text":${JSON.stringify(wholeText(write))},"meant":${plainJson(meant)}}\n`,
        ),
      )
      const faults = execFileSync(python!, [join(import.meta.dirname, '../support/read-back.py')], {
        input: lines.flat().join(''),
        encoding: 'utf8',
        maxBuffer: 2 ** 30,
      })
      expect(faults.split('\n').slice(0, 3).join('\n')).toBe('')
    }
  },
)
