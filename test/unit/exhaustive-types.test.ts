import { readFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import ts from 'typescript'
import { beforeAll, expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '../..')

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
  ['a status without its meaning', 'definitions/job-statuses.ts', "  'error',", "  'error',\n  'resting',", 'ims/job-status.ts', 'resting'],
  ['a goal without its condition', 'definitions/job-shells.ts', "'ready'] as", "'ready', 'begun'] as", 'jobs/wait-condition.ts', 'begun'],
  ['a kind of record that the mock lacks', 'definitions/records.ts', "  'jobs',", "  'jobs',\n  'kernels',", 'mock/api.ts', 'kernels'],
  [
    'a kind of record that is read unchecked',
    'ims/read-record.ts',
    '  recipe: Recipe\n',
    '  recipe: Recipe\n  kit: Recipe\n',
    'ims/read-record.ts',
    'kit',
  ],
  ['a kind of record without a path', 'ims/read-record.ts', '', '', 'builds/inventory.ts', 'kit'],
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

beforeAll(() => {
  const texts = new Map<string, string>()
  for (const [, path, from, to] of additions.filter(([, , from]) => from !== '')) {
    const name = join(root, 'src', path)
    const text = texts.get(name) ?? readFileSync(name, 'utf8')
    expect(text.split(from), path).toHaveLength(2)
    texts.set(name, text.replace(from, to))
  }
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile)
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root)
  const host = ts.createCompilerHost(options)
  const original = host.getSourceFile.bind(host)
  host.getSourceFile = (name, version) => {
    const text = texts.get(resolve(name))
    return text === undefined ? original(name, version) : ts.createSourceFile(name, text, version)
  }
  const program = ts.createProgram([join(root, 'src/main.ts')], { ...options, noEmit: true }, host)
  for (const { file, messageText } of program.getSemanticDiagnostics()) {
    const name = file ? relative(join(root, 'src'), file.fileName) : ''
    said.set(name, `${said.get(name) ?? ''}${ts.flattenDiagnosticMessageText(messageText, '\n')}\n`)
  }
}, 240_000)

test.each(additions)('%s breaks the build', (_, _path, _from, _to, broken, named) => {
  expect(said.get(broken)).toContain(named)
})
