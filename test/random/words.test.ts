import { findCompletionWord } from '../../src/cli/completion-word.ts'
import { readGlobals } from '../../src/cli/globals.ts'
import { readOptions } from '../../src/cli/options.ts'
import { parse } from '../../src/cli/parser.ts'
import { route } from '../../src/cli/route.ts'
import { ims, site } from '../../src/definitions/tree.ts'
import { acceptable } from '../support/acceptable.ts'
import { testRandomly } from '../support/random-test.ts'

const program = { name: 'cray-ims', about: '', version: '1', commands: [...ims.commands, ims, ...site], columns: () => 80 } as const

function readLine(argv: readonly string[]): void {
  const reading = { cwd: '/nowhere', warn() {}, terminal: false, isTerminal: false }
  const parsed = parse(program, route(argv, program.commands))
  if ('help' in parsed) return
  readGlobals(parsed, {}, undefined, reading)
  readOptions(parsed, { env: {}, table: undefined, path: undefined }, reading)
}

testRandomly('words of the table are parsed and completed', { all: 40_000, nth: 100 }, async ({ line }) => {
  const argv = line()
  await acceptable(argv, () => readLine(argv))
  await acceptable(argv, () => findCompletionWord(argv))
})
