import { setTimeout as wait } from 'node:timers/promises'
import { diagnose, diagnosisText } from './diagnosis.ts'
import type { Kubectl } from './kubectl.ts'
import { createBookmark, logLines } from './log-lines.ts'
import { chosen, isFault, limits, logArgs, noPod, type LogLine, type LogSelection } from './logs.ts'
import { merge } from './merge.ts'
import { findPod } from './find-pods.ts'
import { containersInOrder, hasEnded, hasStarted, type Container, type JobInCluster, type Pod } from './pod.ts'

/** How the logs are followed. */
export interface Following extends LogSelection {
  /** Whether the job has ended by now. */
  jobEnded: () => Promise<boolean>
  /** Milliseconds between looks at pod and job. */
  interval?: number
  /** Milliseconds that containers get to end after their job did. */
  grace?: number
  /** How many looks in a row may fail before it is given up. */
  tries?: number
  /** Resolves after so many milliseconds; rejects when aborted. */
  sleep?: (milliseconds: number, signal?: AbortSignal) => Promise<unknown>
}

/** What the cluster itself refuses, it goes on to refuse, but for a moment around a start. */
const mostRefusals = 3

/**
 * The logs of a job's containers from the first to the last, to the end of the job: init containers one after
 * another, then the others side by side, each from when it starts. A stream that breaks is taken up again where it
 * broke; a pod that takes the place of the first is followed in turn.
 * @throws KubectlError also when the cluster is away for longer than `tries` looks
 * @throws CliError when there is no such container
 */
export async function* followLogs(kubectl: Kubectl, job: JobInCluster, following: Following): AsyncGenerator<LogLine> {
  const { signal, container: only, interval = 5000, tries = 24, sleep = pause, notice = () => {} } = following
  const stop = new AbortController()
  const ends = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal
  const rest = (most = interval) => sleep(Math.min(interval, most), ends).catch(() => {})
  const progress: Progress = { lines: 0, held: 0 }
  let known: Pod | undefined
  let told: string | undefined

  async function look(): Promise<Pod | undefined> {
    if (known && hasEnded(known)) return known
    for (let left = tries; ; left--) {
      try {
        return (known = await findPod(kubectl, job, { signal: ends }))
      } catch (fault) {
        if (ends.aborted) return undefined
        if (left <= 1 || !isFault(fault, 'unreachable')) throw fault
        tell(fault.message)
        await rest()
      }
    }
  }

  function tell(text: string): void {
    if (text !== told) notice((told = text))
  }

  async function* container(pod: Pod, name: string, started: boolean): AsyncGenerator<LogLine> {
    const own = (seen: Pod | undefined): Container | undefined =>
      seen?.metadata.uid === pod.metadata.uid && seen ? containersInOrder(seen).find((one) => one.name === name) : undefined
    const bookmark = createBookmark()
    let left = tries
    let refusals = mostRefusals
    for (let seen = await look(); !ends.aborted; seen = await look()) {
      const now = own(seen)
      if (!now) return
      if (!hasStarted(now)) {
        if (hasEnded(seen!)) return
        const why = diagnose(seen)
        if (why) tell(diagnosisText(why))
        await rest()
        continue
      }
      const since = bookmark.since()
      const isNew = bookmark.again()
      // What it wrote before we came may be cut; what it writes from then on may not.
      const args = [...logArgs(job, pod, name), '-f', ...(since ? [since] : started ? limits(following) : [])]
      try {
        // Only the stream of a container that has ended ends with its log: another one may have broken, also in a line.
        const goesOn = !now.state.terminated
        for await (const line of logLines(kubectl, args, { signal: ends, goesOn })) {
          if (!isNew(line)) continue
          left = tries
          refusals = mostRefusals
          progress.lines++
          progress.held++
          yield { container: name, ...line }
          progress.held--
        }
        if (!goesOn || ends.aborted) return
        // A pod's state comes a little after the end of its log.
        if (!own(await look())?.state.terminated) await rest(1000)
      } catch (fault) {
        if (ends.aborted) return
        if (isFault(fault, 'unreachable')) {
          if (--left <= 0) throw fault
        } else if (isFault(fault, 'failed', 'not found')) {
          if (--refusals <= 0) return void notice(`${name}: no more logs: ${fault.message}`)
        } else throw fault
        tell(`${name}: ${fault.message}; reading on`)
        await rest()
      }
    }
  }

  async function* allOf(pod: Pod): AsyncGenerator<LogLine> {
    const containers = chosen(pod, only)
    const stream = (one: Container) => container(pod, one.name, hasStarted(one))
    for (const one of containers.filter(({ init }) => init)) yield* stream(one)
    yield* merge(containers.filter(({ init }) => !init).map(stream))
  }

  try {
    known = await findPod(kubectl, job, { signal })
    void stopAfter(following, progress, ends, stop)
    while (!known && !ends.aborted) {
      await rest()
      await look()
    }
    if (!known && !signal?.aborted) throw noPod(job)
    for (let pod = known; pod && !ends.aborted; pod = known) {
      yield* allOf(pod)
      known = undefined
      await look()
      if (known === undefined || (known as Pod).metadata.uid === pod.metadata.uid) break
    }
    signal?.throwIfAborted()
  } finally {
    stop.abort()
  }
}

/** How far the reader is. */
interface Progress {
  /** Lines so far. */
  lines: number
  /** Lines that the reader hasn't done with. */
  held: number
}

// Containers end shortly after their job; one that neither ends nor writes isn't waited for.
async function stopAfter(following: Following, progress: Progress, ends: AbortSignal, stop: AbortController): Promise<void> {
  const { jobEnded, interval = 5000, grace = 10_000, sleep = pause } = following
  try {
    // A server that doesn't answer now may do so at the next look.
    while (!(await jobEnded().catch(() => false))) await sleep(interval, ends)
    let before: number
    do {
      before = progress.lines
      await sleep(grace, ends)
    } while (progress.lines > before || progress.held > 0)
    stop.abort()
  } catch {
    // It was over before.
  }
}

function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return wait(milliseconds, undefined, { signal })
}
