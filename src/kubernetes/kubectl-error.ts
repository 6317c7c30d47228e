import { CliError } from '../errors.ts'

/** What keeps us from what `kubectl` could tell. */
export type KubectlErrorKind =
  | 'missing' // no kubectl in PATH
  | 'forbidden' // the cluster doesn't know us, or doesn't let us
  | 'unreachable' // no cluster answers, or not in time
  | 'not found'
  | 'failed'

/** A call of `kubectl` that failed. Its message is kubectl's own, without its ceremony. */
export class KubectlError extends Error {
  readonly kind: KubectlErrorKind

  constructor(kind: KubectlErrorKind, message: string, cause?: unknown) {
    super(message, { cause })
    this.name = 'KubectlError'
    this.kind = kind
  }
}

/** What kubectl says when no cluster answers, or none that is up. */
const unreachable = [
  /^The connection to the server .* was refused/m,
  /Unable to connect to the server|no configuration has been provided/,
  /\((ServiceUnavailable|Timeout|ServerTimeout|GatewayTimeout)\)|the server is currently unable|apiserver not ready/,
  /dial tcp|i\/o timeout|TLS handshake timeout|no route to host|context deadline exceeded/i,
  /http2: client connection lost|unexpected EOF/,
]

// What it logs of the pod's end of a connection names the reasons that an unreachable cluster has, too.
const lostPod = /^error: lost connection to pod/m

const patterns: readonly (readonly [KubectlErrorKind, RegExp])[] = [
  ['failed', lostPod],
  ['not found', /\(NotFound\)|^error: the server doesn't have a resource type/m],
  ['forbidden', /\((Forbidden|Unauthorized)\)|must be logged in|asked for the client to provide credentials/i],
  ...unreachable.map((pattern) => ['unreachable', pattern] as const),
]

/** The fault that an exit code of kubectl and what it wrote on stderr stand for. */
export function kubectlErrorOf(code: number, stderr: string): KubectlError {
  // The shell's own codes for a program that isn't there, or isn't one.
  if (code === 127 || code === 126) return new KubectlError('missing', 'there is no kubectl in PATH')
  const kind = patterns.find(([, pattern]) => pattern.test(stderr))?.[0] ?? 'failed'
  const inPod = lostPod.test(stderr) ? /an error occurred forwarding .*: *(\S[^:]*)$/m.exec(stderr)?.[1]?.trim() : undefined
  return new KubectlError(kind, inPod ? `lost connection to pod: ${inPod}` : ownWords(stderr) || `kubectl ended with ${code}`)
}

/** A call that took longer than it may. */
export function kubectlTimeout(milliseconds: number): KubectlError {
  return new KubectlError('unreachable', `kubectl had no answer within ${milliseconds / 1000} s`)
}

// kubectl logs (`E0312 10:11:12.123456 …`), warns and may print a usage besides what it has to say.
function ownWords(stderr: string): string {
  const lines = stderr.split('\n').map((line) => line.trim())
  const said = lines.filter((line) => line && !/^[EWIF]\d{4} |^W(arning|ARNING):|^Defaulted container|^Killed$/.test(line))
  return (said.find((line) => /^(error|unable|the connection)/i.test(line)) ?? said.at(-1) ?? '')
    .replace(/^error: /i, '')
    .replace(/^Error from server( \(\w+\))?: /, '')
}

const needs: Readonly<Record<KubectlErrorKind, { more: (namespace: string) => string; next: (namespace: string) => string }>> = {
  missing: {
    more: () => 'It needs kubectl in PATH, and a kubeconfig that may read pods and their logs. A master node has both: try again there.',
    next: () => 'ssh ncn-m001',
  },
  forbidden: {
    more: (namespace) => `It needs the right to get and list pods, pods/log and events in namespace ${namespace}.`,
    next: (namespace) => `kubectl auth can-i get pods/log -n ${namespace}`,
  },
  unreachable: {
    more: () => 'It needs a kubeconfig (KUBECONFIG, or ~/.kube/config) whose cluster answers from here.',
    next: () => 'kubectl cluster-info',
  },
  'not found': {
    more: () => 'The pod is removed when its job is deleted.',
    next: (namespace) => `kubectl get pods -n ${namespace}`,
  },
  failed: {
    more: () => 'kubectl answered, but not with what was asked for.',
    next: (namespace) => `kubectl get pods -n ${namespace}`,
  },
}

/**
 * What a person is told of a fault.
 *
 * @param goal what couldn't be done: `can't read the logs of job ad51…`
 */
export function explainKubectlError(fault: KubectlError, goal: string, namespace: string): CliError {
  const { more, next } = needs[fault.kind]
  return new CliError(`${goal}: ${fault.message}`, {
    exit: 1,
    more: [more(namespace)],
    next: next(namespace),
    cause: fault,
  })
}
