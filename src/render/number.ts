import type { NumberText } from '../json/value.ts'

/**
 * The number as Python prints it: an integer exact at any size, a float by the shortest text that reads back the
 * same, with an exponent from 1e16 up and below 1e-4; `nan`, `inf`, `-inf`.
 */
export function numberText({ number }: NumberText): string {
  if (/^-?\d+$/.test(number)) return number === '-0' ? '0' : number
  const value = Number(number)
  if (Number.isNaN(value)) return 'nan'
  if (!Number.isFinite(value)) return value < 0 ? '-inf' : 'inf'
  const size = Math.abs(value)
  if (size === 0) return Object.is(value, -0) ? '-0.0' : '0.0'
  if (size >= 1e-4 && size < 1e16) return Number.isInteger(value) ? `${value}.0` : String(value)
  return value.toExponential().replace(/e([+-])(\d)$/, 'e$10$2')
}
