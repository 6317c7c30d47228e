import { readdirSync, readFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { expect, test } from 'vitest'

const source = resolve(import.meta.dirname, '../../src')

/** What only looks, or removes what is ours. */
const harmless = new Set([
  'accessSync',
  'constants',
  'existsSync',
  'fstatSync',
  'lstatSync',
  'readdirSync',
  'realpathSync',
  'rmSync',
  'statSync',
])

/** What writes to a file that is open already: stdout, stderr. */
const besides = new Set(['terminal/exit-guard.ts: writeSync', 'terminal/process-io.ts: writeSync'])

/** The mock's own temporary folders, and what its shells' users do there. */
const ofTheMock = (path: string) => path.startsWith('mock/') && !['mock/seed-file.ts', 'mock/state-file.ts'].includes(path)

/** All that a file imports from Node's file system; `*` for the module as a whole. */
const uses = ({ path, text }: { path: string; text: string }) =>
  [...text.matchAll(/^import (?!type )(?:\{([^}]*)\}|.*) from '(?:node:)?fs(?:\/promises)?'|import\('(?:node:)?fs(?:\/promises)?'\)/gm)]
    .flatMap(([, names = '*']) => names.split(','))
    .map((name) => name.trim())
    .filter((name) => name !== '' && !name.startsWith('type '))
    .map((name) => `${path}: ${name}`)

test('files are read and written in one room, which has the limits, the locks and what is done about links', () => {
  const all = readdirSync(source, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map(({ parentPath, name }) => ({ path: relative(source, join(parentPath, name)), text: readFileSync(join(parentPath, name), 'utf8') }))
  const found = all.filter(({ path }) => !ofTheMock(path)).flatMap(uses)
  expect(found).toContain('files/draft.ts: renameSync')
  expect(found.filter((use) => !use.startsWith('files/') && !besides.has(use) && !harmless.has(use.split(': ')[1]!))).toEqual([])
})
