import type { formats } from '../definitions/global.ts'
import { isNumber, type Value } from '../json/value.ts'
import type { ListWriter, Write } from './pieces.ts'

export { bufferOutput } from './pieces.ts'

export type Format = (typeof formats)[number]

/** What writes a format: a value as a whole, and a list item by item. */
interface Writer {
  readonly render: (value: Value, write: Write) => void
  readonly list: (write: Write) => ListWriter
}

const writers = {
  json: () => import('./json.ts').then(({ renderJson, jsonList }) => ({ render: renderJson, list: jsonList })),
  toml: () => import('./toml.ts').then(({ renderToml, tomlList }) => ({ render: renderToml, list: tomlList })),
  yaml: () => import('./yaml.ts').then(({ renderYaml, yamlList }) => ({ render: renderYaml, list: yamlList })),
} satisfies Readonly<Record<Format, () => Promise<Writer>>>

/**
 * Writes the value as the original prints it, to be followed by one newline. A bare scalar is printed in every format
 * as Python does: `True`, `42`, the text itself, null as nothing.
 */
export async function render(value: Value, format: Format, write: Write): Promise<void> {
  if (typeof value === 'string') return write(value)
  if (value === null) return
  if (typeof value === 'boolean') return write(value ? 'True' : 'False')
  if (isNumber(value)) return write((await import('./number.ts')).numberText(value))
  ;(await writers[format]()).render(value, write)
}

/** What writes a list item by item, as {@link render} writes it whole. */
export async function listWriter(format: Format): Promise<(write: Write) => ListWriter> {
  return (await writers[format]()).list
}
