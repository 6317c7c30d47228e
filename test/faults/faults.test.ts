import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { makeCa, makeServerCertificate } from '../support/certificates.ts'
import { ownKeys } from '../support/own-keys.ts'
import { sampled } from '../support/sampled.ts'
import { faultCommands, type FaultCommand } from './commands.ts'
import { canBe, fewestOfNode, fewFiles, machineFaults } from './machine-faults.ts'
import type { Cell } from './outcome.ts'
import { faultsPage, type Outcomes } from './page.ts'
import type { Made } from './site.ts'
import { serverFaults } from './server-faults.ts'
import { tryCommand, type Fault } from './walk.ts'

/** What came of each, as it was looked through: written anew where this is 1, or for the faults that it names a part of. */
const written = process.env.CRAY_IMS_TEST_EXECUTABLE ? undefined : process.env.CRAY_IMS_WRITE_FAULTS || undefined
const writes = written !== undefined
const recordedFile = join(import.meta.dirname, 'outcomes.json')
const pageFile = join(import.meta.dirname, '../../docs/faults.md')
const recorded: Outcomes = existsSync(recordedFile) ? JSON.parse(readFileSync(recordedFile, 'utf8')) : {}

/** Most of them wait; more would only compete for the processors. */
const atOnce = 8

interface Trial {
  readonly name: string
  readonly fault: Fault
  readonly command: FaultCommand
}

const applies = (fault: Fault, { strikes }: FaultCommand) =>
  strikes !== undefined || !('times' in fault || fault.atRequest || fault.atOutput)
const all: Trial[] = [...serverFaults, ...machineFaults.filter(([, fault]) => canBe(fault))].flatMap(([name, fault]) =>
  faultCommands.filter((command) => applies(fault, command)).map((command) => ({ name, fault, command })),
)
// Of each row other commands than of the row before.
const chosen = writes ? all.filter(({ name }) => written === '1' || name.includes(written)) : sampled(all, 11)

const keys = ownKeys()
let made: Made
const usual = new Map<string, Cell>()
const seen = new Map<string, Cell>()
const keyOf = ({ name, command }: Trial) => `${name}: ${command.name}`

beforeAll(async () => {
  const ca = await makeCa('a CA of its own')
  made = { ca, server: await makeServerCertificate({ ca }), keys }
  await inTurns(faultCommands, async (command) => void usual.set(command.name, await tryCommand(made, command)))
  await inTurns(chosen, async (trial) => {
    const { fault, command } = trial
    seen.set(keyOf(trial), await tryCommand(made, command, fault, usual.get(command.name)!.stdout))
  })
  if (writes) write()
}, 900_000)

test.each(faultCommands)('without a fault: $name', ({ name }) => {
  expect(usual.get(name)!.exit).toBe(0)
})

/** Answers that the executable's `fetch` doesn't take, and another parser may: they are asked for once more. */
const askedForAgain = ['another protocol', 'escapes in reason and body']
const byFetch: Readonly<Record<string, Cell['sent']>> = { 'images list': 2, 'recipes describe': 2, 'jobs debug': 'many' }

function expected(name: string, command: string): Cell | undefined {
  const cell = recorded[name]?.[command]
  const again = process.env.CRAY_IMS_TEST_EXECUTABLE && askedForAgain.includes(name) && byFetch[command]
  return again ? { ...cell!, sent: again } : cell
}

test.each(chosen.map((trial) => [keyOf(trial), trial] as const))('%s', (key, { name, command }) => {
  expect(seen.get(key)).toEqual(writes ? seen.get(key) : expected(name, command.name))
})

test('with 20 open files, or what Node starts with, a command does its work, or says that they are too few', async () => {
  const least = fewestOfNode(20)
  // What opens one file after another meets it at each of them.
  const upload = faultCommands.find(({ name }) => name === 'recipes upload')!
  const trials = [
    ...faultCommands.map((command) => ({ command, most: least })),
    ...[1, 2, 3, 4].map((more) => ({ command: upload, most: least + more })),
  ]
  await inTurns(trials, async ({ command, most }) => {
    const { exit, error, next } = await tryCommand(made, command, fewFiles(most), usual.get(command.name)!.stdout)
    const said = { command: command.name, most, words: `${error}; ${next}` }
    if (exit !== 0) expect(said).toMatchObject({ words: expect.stringMatching(/too many (files are open|open files).*ulimit -n/) })
  })
})

test('the page says what is recorded', () => {
  expect(readFileSync(pageFile, 'utf8')).toBe(faultsPage(writes ? newOutcomes() : recorded))
})

async function inTurns<Item>(items: readonly Item[], work: (item: Item) => Promise<void>): Promise<void> {
  const left = [...items]
  const take = async () => {
    for (let item = left.shift(); item; item = left.shift()) await work(item)
  }
  await Promise.all(Array.from({ length: atOnce }, take))
}

function newOutcomes(): Outcomes {
  const table: Record<string, Record<string, Cell>> = {}
  for (const trial of all) {
    const { name, command } = trial
    const cell = seen.get(keyOf(trial)) ?? recorded[name]?.[command.name]
    if (cell) (table[name] ??= {})[command.name] = cell
  }
  return table
}

function write(): void {
  writeFileSync(recordedFile, `${JSON.stringify(newOutcomes(), null, 2)}\n`)
  writeFileSync(pageFile, faultsPage(newOutcomes()))
}
