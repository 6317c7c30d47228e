import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { buildOptions, customizeOptions } from '../../src/definitions/image-builds.ts'
import { artifactsOptions, verifyOptions } from '../../src/definitions/artifacts.ts'
import { diffOptions, exportOptions, importOptions } from '../../src/definitions/image-transfers.ts'
import { debugOptions, logsOptions, releaseOptions, waitOptions } from '../../src/definitions/job-shells.ts'
import { mockOptions } from '../../src/definitions/mock.ts'
import { flagKey } from '../../src/definitions/definition.ts'
import { initOptions, loginOptions } from '../../src/definitions/site.ts'
import { compilerErrors } from '../support/compiler.ts'

const definitions = join(import.meta.dirname, '../../src/definitions')

test('a flag that is renamed in the table breaks the build where its value is used', async () => {
  const renamed = readdirSync(definitions).map((name) => `definitions/${name}`)
  const said = await compilerErrors((_, text) => text.replaceAll(/(flag: '--[\w-]+)'/g, "$1-renamed'"), renamed)
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
