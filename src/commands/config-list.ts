import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { activeName, configurationPath, noConfiguration } from '../config/configuration.ts'
import { configurationsFolder } from '../config/folder.ts'
import { isDraft } from '../config/write-file.ts'
import { toValue } from '../json/value.ts'
import type { Run } from './app.ts'

/**
 * Lists the configurations by name.
 *
 * @throws Failure where there is none.
 */
export const run: Run = async (app) => {
  const { env } = app.io
  const active = activeName(env)
  const names = configurationNames(configurationsFolder(env))
  if (names.length === 0) throw noConfiguration(active, configurationPath(env, active))
  return app.print(toValue({ configurations: names.map((name) => ({ name, is_active: name === active })) }))
}

function configurationNames(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => !isDraft(name) && statSync(join(folder, name), { throwIfNoEntry: false })?.isFile()).sort()
  } catch {
    return []
  }
}
