/** Whether what a selector asks of an object holds: `job-name=a,app!=b,owner`, `job-name in (a,b)`. */
export type Selector = (valueOf: (key: string) => string | undefined) => boolean

/** A label or field selector; an empty one takes everything. */
export function parseSelector(text: string): Selector {
  const terms = text
    .split(/,(?![^()]*\))/)
    .filter(Boolean)
    .map(parseTerm)
  return (valueOf) => terms.every((term) => term(valueOf))
}

function parseTerm(text: string): Selector {
  const [, name, how, list] = /^\s*(\S+)\s+(in|notin)\s+\((.*)\)\s*$/.exec(text) ?? []
  if (name !== undefined) {
    const values = new Set(list!.split(',').map((value) => value.trim()))
    return (valueOf) => values.has(valueOf(name) ?? '') === (how === 'in')
  }
  const [, absent] = /^\s*!\s*([^=\s]+)\s*$/.exec(text) ?? []
  if (absent !== undefined) return (valueOf) => valueOf(absent) === undefined
  const [, key = text.trim(), operator, value] = /^\s*([^=!\s]+)\s*(==?|!=)\s*(.*?)\s*$/.exec(text) ?? []
  if (operator === undefined) return (valueOf) => valueOf(key) !== undefined
  return (valueOf) => (valueOf(key) === value) === (operator !== '!=')
}

/** The value at a path of an object, as field selectors name it: `involvedObject.name`. */
export function fieldOf(object: object, path: string): string | undefined {
  let value: unknown = object
  for (const name of path.split('.')) value = (value as Record<string, unknown> | undefined)?.[name]
  return value === undefined || typeof value === 'string' ? value : JSON.stringify(value)
}
