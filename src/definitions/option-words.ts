import { optionKey, type OptionDefinition } from './definition.ts'

/** An option's value as it is typed; undefined where it isn't given. */
export function optionText(value: unknown): string | undefined {
  if (value === undefined || value === false) return undefined
  return typeof value === 'object' && value !== null && 'number' in value ? String(value.number) : String(value as string | number | true)
}

/** The words that give an option its value, on a line that is typed; none where it isn't given. */
export function optionWords({ flag, type }: OptionDefinition, value: unknown): string[] {
  if (type === 'each' && Array.isArray(value)) return value.flatMap((one) => optionWords({ flag, type: 'text', help: '' }, one))
  const text = optionText(value)
  if (text === undefined) return []
  if (type === 'flag') return [flag]
  return text.startsWith('-') ? [`${flag}=${text}`] : [flag, text]
}

/** The words that give a command its options again; those that are as by default are left out. */
export function lineOf(rows: readonly OptionDefinition[], options: Readonly<Record<string, unknown>>): string[] {
  return rows.flatMap((row) => {
    const value = options[optionKey(row)]
    return value === row.default ? [] : optionWords(row, value)
  })
}
