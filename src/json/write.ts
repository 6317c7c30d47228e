import { isNumber, type Value } from './value.ts'

/** A value as compact JSON text, its numbers as they were written and its keys in their order. */
export function writeJson(value: Value): string {
  if (isNumber(value)) return value.number
  if (Array.isArray(value)) return `[${value.map(writeJson).join(',')}]`
  if (value instanceof Map) {
    return `{${[...value].map(([key, item]) => `${JSON.stringify(key)}:${writeJson(item)}`).join(',')}}`
  }
  return JSON.stringify(value)
}
