import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { activeName } from '../../config/configuration.ts'
import { configurationsFolder } from '../../config/folder.ts'
import { isDraft } from '../../files/draft.ts'
import { isLock } from '../../files/lock.ts'
import { isMissing } from '../../files/read-file.ts'
import { fileError } from '../../files/reason.ts'
import { toValue } from '../../json/value.ts'
import type { Run } from '../../context.ts'

/**
 * Lists the configurations by name.
 *
 * @throws CliError where the one in use isn't there, as in the original, or their folder can't be read.
 */
export const run: Run = async (context) => {
  const { env } = context.io
  context.configuration()
  const active = activeName(env)
  const names = configurationNames(configurationsFolder(env))
  return context.print(toValue({ configurations: names.map((name) => ({ name, is_active: name === active })) }))
}

function configurationNames(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => !isDraft(name) && isFile(join(folder, name)))
      .sort()
  } catch (cause) {
    if (isMissing(cause)) return []
    throw fileError(folder, 'read', cause)
  }
}

// A link may lead round in circles.
function isFile(path: string): boolean {
  try {
    return statSync(path).isFile() && !isLock(path)
  } catch {
    return false
  }
}
