import { activeName, configurationPath, noConfiguration } from '../../config/configuration.ts'
import { readDocument } from '../../config/document.ts'
import { activeConfigFile } from '../../config/folder.ts'
import { CliError } from '../../errors.ts'
import { updateFile } from '../../files/update-file.ts'
import type { Run } from '../../context.ts'

/**
 * Makes a configuration the active one.
 *
 * @throws CliError where there is no such configuration, or none of the name that --configuration gives.
 */
export const run: Run<object, { configuration: string }> = async (context, _, { configuration: name }) => {
  const { env } = context.io
  // One that is named has to be there, too. Source: the original.
  if (context.global.configuration || env.CRAY_CONFIG) context.configuration()
  const path = configurationPath(env, name)
  if (readDocument(path).size === 0) {
    const active = activeName(env)
    const activePath = configurationPath(env, active)
    if (readDocument(activePath).size === 0) throw noConfiguration(active, activePath)
    throw new CliError('Unable to find configuration file.', { more: [`${path} is missing or empty.`], next: ['config', 'list'] })
  }
  await updateFile(activeConfigFile(env), 'configuration', () => name)
  return context.print(`Your active configuration is: ${name}`)
}
