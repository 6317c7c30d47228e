import { beforeAll, expect, test } from 'vitest'
import { compilerErrors } from '../support/compiler.ts'

/** What is added where, and the file that must not compile any more until its part is there; the error names the text. */
const additions = [
  [
    'a format without a writer',
    'definitions/formats.ts',
    "'name', 'id'] as const",
    "'name', 'id', 'xml'] as const",
    'render/render.ts',
    'xml',
  ],
  ['a status without its meaning', 'service/job-statuses.ts', "  'error',", "  'error',\n  'resting',", 'ims/job-status.ts', 'resting'],
  ['a goal without its condition', 'definitions/job-shells.ts', "'ready'] as", "'ready', 'begun'] as", 'jobs/wait-condition.ts', 'begun'],
  ['a kind of record that the mock lacks', 'service/collections.ts', "  'jobs',", "  'jobs',\n  'kernels',", 'mock/api.ts', 'kernels'],
  [
    'a kind of record that is read unchecked',
    'ims/read-record.ts',
    '  recipe: Recipe\n',
    '  recipe: Recipe\n  kit: Recipe\n',
    'ims/read-record.ts',
    'kit',
  ],
  ['a kind of record without a path', 'ims/read-record.ts', '', '', 'ims/fetch-records.ts', 'kit'],
  [
    'an option that does not say what resuming makes of it',
    'definitions/image-builds.ts',
    "'--logs', type: 'flag', resume: 'always',",
    "'--logs', type: 'flag',",
    'definitions/image-builds.ts',
    'resume',
  ],
] as const

const said = new Map<string, string>()
// An error's further lines follow the one with its file.
let last = ''

beforeAll(async () => {
  const changed = additions.filter(([, , from]) => from !== '')
  const output = await compilerErrors(
    (path, text) =>
      changed
        .filter(([, changedPath]) => changedPath === path)
        .reduce((whole, [, , from, to]) => {
          expect(whole.split(from), path).toHaveLength(2)
          return whole.replace(from, to)
        }, text),
    [...new Set(changed.map(([, path]) => path))],
  )
  for (const line of output.split('\n')) {
    const name = /^src\/([^(]+)\(/.exec(line)?.[1] ?? last
    said.set(name, `${said.get(name) ?? ''}${line}\n`)
    last = name
  }
})

test.each(additions)('%s breaks the build', (_, _path, _from, _to, broken, named) => {
  expect(said.get(broken)).toContain(named)
})
