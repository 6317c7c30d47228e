const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ENOTFOUND: 'name not found',
  EAI_AGAIN: 'name not found: no answer from DNS',
  ECONNRESET: 'connection reset',
  EHOSTUNREACH: 'no route to host',
  ENETUNREACH: 'network unreachable',
  ETIMEDOUT: 'no answer',
  EPIPE: 'the server closed the connection',
}

/** What went wrong with a connection, in words. */
export function socketReason(error: Error): string {
  return reasons[(error as NodeJS.ErrnoException).code ?? ''] ?? error.message
}
