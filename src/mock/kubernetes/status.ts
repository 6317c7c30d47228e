/** What a Kubernetes API server says in place of what it was asked for, as JSON. */
export function statusOf(code: number, reason: string, message: string, details: object = {}): string {
  return JSON.stringify({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, details, code })
}
