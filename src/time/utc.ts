/** Milliseconds since 1970 of a time as the service writes it, NaN for other texts. It leaves the offset out now and then: it means UTC. */
export function parseUtc(text: string): number {
  return Date.parse(/(Z|[+-]\d\d:?\d\d)$/.test(text) ? text : `${text}Z`)
}
