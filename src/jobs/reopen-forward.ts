import { CliError } from '../errors.ts'
import { KubectlError, explainKubectlError, type KubectlErrorKind } from '../kubernetes/kubectl-error.ts'
import { openPortForward, type PortForward } from '../kubernetes/port-forward.ts'
import { addressesOf } from '../ssh/addresses.ts'
import type { Race } from '../ssh/banner.ts'
import { kubectlOf, podOf } from './pod.ts'
import { shortId } from './lookup.ts'
import type { ShellContext } from './shell-context.ts'

/** A port-forward that takes part in a search for the way in. */
export interface Forwarding {
  /** Rejects where it can't be had, and nothing else is tried. */
  readonly failed: Promise<never>
  /**
   * Opens another in its place, whatever has become of it.
   *
   * @throws CliError (exit 255) where it can't be had.
   */
  renew(signal: AbortSignal): Promise<PortForward>
  /** Why none has been open yet; undefined where one was, or none was tried. */
  missing(): string | undefined
  close(): void
}

export interface ForwardingOptions {
  /** Ends the search: none is opened any more. */
  readonly signal: AbortSignal
  /** Nothing else is tried. */
  readonly only: boolean
  /** When it is opened, in milliseconds from now. */
  readonly delay: number
  /** Told of the first that is open. */
  onOpen(forward: PortForward): void
}

/** Time before a port-forward is opened again, in milliseconds: one that has ended, and one that couldn't be had so far. */
const [pause, longPause] = [1000, 5000]

/** What no second try changes. */
const final: ReadonlySet<KubectlErrorKind> = new Set<KubectlErrorKind>(['missing', 'forbidden', 'not found'])

/**
 * Lets a port-forward join a race, and opens it again whenever it ends: kubectl does at the first connection that the pod
 * refuses, and the server of a job may come up some seconds after its status says so.
 */
export function joinForward(
  { context, job, container }: Pick<ShellContext, 'context' | 'job' | 'container'>,
  race: Race,
  { signal, only, delay, onOpen }: ForwardingOptions,
): Forwarding {
  const { kubernetes_namespace: namespace, kubernetes_service: service } = job
  let current: PortForward | undefined
  let opened = false
  let missing: string | undefined

  async function open(signal: AbortSignal): Promise<PortForward> {
    const pod = await podOf(context, job, signal)
    const port = (addressesOf(container, 'cluster')[0] ?? addressesOf(container, 'auto')[0])?.port ?? 22
    const forward = await openPortForward(kubectlOf(context), { namespace, pod: pod?.metadata.name, service, port }, { signal })
    if (signal.aborted) forward.close()
    signal.throwIfAborted()
    return (current = forward)
  }

  async function keepOpen(): Promise<never> {
    await context.io.sleep(delay, signal)
    for (; ; await context.io.sleep(opened ? pause : longPause, signal)) {
      try {
        const forward = await open(signal)
        const leave = race.add({ name: 'port-forward', host: forward.host, port: forward.port })
        if (!opened) onOpen(forward)
        opened = true
        const { message } = (await forward.ended) ?? { message: 'kubectl port-forward ended' }
        signal.throwIfAborted()
        leave(message)
        context.log(1, `port-forward: ${message}; opening it again`)
      } catch (fault) {
        if (!(fault instanceof KubectlError) || signal.aborted || final.has(fault.kind) || (only && !opened)) throw fault
        if (!opened) missing = fault.message
        context.log(1, `port-forward: ${fault.message}; trying again`)
      }
    }
  }

  const unreachable = (fault: KubectlError) => {
    const { message, more, next } = explainKubectlError(fault, `can't reach job ${shortId(job.id)} by port-forward`, namespace)
    return new CliError(message, { exit: 255, more, next, cause: fault })
  }
  const failed = keepOpen().catch((fault: unknown): Promise<never> => {
    if (!(fault instanceof KubectlError) || signal.aborted) throw fault
    context.log(1, `port-forward: ${fault.message}`)
    if (!opened) missing = fault.message
    if (!only) return new Promise(() => {})
    throw unreachable(fault)
  })
  const close = () => current?.close()
  return {
    failed,
    async renew(signal) {
      close()
      return open(signal).catch((fault: unknown) => {
        throw fault instanceof KubectlError ? unreachable(fault) : fault
      })
    },
    missing: () => (opened ? undefined : missing),
    close,
  }
}
