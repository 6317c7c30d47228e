/** Why something couldn't be done with a file, without its path on this machine. */
export function reasonOf(error: unknown): string {
  const [, reason] = /^[A-Z0-9]+: ([^,]+)/.exec((error as Error).message) ?? []
  return reason ?? (error as Error).message
}
