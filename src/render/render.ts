import { isNumber, type Value } from '../json/value.ts'
import type { ListWriter, Write } from './pieces.ts'

export { bufferOutput } from './pieces.ts'

export type Format = 'json' | 'toml' | 'yaml'

/**
 * Writes the value as the original prints it, to be followed by one newline. A bare scalar is printed in every format
 * as Python does: `True`, `42`, the text itself, null as nothing.
 */
export async function render(value: Value, format: Format, write: Write): Promise<void> {
  if (typeof value === 'string') return write(value)
  if (value === null) return
  if (typeof value === 'boolean') return write(value ? 'True' : 'False')
  if (isNumber(value)) return write((await import('./number.ts')).numberText(value))
  if (format === 'json') return (await import('./json.ts')).renderJson(value, write)
  if (format === 'yaml') return (await import('./yaml.ts')).renderYaml(value, write)
  return (await import('./toml.ts')).renderToml(value, write)
}

/** What writes a list item by item, as {@link render} writes it whole. */
export async function listWriter(format: Format): Promise<(write: Write) => ListWriter> {
  if (format === 'json') return (await import('./json.ts')).jsonList
  if (format === 'yaml') return (await import('./yaml.ts')).yamlList
  return (await import('./toml.ts')).tomlList
}
