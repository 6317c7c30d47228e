import { readDocument, shown, valueAt } from '../../config/document.ts'
import { CliError } from '../../errors.ts'
import type { Run } from '../../context.ts'

/**
 * Shows a setting, or a table of them.
 *
 * @throws CliError where it isn't set.
 */
export const run: Run<object, { property: string }> = async (context, _, { property }) => {
  const { path } = context.configuration()
  const value = valueAt(readDocument(path), property.split('.'))
  if (value === undefined) {
    throw new CliError('Unable to find property.', { more: [`${property} is not set in ${path}`], next: ['config', 'describe'] })
  }
  return context.print(shown(value))
}
