import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import ts from 'typescript'
import { expect, test } from 'vitest'
import { buildOptions, customizeOptions } from '../../src/definitions/image-builds.ts'
import { artifactsOptions, verifyOptions } from '../../src/definitions/artifacts.ts'
import { diffOptions, exportOptions, importOptions } from '../../src/definitions/image-transfers.ts'
import { debugOptions, logsOptions, releaseOptions, waitOptions } from '../../src/definitions/job-shells.ts'
import { mockOptions } from '../../src/definitions/mock.ts'
import { flagKey } from '../../src/definitions/definition.ts'
import { initOptions, loginOptions } from '../../src/definitions/site.ts'

const root = resolve(import.meta.dirname, '../..')
const definitions = join(root, 'src/definitions')

/** What the compiler says once each flag of the table has another name. */
function complaints(): string[] {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile)
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root)
  const host = ts.createCompilerHost(options)
  const renamed = new Set(readdirSync(definitions).map((name) => join(definitions, name)))
  const read = (path: string) => {
    const text = readFileSync(path, 'utf8')
    return renamed.has(path) ? text.replaceAll(/(flag: '--[\w-]+)'/g, "$1-renamed'") : text
  }
  host.getSourceFile = (path, version) => (ts.sys.fileExists(path) ? ts.createSourceFile(path, read(path), version) : undefined)
  const program = ts.createProgram([join(root, 'src/main.ts')], { ...options, noEmit: true }, host)
  return program.getSemanticDiagnostics().map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))
}

test('a flag that is renamed in the table breaks the build where its value is used', { timeout: 120_000 }, () => {
  const said = complaints().join('\n')
  const rows = [
    ...buildOptions,
    ...customizeOptions,
    ...debugOptions,
    ...releaseOptions,
    ...waitOptions,
    ...logsOptions,
    ...mockOptions,
    ...initOptions,
    ...loginOptions,
    ...artifactsOptions,
    ...verifyOptions,
    ...importOptions,
    ...exportOptions,
    ...diffOptions,
  ]
  // What goes into a request is read by its row alone.
  const keys = [...new Set(rows.filter((row) => !('field' in row)).map(({ flag }) => flagKey(flag)))]
  expect(keys.filter((key) => !said.includes(`'${key}'`) && !said.includes(`"${key}"`))).toEqual([])
})
