/** When a record was made, in milliseconds since 1970. The service leaves the offset out now and then: it means UTC. */
export function createdAt({ created }: { readonly created: string }): number {
  return Date.parse(/(Z|[+-]\d\d:?\d\d)$/.test(created) ? created : `${created}Z`)
}
