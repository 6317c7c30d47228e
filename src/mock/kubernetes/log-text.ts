import type { Job } from '../records.ts'
import type { History } from './history.ts'
import type { Line } from './log-lines.ts'
import { scriptOf } from './log-scripts.ts'
import type { Run } from './runs.ts'
import { noShell, notPackaged, packaging, shellLeft, shellReady, sshdLines, thrownAway, uploaded } from './sidecar-log.ts'

/** A line of a container's log. */
export interface LogText {
  /** Milliseconds since 1970, with fractions. */
  readonly time: number
  readonly text: string
}

/** How long containers take on a real system, in seconds. */
const takes: Readonly<Record<string, number>> = {
  'fetch-recipe': 10,
  'wait-for-repos': 15,
  'build-ca-rpm': 2,
  'build-image': 14 * 60,
  prepare: 150,
}
const packagingTakes = 5 * 60

/**
 * The log of a container, those lines too that it will only write if it goes on like this. Lines that it has
 * written never change.
 *
 * @param speed how many times faster than real time passes
 */
export function logOf(run: Run, job: Job, history: History, speed: number): LogText[] {
  if (run.start === undefined) return []
  if (!run.init) return apart(run.name === 'sshd' ? sshdLog(run, job, history) : sidecarLog(job, history, speed))
  const { body, well, badly } = scriptOf(run.name, job)
  return apart([
    ...spread(body, run.start, (takes[run.name]! * 1000) / speed, run.end),
    ...(run.end === undefined ? [] : spread(run.failed ? badly : well, run.end)),
  ])
}

// Brought forward by an end that comes sooner.
function spread(lines: readonly Line[], start: number, length = 0, end = Infinity): LogText[] {
  return lines.map((line, index) => {
    const time = Math.min(start + (length * index) / lines.length, end)
    return { time, text: typeof line === 'string' ? line : line(time) }
  })
}

// Lines of one moment come a microsecond apart, as a real clock would have them.
function apart(lines: readonly LogText[]): LogText[] {
  let last = -Infinity
  return lines.map(({ time, text }) => ({ time: (last = Math.max(time, last + 0.001)), text }))
}

function sshdLog({ start, end }: Run, job: Job, history: History): LogText[] {
  if (!history.some(({ status }) => status === 'waiting_on_user')) {
    const how = history.some(({ status }) => status === 'packaging_artifacts' || status === 'success') ? 'successful' : 'failed'
    return spread([`Not running user shell for ${how} create action`], start!)
  }
  const lines = sshdLines(job)
  return [...spread(lines.begin, start!), ...(end === undefined ? [] : spread(lines.end, end))]
}

function sidecarLog(job: Job, history: History, speed: number): LogText[] {
  return history.flatMap(({ status, at }, index) => {
    const next = history[index + 1]
    const before = history[index - 1]?.status
    const left = before === 'waiting_on_user' ? shellLeft(job) : []
    switch (status) {
      case 'waiting_on_user':
        return spread(shellReady(job), at)
      case 'packaging_artifacts':
        return [
          ...spread(left, at),
          ...spread(packaging(job), at, (packagingTakes * 1000) / speed, next?.at),
          ...(next?.status === 'error' ? spread(notPackaged(job), next.at) : []),
        ]
      case 'error':
        if (before === 'building_image') return spread(noShell(job), at)
        return before === 'waiting_on_user' ? spread([...left, ...thrownAway(job)], at) : []
      case 'success':
        return spread([...left, ...uploaded(job)], at)
      default:
        return []
    }
  })
}
