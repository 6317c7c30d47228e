import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { bundled } from '../support/bundled.ts'
import { randomInput } from '../support/random-input.ts'
import { roundsOf, seed } from '../support/random-test.ts'
import { temporaryFolder } from '../support/sshd.ts'

const { path: home, remove } = temporaryFolder()
afterAll(remove)

/** What came of a line. */
interface Told {
  readonly argv: readonly string[]
  readonly exit: number | string
  readonly stderr: string
  readonly requests: readonly string[]
}

let runner: string
beforeAll(async () => {
  mkdirSync(join(home, 'nothing'))
  runner = await bundled(home, 'many-lines', readFileSync(join(import.meta.dirname, '../support/many-lines.ts'), 'utf8'))
})

/** Runs lines one after another. */
function runAll(lines: readonly (readonly string[])[]): Told[] {
  const told = execFileSync(process.execPath, [runner, home, join(import.meta.dirname, '../..')], {
    input: JSON.stringify(lines),
    encoding: 'utf8',
    cwd: home,
    maxBuffer: 2 ** 30,
    env: { HOME: home, PATH: join(home, 'nothing') },
  })
  return told
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
}

/** What no line may come to. */
const fault = /failed in a way that it should not|before its work was done|background task|^ +at .*:\d+/m

function faultOf({ exit, stderr, requests }: Told): string | undefined {
  if (!Number.isInteger(exit)) return `it ${exit}`
  if (fault.test(stderr)) return 'it fails in a way that it should not'
  if (stderr.startsWith('Usage:') && requests.length > 0) return 'it is refused, but something was sent'
  return undefined
}

const faultsOf = (told: readonly Told[]) => told.flatMap((one) => (faultOf(one) === undefined ? [] : [{ fault: faultOf(one), ...one }]))

const count = roundsOf({ all: 10_000, nth: 25 })

test(
  `whatever is typed ends, and sends nothing where it is refused: ${count} lines of seed ${seed}`,
  { timeout: 240_000 + count * 100 },
  () => {
    const { line } = randomInput(seed)
    // A mock runs until it is stopped, and sends nothing.
    const lines = Array.from({ length: count }, line).filter((argv) => !argv.includes('mock'))
    const told = runAll(lines)
    expect(faultsOf(told).slice(0, 5)).toEqual([])
    expect(told.length).toBe(lines.length)
    // Else it would try nothing.
    expect(told.filter(({ requests }) => requests.length > 0).length).toBeGreaterThan(count / 20)
  },
)

test('what only the handler of a command refuses sends nothing, too', () => {
  const told = runAll([
    ['jobs', 'debug'],
    ['jobs', 'debug', ''],
    ['jobs', 'debug', '--timeout', '1'],
    ['jobs', 'logs', ''],
    ['jobs', 'wait', ''],
    ['images', 'describe', ''],
    ['jobs', 'delete', ''],
  ])
  expect(told.map(({ argv, exit, requests, stderr }) => [argv, exit, requests, stderr.slice(0, 6)])).toEqual(
    told.map(({ argv }) => [argv, 2, [], 'Usage:']),
  )
})
