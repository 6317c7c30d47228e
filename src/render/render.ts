import { isNumber, type Value } from '../json/value.ts'

export type Format = 'json' | 'toml' | 'yaml'

/**
 * The value as the original prints it, to be followed by one newline. A bare scalar is printed in every format as
 * Python does: `True`, `42`, the text itself, null as nothing.
 */
export async function render(value: Value, format: Format): Promise<string> {
  if (typeof value === 'string') return value
  if (value === null) return ''
  if (typeof value === 'boolean') return value ? 'True' : 'False'
  if (isNumber(value)) return (await import('./number.ts')).numberText(value)
  if (format === 'json') return (await import('./json.ts')).renderJson(value)
  if (format === 'yaml') return (await import('./yaml.ts')).renderYaml(value)
  return (await import('./toml.ts')).renderToml(value)
}
