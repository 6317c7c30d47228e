import { CliError, type NextStep } from '../errors.ts'
import { stageOf } from '../ims/job-status.ts'
import type { Job, SshContainer } from '../ims/records.ts'
import { addressesOf, oddAddresses } from '../ssh/addresses.ts'
import { addressText, reach, type Address, type Reached } from '../ssh/banner.ts'
import { pastedWords } from '../text/shell-words.ts'
import type { Progress } from '../terminal/progress.ts'
import type { CommandContext } from '../context.ts'
import { joinForward, type Forwarding } from './reopen-forward.ts'
import { createPodWatch } from './pod-watch.ts'
import { jobDeletedError, podFailedError } from './shell-unavailable.ts'
import { shortId } from './lookup.ts'
import { pollJobs } from './poll.ts'
import type { Reaching, ShellContext } from './shell-context.ts'

/** How a way in is looked for. */
export interface WaySearch extends Pick<Reaching, 'access' | 'interval'> {
  /** Longest search, in milliseconds; none is without end. */
  patience?: number
  /** Exit code where that is over. */
  exit?: number
  /** Without a banner for so many milliseconds, a port-forward joins. */
  alone?: number
  /** After so many milliseconds without a way what can be done about it is said, where the search goes on. */
  remind?: number
  /** No port-forward: it would end before it is used. */
  direct?: boolean
}

/** A way in that was found, and the port-forward that holds it, if one does. */
export interface Way extends Reached {
  /**
   * The address for a connection of its own, besides the one that was found: a port-forward may have ended with that.
   *
   * @throws CliError (exit 255) where it can't be opened again.
   */
  again(): Promise<Address>
  close(): void
}

/**
 * Finds the way into a job's container: its addresses side by side, and after a while a port-forward. Ends when the
 * job doesn't wait any more.
 *
 * @throws CliError (exit 255, or as given) that says what was tried; with exit 1 why the job has no shell any more.
 */
export async function connectToContainer(shell: ShellContext, search: WaySearch): Promise<Way> {
  const { context, job, container, progress } = shell
  const { io, command } = context
  const { access, interval, patience, exit, alone = 20_000, remind = 60_000 } = search
  const again = ['jobs', command.name, job.id]
  const addresses = addressesOf(container, access)
  const forwards = !search.direct && (access === 'auto' || access === 'port-forward')
  if (access === 'port-forward' && search.direct) {
    throw new CliError("a port-forward can't be printed: it ends with this program", {
      exit: 255,
      next: [...again, '--openssh', '--access', 'port-forward'],
    })
  }
  if (addresses.length === 0 && !forwards) throw noAddress(job, container, access, [...again, '--access', 'port-forward'])

  const over = new AbortController()
  const signal = AbortSignal.any([io.interrupted, over.signal])
  progress.update(`${shortId(job.id)} waiting_on_user; reaching ${addresses.map(addressText).join(', ') || 'its pod'}`)
  const onAttempt = ({ address, tries, reason }: { address: Address; tries: number; reason: string }) =>
    context.log(2, `${addressText(address)}: ${reason} (try ${tries})`)
  // Another way is still to be tried where one was asked for.
  const last = access === 'auto' && forwards
  const advice =
    patience !== undefined && patience >= long
      ? { next: last ? ['jobs', 'delete', job.id] : again, more: () => remedy(context, job, forward?.missing()) }
      : { next: again }
  const race = reach(addresses, { signal, patience, exit, onAttempt, ...advice })
  const only = addresses.length === 0
  const onOpen = ({ target }: { target: string }) => {
    if (access === 'auto') progress.log(`  no SSH banner yet; kubectl port-forward to ${target} joins`)
  }
  const forward: Forwarding | undefined = forwards ? joinForward(shell, race, { signal, only, delay: only ? 0 : alone, onOpen }) : undefined
  if (patience === undefined || patience > remind) {
    const lines = () => [
      'Nothing has answered yet; still trying.',
      ...remedy(context, job, forward?.missing()),
      `To delete it: ${context.commandLine('jobs', 'delete', job.id)}`,
    ]
    io.sleep(remind, signal).then(
      () => lines().forEach((line) => progress.log(`  ${line.trimStart()}`)),
      () => {},
    )
  }
  const left = untilItLeaves(shell, interval, signal, again)
  const all = [race.won, left, ...(forward ? [forward.failed] : [])]
  for (const one of all) one.catch(() => {})
  try {
    const reached = await Promise.race(all)
    if (reached.address.name === 'port-forward') {
      const renewed = async () => ({ ...reached.address, port: (await forward!.renew(io.interrupted)).port })
      return { ...reached, again: renewed, close: forward!.close }
    }
    // One that was opened though another way was the first mustn't stay.
    forward?.close()
    return { ...reached, again: async () => reached.address, close() {} }
  } catch (error) {
    forward?.close()
    race.won.then(
      ({ socket }) => socket.destroy(),
      () => {},
    )
    throw error
  } finally {
    over.abort()
  }
}

/** How long a server that is to come may take, in milliseconds; a port-forward has joined by then, too. */
const long = 25_000

/**
 * What can be done for a job that no way leads into. Its container may have died with its node: such a job waits on its user
 * for ever. Source: the service's known issues.
 */
function remedy(
  { commandLine }: CommandContext,
  { remote_build_node: node, kubernetes_namespace, kubernetes_job }: Job,
  forwardFailed: string | undefined,
): string[] {
  const place = node
    ? `It runs on the remote build node ${node}. Its state: ${commandLine('remote-build-nodes', 'status', 'describe', node)}`
    : `Look at its pod: ${pastedWords(['kubectl', 'describe', 'pods', '-n', kubernetes_namespace, '-l', `job-name=${kubernetes_job}`])}`
  return [
    ...(forwardFailed === undefined ? [] : [`  port-forward  ${forwardFailed}`]),
    place,
    'A job that nobody can reach waits for ever: deleting it frees its memory, and discards what was changed in its image root.',
  ]
}

function noAddress({ id }: Job, container: SshContainer, access: string, next: NextStep): CliError {
  const there = [...addressesOf(container, 'auto').map(addressText), ...oddAddresses(container)].map((line) => `  ${line}`)
  return new CliError(`job ${shortId(id)} has no ${access === 'auto' ? '' : `${access} `}address`, { exit: 255, more: there, next })
}

/** How long a server may take before the job's pod is asked about, in milliseconds: one that runs has answered by then. */
const doubtful = 5000

/** Rejects when the job doesn't wait any more, or its pod has failed. */
function untilItLeaves({ context, api, job }: ShellContext, interval: number, signal: AbortSignal, resume: NextStep): Promise<never> {
  const silent: Progress = { update() {}, log() {}, stop() {} }
  const watch = { interval: interval * 1000, progress: silent, resume, signal }
  const pods = createPodWatch(context, { interval: watch.interval, say() {} })
  return pollJobs(context, api, [job.id], watch, async (seen): Promise<CliError | undefined> => {
    const now = seen.get(job.id)
    if (!now) return jobDeletedError(job.id)
    const { status } = now.job
    if (stageOf(now.job) !== 'waiting') {
      return new CliError(`job ${shortId(job.id)} does not wait any more: it is in ${status}`, {
        exit: 1,
        next: ['jobs', 'describe', job.id],
      })
    }
    const trouble = now.total < doubtful ? undefined : pods.look([now]).get(job.id)
    return trouble?.final ? podFailedError(context, now.job, trouble) : undefined
  })
    .then((why) => {
      throw why
    })
    .finally(pods.stop)
}
