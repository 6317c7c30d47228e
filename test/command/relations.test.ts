import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startImageSite, type ImageSite } from '../support/image-site.ts'
import { run } from '../support/program.ts'
import { refusedLines } from '../support/relations.ts'
import { sampled } from '../support/sampled.ts'

const cases = refusedLines()
let site: ImageSite

beforeAll(async () => {
  site = await startImageSite({})
})
afterAll(() => site.close())

/** The entries of a command's help, by the options and arguments that they begin with. */
async function entriesOf(words: readonly string[]): Promise<string[]> {
  const { stdout } = await run([...words, '--help'], { cwd: site.folder, env: { ...site.env, COLUMNS: '400' } })
  return stdout
    .split(/\n {2}(?=\S)/)
    .slice(1)
    .map((entry) => entry.replaceAll(/\s+/g, ' '))
}

const help = new Map<string, Promise<string[]>>()

describe('what the rows say of options together', () => {
  test('there are some of each kind', () => {
    const all = cases.map(({ says }) => says.join(' ')).join('\n')
    for (const part of [
      "don't go together",
      '--parallel --file',
      '--name RECIPE',
      'is below',
      'is above',
      'shell',
      "Missing option '--name'",
    ])
      expect(all).toContain(part)
    expect(cases.length).toBeGreaterThan(40)
  })

  test.concurrent.each(sampled(cases, 3).map((one) => [[...one.words, ...one.line].join(' '), one] as const))('%s', async (_, one) => {
    const { exit, stdout, stderr } = await run([...one.words, ...one.line], { cwd: site.folder, env: site.env })
    expect({ exit, stdout, asked: site.asked.length }).toEqual({ exit: 2, stdout: '', asked: 0 })
    const [, error] = /\nError: ([^]*)$/.exec(stderr) ?? []
    for (const text of one.says) expect(error).toContain(text)
    const key = one.words.join(' ')
    if (!help.has(key)) help.set(key, entriesOf(one.words))
    const entries = (await help.get(key)!).filter((entry) => one.help.of.some((name) => entry.split(/[ ,]+/).slice(0, 2).includes(name)))
    expect(entries.filter((entry) => one.help.says.test(entry))).not.toEqual([])
  })
})
