/** What each comparison asks of the order of its sides: below 0 where the left comes first. */
export const orderings: Readonly<Record<string, (order: number) => boolean>> = {
  LT: (order) => order < 0,
  LTE: (order) => order <= 0,
  GT: (order) => order > 0,
  GTE: (order) => order >= 0,
}

/**
 * The order of two numbers or of two texts; undefined for anything else. Source: jmespath.py, which compares texts (and
 * with them dates) by code points, unlike the specification.
 */
export function orderOf(left: unknown, right: unknown): number | undefined {
  if (typeof left === 'number' && typeof right === 'number') return left - right
  return typeof left === 'string' && typeof right === 'string' ? textOrder(left, right) : undefined
}

function textOrder(left: string, right: string): number {
  const end = Math.min(left.length, right.length)
  let at = 0
  while (at < end && left.charCodeAt(at) === right.charCodeAt(at)) at++
  return at === end ? left.length - right.length : rank(left.charCodeAt(at)) - rank(right.charCodeAt(at))
}

// Code units of surrogate pairs stand for code points above all others.
function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit
}
