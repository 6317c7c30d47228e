import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { run as getSetting } from '../../src/commands/config/get.ts'
import { run as setSettings } from '../../src/commands/config/set.ts'
import { readConfiguration } from '../../src/config/configuration.ts'
import type { CommandContext } from '../../src/context.ts'
import type { Value } from '../../src/json/value.ts'
import { acceptable } from '../support/acceptable.ts'
import { randomInput, type RandomInput } from '../support/random-input.ts'
import { roundsOf, seed } from '../support/random-test.ts'
import { temporaryFolder } from '../support/sshd.ts'
import { wildText } from '../support/wild-values.ts'

const { path: folder, remove } = temporaryFolder()
afterAll(remove)
const path = join(folder, 'configuration')

// Debian's own Python has tomllib.
const python = ['/usr/bin/python3', 'python3'].find((one) => spawnSync(one, ['-c', 'import tomllib']).status === 0)

let printed: Value | undefined
const context = { configuration: () => ({ path }), print: async (value: Value | undefined) => ((printed = value), 0) }
const given = context as unknown as CommandContext

/** A date or a time: one that there is, or one that looks like it. */
function moment({ below, pick }: RandomInput): string {
  const digits = (most: number, length = 2) => String(below(most)).padStart(length, '0')
  const date = () => `${pick(['2026', '0001', '9999', '1969', '2024'])}-${digits(14)}-${digits(33)}`
  // A second 60 there is, but not to Python.
  const time = () =>
    `${digits(25)}:${digits(61)}:${pick([digits(60), digits(60), digits(60), '61'])}${pick(['', '', '.5', '.123456', '.0', '.'])}`
  const offset = () => pick(['', 'Z', 'z', '+00:00', '-00:00', `${pick(['+', '-'])}${digits(25)}:${digits(61)}`])
  return pick([date, time, () => `${date()}${pick(['T', 't', ' ', '  '])}${time()}${offset()}`])()
}

const others = ['1_000', '0x1F', '-0.0', '1e6', 'inf', 'true', "'literal'", '"\\u00e9"', '[1, [2]]', '9223372036854775807', '"""a\nb"""']

function configurationOf(random: RandomInput): string {
  const { below, pick } = random
  const value = () => (below(3) > 0 ? moment(random) : pick(others))
  const setting = (at: number) => `${pick([`key${at}`, `"a key ${at}"`])} = ${below(8) === 0 ? `[${value()}, ${value()}]` : value()}\n`
  const tables = ['core', 'ims.jobs.create', 'dates'].map(
    (name, at) => `[${name}]\n${Array.from({ length: below(2) }, (_, one) => setting(10 * at + one)).join('')}`,
  )
  return `${tables.slice(below(3)).join('')}# an end\n`
}

/** What a word of a command line can hold. */
const wordOf = (random: RandomInput) => wildText(random).replace(/[\0\p{Surrogate}]/gu, '')

interface Case {
  readonly before: string
  /** What was written; null where it was refused. */
  readonly after: string | null
  readonly section: string
  readonly settings: Readonly<Record<string, string>>
}

async function tryCase(random: RandomInput): Promise<Case> {
  const { pick, below } = random
  const before = configurationOf(random)
  const section = pick(['core', 'ims.jobs.create', 'dates', 'dates.x', 'new', () => wordOf(random)])
  const name = typeof section === 'string' ? section : section()
  const settings = Object.fromEntries(
    Array.from({ length: 1 + below(2) }, () => [wordOf(random).replaceAll('=', ''), pick([wordOf, moment])(random)]),
  )
  writeFileSync(path, before)
  const words = Object.entries(settings).map(([key, value]) => `${key}=${value}`)
  let isSet = false
  await acceptable([before, name, settings], async () => {
    await setSettings(given, {}, { section: name, values: words })
    isSet = true
    readConfiguration({ CRAY_CONFIG_DIR: folder }, path)
    for (const [key, value] of Object.entries(settings)) {
      if (key.includes('.')) continue
      await getSetting(given, {}, { property: `${name}.${key}` })
      expect(printed).toBe(value)
    }
  })
  if (!isSet) expect(readFileSync(path, 'utf8')).toBe(before)
  return { before, after: isSet ? readFileSync(path, 'utf8') : null, section: name, settings }
}

const count = roundsOf({ all: 20_000, nth: 50 })

test.skipIf(!python && !process.env.CI)(
  `what is set is read back, by Python too, and dates stay as they were: ${count} rounds of seed ${seed}`,
  { timeout: 240_000 + count * 50 },
  async () => {
    const random = randomInput(seed)
    const cases: Case[] = []
    while (cases.length < count) cases.push(await tryCase(random))
    const faults = execFileSync(python!, [join(import.meta.dirname, '../support/settings-back.py')], {
      input: cases.map((one) => `${JSON.stringify(one)}\n`).join(''),
      encoding: 'utf8',
      maxBuffer: 2 ** 30,
    })
    expect(faults.split('\n').slice(0, 3).join('\n')).toBe('')
    // Else it would try nothing.
    expect(cases.filter(({ after }) => after !== null).length).toBeGreaterThan(count / 10)
  },
)
