import { Failure } from '../../errors.ts'
import type { Api } from '../../ims/api.ts'
import { stageOf } from '../../ims/job-outlook.ts'
import type { Job, SshContainer } from '../../ims/records.ts'
import { KubectlFault, kubectlFailure } from '../../kubernetes/fault.ts'
import { openPortForward, type PortForward } from '../../kubernetes/port-forward.ts'
import { addressesOf, oddAddresses } from '../../ssh/addresses.ts'
import { addressText, reach, type AccessName, type Address, type Reached } from '../../ssh/banner.ts'
import type { HostKeyPolicy } from '../../ssh/host-keys.ts'
import type { Progress } from '../../terminal/progress.ts'
import type { App } from '../app.ts'
import { kubectlOf, podOf } from './pod.ts'
import { goneFailure } from './no-shell.ts'
import { shortId } from './reference.ts'
import { watchJobs } from './watch.ts'

/** How a job's shell is to be reached, as the options say it. */
export interface Reaching {
  access: 'auto' | AccessName
  identity?: string
  host_key: HostKeyPolicy
  /** Seconds between looks at the job. */
  interval: number
}

/** How a way in is looked for. */
export interface WaySearch extends Pick<Reaching, 'access' | 'interval'> {
  /** Longest search, in milliseconds; none is without end. */
  patience?: number
  /** Exit code where that is over. */
  exit?: number
  /** Without a banner for so many milliseconds, a port-forward joins. */
  alone?: number
  /** A port-forward is no way: it would end before it is used. */
  direct?: boolean
}

/** A way in that was found, and the port-forward that holds it, if one does. */
export interface Way extends Reached {
  close(): void
}

/**
 * Finds the way into a job's container: its addresses side by side, and after a while a port-forward. Ends when the
 * job doesn't wait any more.
 *
 * @throws Failure (exit 255, or as given) that says what was tried; with exit 1 why the job has no shell any more.
 */
export async function findWay(app: App, api: Api, job: Job, container: SshContainer, search: WaySearch, progress: Progress): Promise<Way> {
  const { io, program, command } = app
  const { access, interval, patience, exit } = search
  const again = `${program} jobs ${command.name} ${job.id}`
  const addresses = addressesOf(container, access)
  const forwards = !search.direct && (access === 'auto' || access === 'port-forward')
  if (access === 'port-forward' && search.direct) {
    throw new Failure('a port-forward is no way to print: it would end with this program', { exit: 255, next: `${again} --openssh --access port-forward` })
  }
  if (addresses.length === 0 && !forwards) throw noAddress(job, container, access, `${again} --access port-forward`)

  const over = new AbortController()
  const signal = AbortSignal.any([io.interrupted, over.signal])
  progress.now(`${shortId(job.id)} waiting_on_user; reaching ${addresses.map(addressText).join(', ') || 'its pod'}`)
  const onAttempt = ({ address, tries, reason }: { address: Address; tries: number; reason: string }) => app.log(2, `${addressText(address)}: ${reason} (try ${tries})`)
  const next = exit === 3 || !forwards ? again : `${again} --access port-forward`
  const race = reach(addresses, { signal, patience, exit, onAttempt, next })
  const forward = forwards ? joinForward(app, job, container, search, addresses.length === 0, progress, race.add, signal) : undefined
  const left = untilItLeaves(app, api, job, interval, signal, again)
  const all = [race.won, left, ...(forward ? [forward.failed] : [])]
  for (const one of all) one.catch(() => {})
  try {
    const reached = await Promise.race(all)
    if (reached.address.name === 'port-forward') {
      const { close } = await forward!.opened
      return { ...reached, close }
    }
    // One that was opened though another way was the first mustn't stay.
    if (forward) closeWhenOpen(forward)
    return { ...reached, close() {} }
  } catch (error) {
    if (forward) closeWhenOpen(forward)
    race.won.then(({ socket }) => socket.destroy(), () => {})
    throw error
  } finally {
    over.abort()
  }
}

function closeWhenOpen({ opened }: Joining): void {
  opened.then(({ close }) => close(), () => {})
}

function noAddress({ id }: Job, container: SshContainer, access: string, next: string): Failure {
  const there = [...addressesOf(container, 'auto').map(addressText), ...oddAddresses(container)].map((line) => `  ${line}`)
  return new Failure(`job ${shortId(id)} has no ${access === 'auto' ? '' : `${access} `}address`, { exit: 255, more: there, next })
}

/** Rejects when the job doesn't wait any more. */
function untilItLeaves(app: App, api: Api, job: Job, interval: number, signal: AbortSignal, resume: string): Promise<never> {
  const silent: Progress = { now() {}, line() {}, stop() {} }
  return watchJobs(app, api, [job.id], { interval: interval * 1000, progress: silent, resume, signal }, (seen) => {
    const now = seen.get(job.id)?.job
    return now && stageOf(now) === 'waiting' ? undefined : (now?.status ?? 'gone')
  }).then((status) => {
    if (status === 'gone') throw goneFailure(app, job.id)
    throw new Failure(`job ${shortId(job.id)} does not wait any more: it is in ${status}`, { exit: 1, next: `${app.program} jobs describe ${job.id}` })
  })
}

interface Joining {
  readonly opened: Promise<PortForward>
  /** Rejects when it can't be had, or is no more, and nothing else is tried. */
  readonly failed: Promise<never>
}

/** Opens a port-forward: at once where it is the only way, else when nothing else has answered for a while. */
function joinForward(
  app: App,
  job: Job,
  container: SshContainer,
  { access, alone = 20_000 }: WaySearch,
  only: boolean,
  progress: Progress,
  join: (address: Address) => void,
  signal: AbortSignal,
): Joining {
  const { kubernetes_namespace: namespace, kubernetes_service: service } = job
  async function open(): Promise<PortForward> {
    if (!only) await app.io.sleep(alone, signal)
    const pod = await podOf(app, job, signal)
    const port = (addressesOf(container, 'cluster')[0] ?? addressesOf(container, 'auto')[0])?.port ?? 22
    const forward = await openPortForward(kubectlOf(app), { namespace, pod: pod?.metadata.name, service, port }, { signal })
    if (access === 'auto') progress.line(`  no SSH banner yet; kubectl port-forward to ${forward.target} joins`)
    join({ name: 'port-forward', host: forward.host, port: forward.port })
    return forward
  }
  const opened = open()
  const failed = opened
    .then(({ ended }) => ended)
    .then((fault = new KubectlFault('failed', 'kubectl port-forward ended')): Promise<never> => {
      throw fault
    })
    .catch((fault: unknown): Promise<never> => {
      if (!(fault instanceof KubectlFault) || signal.aborted) throw fault
      app.log(1, `port-forward: ${fault.message}`)
      if (!only) return new Promise(() => {})
      const failure = kubectlFailure(fault, `can't reach job ${shortId(job.id)} by port-forward`, namespace)
      throw new Failure(failure.message, { exit: 255, more: failure.more, next: failure.next, cause: fault })
    })
  return { opened, failed }
}
