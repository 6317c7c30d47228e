import { notSettable, tableAlong } from '../../config/document.ts'
import type { Run } from '../../context.ts'
import { changeConfiguration } from './change-configuration.ts'

/**
 * Sets settings of one section, as texts; all or none.
 *
 * @throws CliError where one isn't KEY=VALUE, or would replace a value by a section or a section by a value.
 */
export const run: Run<object, { section: string; values: string[] }> = async (context, _, { section, values }) => {
  const settings = values.map(split)
  await changeConfiguration(context.configuration().path, (document) => {
    const table = tableAlong(document, section.split('.'))
    for (const [key, value] of settings) {
      if (table.get(key) instanceof Map) throw notSettable(`${section}.${key} is a section, not a value`)
      table.set(key, value)
    }
  })
  return context.print(undefined)
}

function split(setting: string): [key: string, value: string] {
  const at = setting.indexOf('=')
  if (at < 0) throw notSettable(`${setting} is not KEY=VALUE`)
  return [setting.slice(0, at), setting.slice(at + 1)]
}
