import { expect, test } from 'vitest'
import { isGroup, type CommandDefinition, type GroupDefinition } from '../../src/definitions/definition.ts'
import { ims, site } from '../../src/definitions/tree.ts'
import { usageTrouble, wordsOf } from '../support/hint-check.ts'

type Row = CommandDefinition | GroupDefinition

/** The lines of all examples; of one whose output is used, the command in it. */
const examplesOf = (row: Row): string[] =>
  isGroup(row) ? row.commands.flatMap(examplesOf) : row.examples.map(({ line }) => /[$<]\((.*)\)/.exec(line)?.[1] ?? line)

test('the examples of help and manual pages are lines that a shell and the program take', () => {
  const lines = [...ims.commands, ims, ...site].flatMap(examplesOf)
  expect(lines.length).toBeGreaterThan(100)
  const words = wordsOf(lines)
  const troubles = lines.flatMap((line, at) => {
    const said = words[at]!
    const trouble = typeof said === 'string' ? said : usageTrouble(said)
    return trouble === undefined ? [] : [`${line}: ${trouble}`]
  })
  expect(troubles).toEqual([])
})
