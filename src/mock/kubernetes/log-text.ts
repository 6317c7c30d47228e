import type { Job } from '../records.ts'
import type { History } from './history.ts'
import { packagingLines, scriptOf } from './log-scripts.ts'
import type { Run } from './runs.ts'

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
  if (!run.init) return apart(run.name === 'sshd' ? sshdLog(run, history) : sidecarLog(job, history, speed))
  const { body, well, badly } = scriptOf(run.name, job)
  return apart([
    ...spread(body, run.start, (takes[run.name]! * 1000) / speed, run.end),
    ...(run.end === undefined ? [] : spread(run.failed ? badly : well, run.end)),
  ])
}

// Brought forward by an end that comes sooner.
function spread(lines: readonly string[], start: number, length = 0, end = Infinity): LogText[] {
  return lines.map((text, index) => ({ time: Math.min(start + (length * index) / lines.length, end), text }))
}

// Lines of one moment come a microsecond apart, as a real clock would have them.
function apart(lines: readonly LogText[]): LogText[] {
  let last = -Infinity
  return lines.map(({ time, text }) => ({ time: (last = Math.max(time, last + 0.001)), text }))
}

function sshdLog({ start, end }: Run, history: History): LogText[] {
  if (!history.some(({ status }) => status === 'waiting_on_user')) return spread(['No user to wait for.'], start!)
  return [
    ...spread(
      ['Generating host keys', 'Server listening on 0.0.0.0 port 22.', 'Server listening on :: port 22.'],
      start!,
    ),
    ...(end === undefined ? [] : spread(['Received signal 15; terminating.'], end)),
  ]
}

function sidecarLog(job: Job, history: History, speed: number): LogText[] {
  const archive = job.image_root_archive_name
  return history.flatMap(({ status, at }, index) => {
    const next = history[index + 1]
    const before = history[index - 1]?.status
    switch (status) {
      case 'waiting_on_user': {
        const place = job.ssh_containers?.[0]?.jail ? '/tmp' : '/mnt/image'
        return spread([`Waiting for ${place}/complete or ${place}/failed`], at)
      }
      case 'packaging_artifacts':
        return [
          ...spread(packagingLines(archive, job), at, (packagingTakes * 1000) / speed, next?.at),
          ...(next?.status === 'error' ? spread(['ERROR: mksquashfs: no space left on device'], next.at) : []),
        ]
      case 'error':
        if (before === 'building_image')
          return spread(['The build failed; see the log of build-image.', 'Setting job status to error.'], at)
        return before === 'waiting_on_user' || before === 'packaging_artifacts'
          ? spread(['Setting job status to error.'], at)
          : []
      case 'success':
        return spread([`Resultant image is ${job.resultant_image_id}`, 'Setting job status to success.'], at)
      default:
        return []
    }
  })
}
