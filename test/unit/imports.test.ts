import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { expect, test } from 'vitest'

const source = resolve(import.meta.dirname, '../../src')

/** The floors of the house, from the top: a file imports only from its own room or from floors below. */
const floors = [['main'], ['cli'], ['commands'], ['mock'], ['library'], ['ssh', 'kubernetes', 'ims', 'render'], ['config'], ['terminal'], ['errors', 'json', 'text'], ['spec']]

/** Rooms of one floor that may look into each other, one way. */
const besides = new Set(['ssh > kubernetes', 'ssh > ims', 'kubernetes > ims'])

const room = (path: string) => relative(source, path).split('/')[0]!.replace(/\.ts$/, '')
const floor = (name: string) => floors.findIndex((rooms) => rooms.includes(name))

interface Arrow {
  from: string
  to: string
  /** Only types, or loaded when first needed. */
  soft: 'types' | 'lazy' | undefined
}

const arrows: Arrow[] = readdirSync(source, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
  .flatMap((entry) => {
    const from = join(entry.parentPath, entry.name)
    const text = readFileSync(from, 'utf8')
    return [...text.matchAll(/^(?:import|export)\s+(type\s+)?[^;]*?from '(\.[^']+)'|import\('(\.[^']+)'\)/gm)].map((match) => ({
      from: relative(source, from),
      to: relative(source, resolve(dirname(from), (match[2] ?? match[3])!)),
      soft: match[1] ? ('types' as const) : match[3] ? ('lazy' as const) : undefined,
    }))
  })

test('the imports were found', () => {
  expect(arrows.length).toBeGreaterThan(100)
  expect([...new Set(arrows.map(({ from }) => room(join(source, from))))].filter((name) => floor(name) < 0)).toEqual([])
})

test('imports point downwards only', () => {
  const wrong = arrows.filter(({ from, to, soft }) => {
    const [above, below] = [room(join(source, from)), room(join(source, to))]
    if (above === below || to.startsWith('..') || soft === 'types') return false
    // The table names its commands by what loads them.
    if (above === 'spec' && below === 'commands' && soft === 'lazy') return false
    return floor(above) > floor(below) || (floor(above) === floor(below) && !besides.has(`${above} > ${below}`))
  })
  expect(wrong.map(({ from, to }) => `${from} imports ${to}`)).toEqual([])
})

test('the client knows nothing of the command line', () => {
  const wrong = arrows.filter(({ from, to }) => from.startsWith('ims/') && /^(cli|commands|terminal|spec|render|mock)\//.test(to))
  expect(wrong.map(({ from, to }) => `${from} imports ${to}`)).toEqual([])
})
