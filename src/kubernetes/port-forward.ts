import { setTimeout as wait } from 'node:timers/promises'
import { KubectlError, kubectlTimeout } from './kubectl-error.ts'
import { callLimit, type CallLimits, type Kubectl } from './kubectl.ts'

/** A port of loopback that leads into the cluster. */
export interface PortForward {
  readonly host: '127.0.0.1'
  readonly port: number
  /** What it leads to: `pod/NAME`. */
  readonly target: string
  /** Resolves when it is no more, with the reason where it didn't come from us. */
  readonly ended: Promise<KubectlError | undefined>
  close(): void
}

/** What a port-forward leads to. */
export interface ForwardTarget {
  readonly namespace: string
  /** The names of a pod and of a service that lead to the same; the pod is tried first. */
  readonly pod?: string
  readonly service?: string
  readonly port: number
}

/**
 * Opens a port-forward on a free port. It is killed when this process ends.
 *
 * @throws KubectlError of the last target that was tried
 */
export async function openPortForward(
  kubectl: Kubectl,
  { namespace, pod, service, port }: ForwardTarget,
  limits: CallLimits = {},
): Promise<PortForward> {
  const targets = [...(pod ? [`pod/${pod}`] : []), ...(service ? [`svc/${service}`] : [])]
  let fault: unknown = new KubectlError('not found', 'there is neither pod nor service')
  for (const target of targets) {
    try {
      return await forward(kubectl, namespace, target, port, limits)
    } catch (error) {
      fault = error
      if (!(error instanceof KubectlError) || !['not found', 'failed', 'forbidden'].includes(error.kind)) break
    }
  }
  throw fault
}

async function forward(kubectl: Kubectl, namespace: string, target: string, remote: number, limits: CallLimits): Promise<PortForward> {
  const { limit = callLimit, signal } = limits
  signal?.throwIfAborted()
  const call = kubectl.follow(['port-forward', '-n', namespace, '--address', '127.0.0.1', target, `:${remote}`])
  const timer = new AbortController()
  const late = wait(limit, undefined, { signal: signal ? AbortSignal.any([signal, timer.signal]) : timer.signal })
  const announced = new Promise<number>((found) => {
    let text = ''
    call.stdout.setEncoding('utf8').on('data', (more: string) => {
      // Read on to the end: it says each connection, and would stop at a full pipe.
      text = (text + more).slice(-1000)
      const port = Number(/Forwarding from 127\.0\.0\.1:(\d+)/.exec(text)?.[1])
      if (port > 0 && port < 65_536) found(port)
    })
  })
  try {
    const port = await Promise.race([
      announced,
      call.ended.then(() => Promise.reject(new KubectlError('failed', 'kubectl port-forward ended at once'))),
      late.then(
        () => Promise.reject(kubectlTimeout(limit)),
        () => (signal?.aborted ? Promise.reject(signal.reason) : announced),
      ),
    ])
    const ended = call.ended.then(
      () => undefined,
      (fault: KubectlError) => fault,
    )
    return { host: '127.0.0.1', port, target, ended, close: call.close }
  } catch (error) {
    call.close()
    throw error
  } finally {
    timer.abort()
  }
}
