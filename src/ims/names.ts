/** Names by their own grammars: what comes from outside goes into paths, configurations and command lines. */

/** An id as the service makes them. */
export function isUuid(text: string): boolean {
  return /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i.test(text)
}

/** An id that a record refers to: of a UUID's letters and the like, so that it is a word for a shell and one part of a path. */
export function isReference(text: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/.test(text)
}

/** A name or an address of a host. Source: RFC 1123, 2.1. */
export function isHost(text: string): boolean {
  if (/^[0-9a-f:]*:[0-9a-f:.]*$/i.test(text)) return text.length < 46
  return text.length < 254 && /^([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.?$/i.test(text)
}

/** A TCP port. */
export function isPort(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value > 0 && value < 65_536
}

/** A name of Kubernetes: of a namespace, pod, job, service. Source: RFC 1123 subdomains, which it takes names to be. */
export function isKubernetesName(text: string): boolean {
  return text.length < 254 && /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/.test(text)
}
