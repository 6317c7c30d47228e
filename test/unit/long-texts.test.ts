import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { scriptOutput } from '../../src/builds/script-output.ts'
import { readConfiguration } from '../../src/config/configuration.ts'
import { fieldProblems } from '../../src/ims/server-error.ts'
import { nameTrouble } from '../../src/ims/pasted-text.ts'
import { parsePublicKey } from '../../src/ssh/public-key.ts'
import { toValue } from '../../src/json/value.ts'

// Texts over which a pattern, or what puts lines together, would go again and again: a test that doesn't end in time fails.
const many = 100_000

function inexact(text: string): boolean {
  const home = mkdtempSync(join(tmpdir(), 'long-texts-'))
  try {
    mkdirSync(join(home, '.config/cray/configurations'), { recursive: true })
    writeFileSync(join(home, '.config/cray/configurations/default'), `[core]\nhostname = "h"\n${text}`)
    return readConfiguration({ HOME: home }).inexact
  } finally {
    rmSync(home, { recursive: true })
  }
}

const table = (value: string) => `a = {${Array.from({ length: 30_000 }, (_, at) => `k${at} = ${value}`).join(', ')}}\n`

async function lastLine(bits: readonly string[]): Promise<string | undefined> {
  const lines: string[] = []
  const output = scriptOutput((text) => void lines.push(text))
  for (const bit of bits) await output.write(bit)
  output.rest()
  return lines.at(-1)
}

test.each<[string, () => unknown, unknown]>([
  ['a configuration with a long inline table', () => inexact(table('true')), false],
  ['… whose last value is a float', () => inexact(table('true').replace('true}', '1.5}')), true],
  [
    'a name of digits',
    () => nameTrouble(`${'0_'.repeat(many)}x`),
    `it has ${2 * many + 1} characters, and with more than 250 the upload fails after the whole build`,
  ],
  ['a public key with much white space', () => parsePublicKey(`ssh-a b${'\t'.repeat(many)}x\u2028y`), undefined],
  ['a public key of many beginnings', () => parsePublicKey(`${'ssh-a b '.repeat(many)}\u2028`), undefined],
  ['many problems of one field', () => fieldProblems(toValue({ a: Array(many).fill('no') }))[0]!.problems.length, many],
  ['a script that writes over one line', () => lastLine([`${'\r'.repeat(many)}x`]), 'x'],
  ['a script that never ends its line', () => lastLine(Array(5000).fill('x'.repeat(1000))), 'x'.repeat(5_000_000 % 2 ** 20)],
])('%s is read in time', async (_, read, expected) => {
  expect(await read()).toEqual(expected)
})
