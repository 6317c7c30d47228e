import { describe, expect, test } from 'vitest'
import { checkRelations } from '../../src/cli/relations.ts'
import type { Source } from '../../src/config/precedence.ts'
import { optionKey, type CommandDefinition, type OptionDefinition } from '../../src/definitions/definition.ts'
import { buildOptions, customizeOptions } from '../../src/definitions/image-builds.ts'
import { resumeCommand, resumeOf } from '../../src/builds/resume-command.ts'
import { isGroup } from '../../src/definitions/definition.ts'
import { ims, site } from '../../src/definitions/tree.ts'

const command: CommandDefinition = {
  name: 'paint',
  summary: '',
  examples: [],
  arguments: [{ name: 'WALL', help: '', optional: true }],
  exactlyOne: ['WALL', '--plan'],
  options: [
    { flag: '--plan', type: 'text', help: '' },
    { flag: '--brush', type: 'flag', exclusive: ['--roller'], help: '' },
    { flag: '--roller', type: 'flag', help: '' },
    { flag: '--coats', type: 'count', default: '2', dependsOn: '--plan', help: '' },
    { flag: '--colour', type: 'text', required: true, dependsOn: 'WALL', help: '' },
  ],
}

type Values = Readonly<Record<string, unknown>>

function checked(given: Readonly<Partial<Record<Source, Values>>>, args: Values): Values {
  const entries = (['default', 'configuration', 'environment', 'flag'] as const).flatMap((source) =>
    Object.entries(given[source] ?? {}).map(([key, value]) => [key, { source, value }] as const),
  )
  return checkRelations(command, {
    options: Object.fromEntries(entries.map(([key, { value }]) => [key, value])),
    sources: new Map(entries.map(([key, { source }]) => [key, source])),
    arguments: args,
  })
}

const wall = { wall: 'north' }
const colour = { colour: 'red' }

describe('options together', () => {
  test.each<[string, Parameters<typeof checked>, Values | string]>([
    ['a default depends on nothing', [{ flag: colour, default: { coats: 2 } }, wall], { ...colour, coats: 2 }],
    ['a setting waits for a line that it suits', [{ flag: colour, configuration: { coats: 3 } }, wall], { ...colour, coats: 3 }],
    ['what is typed does not', [{ flag: { ...colour, coats: 3 } }, wall], '--coats only goes with --plan.'],
    ['what is needed may come from anywhere', [{ flag: { coats: 3 }, environment: { plan: 'x' } }, {}], { coats: 3, plan: 'x' }],
    ['two on the line', [{ flag: { ...colour, brush: true, roller: true } }, wall], "--brush and --roller don't go together."],
    [
      'two in the environment',
      [{ flag: colour, environment: { brush: true, roller: true } }, wall],
      "--brush and --roller don't go together.",
    ],
    [
      'the line before the environment',
      [{ flag: { ...colour, roller: true }, environment: { brush: true } }, wall],
      { ...colour, roller: true },
    ],
    [
      'the environment before the configuration',
      [{ flag: colour, environment: { brush: true }, configuration: { roller: true } }, wall],
      { ...colour, brush: true },
    ],
    [
      'a false excludes nothing',
      [{ flag: { ...colour, roller: true }, environment: { brush: false } }, wall],
      { ...colour, roller: true, brush: false },
    ],
    ['an argument before the environment', [{ flag: colour, environment: { plan: 'x' } }, wall], colour],
    ['an argument and an option', [{ flag: { ...colour, plan: 'x' } }, wall], "WALL and --plan don't go together."],
    ['none of those of which one is needed', [{}, {}], "Missing argument 'WALL'."],
    ['required with an argument', [{}, wall], "Missing option '--colour'."],
    ['a false that is no flag is a value', [{ configuration: { colour: false } }, wall], { colour: false }],
    ['and not without', [{ flag: { plan: 'x' } }, {}], { plan: 'x' }],
  ])('%s', (_, given, expected) => {
    if (typeof expected === 'string') expect(() => checked(...given)).toThrow(expected)
    else expect(checked(...given)).toEqual(expected)
  })
})

describe('the rows', () => {
  const commands = (rows: typeof site): CommandDefinition[] => rows.flatMap((row) => (isGroup(row) ? commands(row.commands) : [row]))

  test('name what there is, in some command that has them', () => {
    const all = commands([...ims.commands, ...site])
    const namesOf = (row: CommandDefinition) => [
      ...(row.options ?? []).map(({ flag }) => flag),
      ...(row.arguments ?? []).map(({ name }) => name),
    ]
    const wrong = all.flatMap((command) => [
      ...(command.exactlyOne ?? []).flat().filter((name) => !namesOf(command).includes(name)),
      ...(command.options ?? []).flatMap(({ flag, exclusive = [], dependsOn, choicesWith = {} }) => {
        const known = new Set(all.filter((other) => namesOf(other).includes(flag)).flatMap(namesOf))
        const named = [...exclusive, ...(dependsOn === undefined ? [] : [dependsOn]), ...Object.keys(choicesWith)]
        return named.filter((name) => !known.has(name)).map((name) => `${command.name} ${flag}: ${name}`)
      }),
    ])
    expect(wrong).toEqual([])
  })
})

describe('what becomes of an option when a build is resumed', () => {
  const job = { id: 'j1', enable_debug: true } as const
  const rows = [
    ...buildOptions.map((row: OptionDefinition) => ['create', row] as const),
    ...customizeOptions.map((row: OptionDefinition) => ['customize', row] as const),
  ]
  const valueOf = ({ type, choices, default: usual, resumeValues }: OptionDefinition): unknown => {
    if (resumeValues) return resumeValues[0]
    if (choices) return choices.find((choice) => choice !== usual)
    return type === 'flag' ? true : type === 'integer' ? { number: '7' } : type === 'count' || type === 'duration' ? 7 : 'x'
  }

  test.each(rows.map(([type, row]) => [`${type} ${row.flag}`, type, row] as const))('%s', (_, type, row) => {
    // Either its row says so, or it is a field of the job.
    expect(row.resume ?? row.field).toBeDefined()
    const line = (status: 'creating' | 'packaging_artifacts') =>
      resumeCommand({ ...job, job_type: type, status }, { [optionKey(row)]: valueOf(row) }).slice(3)
    const said = { once: [false, false], order: [false, false], always: [true, true], shell: [true, false] }[resumeOf(row)]
    expect([line('creating'), line('packaging_artifacts')].map((words) => words.includes(row.flag))).toEqual(said)
  })
})
