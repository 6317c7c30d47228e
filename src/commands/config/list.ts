import { activeName } from '../../config/configuration.ts'
import { configurationNames } from '../../config/configuration-names.ts'
import { configurationsFolder } from '../../config/folder.ts'
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
