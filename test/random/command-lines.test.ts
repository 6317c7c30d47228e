import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { bundled } from '../support/bundled.ts'
import { mockOptions } from '../../src/definitions/mock.ts'
import type { OptionDefinition } from '../../src/definitions/definition.ts'
import { randomInput, type RandomInput } from '../support/random-input.ts'
import { roundsOf, seed } from '../support/random-test.ts'
import { temporaryFolder } from '../support/sshd.ts'

const { path: home, remove } = temporaryFolder()
afterAll(remove)

/** What came of a line. */
interface Told {
  readonly argv: readonly string[]
  readonly exit: number | string
  readonly stderr: string
  readonly stdout: string
  readonly requests: readonly string[]
  /** How many sockets it listened on. */
  readonly listens: number
  /** The terminal's settings after it, where it had one. */
  readonly terminal?: string
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
  return readTold(told)
}

const readTold = (told: string): Told[] =>
  told
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))

/** Runs them in a terminal, where whatever asks something gets the next keys; also what it showed. */
async function runInTerminal(lines: readonly (readonly string[])[], keys: () => string): Promise<{ told: Told[]; shown: string }> {
  const [input, notes] = [join(home, 'lines.json'), join(home, 'notes.jsonl')]
  writeFileSync(input, JSON.stringify(lines))
  const words = [process.execPath, runner, home, join(import.meta.dirname, '../..'), input, notes]
  // Ctrl-C between two lines is for nobody.
  const line = `trap '' INT; exec ${words.map((word) => `'${word}'`).join(' ')}`
  const env = { HOME: home, PATH: '/usr/bin:/bin', SHELL: '/bin/sh' }
  const child = spawn('script', ['-qfec', line, '/dev/null'], { cwd: home, env })
  let shown = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    shown += text
    if (/[:>] ?$/.test(text)) child.stdin.write(keys())
  })
  child.stdin.on('error', () => {})
  await once(child, 'close')
  return { told: readTold(readFileSync(notes, 'utf8')), shown }
}

/** What no line may come to. */
const fault = /failed in a way that it should not|before its work was done|background task|^ +at .*:\d+/m

const isRefused = (stderr: string) => stderr.replace(/\x1b\[[\d;]*m/g, '').startsWith('Usage:')

function faultOf({ exit, stderr, requests, listens }: Told): string | undefined {
  if (!Number.isInteger(exit)) return `it ${exit}`
  if (fault.test(stderr)) return 'it fails in a way that it should not'
  if (isRefused(stderr) && requests.length > 0) return 'it is refused, but something was sent'
  if (isRefused(stderr) && listens > 0) return 'it is refused, but something listened'
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

const mockValues: Readonly<Record<string, readonly string[]>> = {
  '--port': ['0', '65536', '00'],
  '--server-name': ['a.local', 'a'.repeat(300)],
  '--speed': ['100', 'step', '0', '1e3'],
  '--builds': ['succeeds', 'fails'],
  '--fault': ['GET /jobs 503 x3', '* /images/* delay=2s', '/recipes reset', '/x', 'GET /jobs 999'],
  '--credentials-last': ['1h', '0s', '9999999d'],
  '--state': ['state.json', 'nothing/x', 'nothing'],
  '--seed': ['seed.json', 'none.json'],
  '--ready-file': ['ready.json', 'nothing/x', 'nothing'],
}

/** A line of a mock, of which some values are right, and some nearly so. */
function mockLine({ below, pick, spoiled }: RandomInput): string[] {
  const value = (flag: string) => {
    const sound = pick(mockValues[flag] ?? ['x'])
    // A port that is made up might be somebody's.
    return flag === '--port' || below(3) > 0 ? sound : spoiled(sound)
  }
  const options = Array.from({ length: below(4) }, () => {
    const { flag, type } = pick<OptionDefinition>(mockOptions)
    return type === 'flag' ? [flag] : pick([[flag, value(flag)], [`${flag}=${value(flag)}`], [flag]])
  })
  return ['mock', ...options.flat(), ...pick([[], [], ['--', 'none'], ['--', '']])]
}

const mocks = roundsOf({ all: 1000, nth: 20 })

test(
  `a mock serves until it is stopped, or is refused before it listens: ${mocks} lines of seed ${seed}`,
  { timeout: 240_000 + mocks * 1000 },
  () => {
    const random = randomInput(seed)
    writeFileSync(join(home, 'seed.json'), '{"images": []}')
    const told = runAll(Array.from({ length: mocks }, () => mockLine(random)))
    expect(faultsOf(told).slice(0, 5)).toEqual([])
    expect(told.length).toBe(mocks)
    const served = told.filter(({ listens }) => listens > 0)
    // Whatever fails says why; what serves ends as it was asked to.
    expect(told.filter(({ exit, stderr }) => exit !== 0 && stderr === '')).toEqual([])
    expect(served.length).toBeGreaterThan(mocks / 5)
    expect(served.length).toBeLessThan(mocks)
  },
)

const keys = ['\r', 'y\n', 'n\r', 'x', 'jane\r', '\x7f\r', '\x15\t\r', '\x1b[A\r', '\x03', 'é\x03', '\x00\r', '\x04', 'right\ry\r']
const typed = roundsOf({ all: 4000, nth: 25 })
const terminal = spawnSync('script', ['--version']).status === 0 || process.env.CI === 'true'

test.skipIf(!terminal)(
  `in a terminal a line ends, too, and leaves it as it was: ${typed} lines of seed ${seed}`,
  { timeout: 240_000 + typed * 1000 },
  async () => {
    const random = randomInput(seed + 1)
    const lines = Array.from({ length: typed }, random.line).filter((argv) => !argv.includes('mock'))
    const { told, shown } = await runInTerminal([['--version'], ...lines], () => random.pick(keys))
    expect(faultsOf(told).slice(0, 5)).toEqual([])
    expect(told.length).toBe(lines.length + 1)
    expect(shown).not.toMatch(fault)
    expect(told.filter(({ terminal: settings }) => settings !== told[0]!.terminal)).toEqual([])
    expect(shown.lastIndexOf('\x1b[?25l')).toBeLessThanOrEqual(shown.lastIndexOf('\x1b[?25h'))
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
