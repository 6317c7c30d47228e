import { valueAt } from '../../config/document.ts'
import { CliError } from '../../errors.ts'
import type { Run } from '../../context.ts'
import { changeConfiguration } from './change-configuration.ts'

/**
 * Removes settings, or tables of them, one after the other. Source: the original, where those before one that fails
 * are removed.
 *
 * @throws CliError where one isn't set.
 */
export const run: Run<object, { properties: string[] }> = async (context, _, { properties }) => {
  const { path } = context.configuration()
  for (const property of properties) {
    const keys = property.split('.')
    await changeConfiguration(path, (document) => {
      const table = valueAt(document, keys.slice(0, -1))
      if (table instanceof Map && table.delete(keys.at(-1)!)) return
      throw new CliError('Unable to unset property.', { more: [`${property} is not set in ${path}`], next: ['config', 'describe'] })
    })
  }
  return context.print(undefined)
}
