import { describe, expect, test } from 'vitest'
import { parse } from '../../src/cli/parser.ts'
import { route } from '../../src/cli/route.ts'
import { leavesOf } from '../../src/definitions/definition.ts'
import { optionGroups } from '../../src/definitions/option-groups.ts'
import { ims, site } from '../../src/definitions/tree.ts'

const commands = [...ims.commands, ...site]

function help(words: readonly string[]): string {
  const shown = parse({ name: 'cray-ims', about: '', version: '', commands, columns: () => 80 }, route([...words, '--help'], commands))
  return 'help' in shown ? shown.help : ''
}

const leaves = commands.flatMap((row) => leavesOf(row)).filter(({ leaf }) => !leaf.hidden)

describe('help', () => {
  test('of every command fits 80 columns, of most 24 lines', () => {
    const screens = leaves.map(({ words }) => ({ words: words.join(' '), lines: help(words).trimEnd().split('\n') }))
    expect(screens.filter(({ lines }) => lines.slice(1, lines.indexOf('Examples:')).some((line) => line.length > 80))).toEqual([])
    const long = screens.filter(({ lines }) => lines.length > 24).map(({ words }) => words)
    expect(long.length).toBeLessThan(screens.length / 2)
    expect(long).not.toContain('images list')
    expect(long).not.toContain('images describe')
  })

  test('has the options of large commands in groups, in one order, each once', () => {
    const text = help(['build'])
    const headings = [...text.matchAll(/^(\w+):$/gm)].map(([, heading]) => heading)
    expect(headings).toEqual(['Arguments', 'Options', 'Image', 'Files', 'Job', 'Failure', 'Connection', 'Examples'])
    expect(/^Failure:\n(?: {2}.*\n)+/m.exec(text)?.[0].match(/^ {2}-.*?--[\w-]+|^ {2}--[\w-]+/gm)).toEqual([
      '  --on-failure',
      '  --without-logs',
      '  --debug',
    ])
    for (const { words, leaf } of leaves)
      for (const { flag, group } of leaf.options ?? [])
        expect(help(words).split(`${flag} `).length, flag).toBeGreaterThan(group && optionGroups[group] ? 1 : 0)
  })
})
