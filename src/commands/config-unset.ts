import { valueAt } from '../config/document.ts'
import { Failure } from '../errors.ts'
import type { Run } from './app.ts'
import { changeConfiguration } from './change-configuration.ts'

/**
 * Removes settings, or tables of them; all or none.
 *
 * @throws Failure where one isn't set.
 */
export const run: Run<object, { properties: string[] }> = async (app, _, { properties }) => {
  const { path } = app.configuration()
  changeConfiguration(path, (document) => {
    for (const property of properties) {
      const keys = property.split('.')
      const table = valueAt(document, keys.slice(0, -1))
      if (!(table instanceof Map) || !table.delete(keys.at(-1)!)) {
        throw new Failure('Unable to unset property.', { more: [`${property} is not set in ${path}`, 'Nothing was changed.'], next: 'cray-ims config describe' })
      }
    }
  })
  return app.print(undefined)
}
