/** A number as its source text has it: `1.0` stays a float, an integer stays exact at any size. */
export interface NumberText {
  readonly number: string
}

/**
 * Any JSON value. Objects are Maps, because a plain object would reorder keys like `"10"`; numbers keep their
 * text, because `JSON.parse` would lose `1.0` and large integers.
 */
export type Value = string | boolean | null | NumberText | Value[] | ValueMap
export type ValueMap = Map<string, Value>

/** Whether a value is a number. */
export function isNumber(value: Value | undefined): value is NumberText {
  return typeof value === 'object' && value !== null && 'number' in value
}

/** A value from plain data, as `JSON.parse` gives it. */
export function toValue(data: unknown): Value {
  if (data === null || data === undefined) return null
  if (typeof data === 'string' || typeof data === 'boolean') return data
  if (typeof data === 'number' || typeof data === 'bigint') return { number: String(data) }
  if (Array.isArray(data)) return data.map(toValue)
  return new Map(Object.entries(data).map(([key, item]) => [key, toValue(item)]))
}

/** Plain data of a value: a number is a number, whatever its text, and an object may order its keys anew. */
export function toData(value: Value): unknown {
  if (isNumber(value)) return Number(value.number)
  if (Array.isArray(value)) return value.map(toData)
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, item]) => [key, toData(item)]))
  return value
}
