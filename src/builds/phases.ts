import { statusLabel } from '../ims/job-status.ts'
import type { JobStatus } from '../ims/records.ts'
import { formatDuration } from '../time/time-span.ts'

/** The phases that a job has been through, with their times. */
export interface Phases {
  /** Takes in a status that has ended, after so many milliseconds. */
  passed(status: JobStatus, lasted: number): void
  /** Those that have ended, in one line: `✔ recipe 4s ✔ repos 11s`; the last one with a cross where it went wrong. */
  done(failed?: boolean): string
  /** The same, and what goes on now. */
  now(status: JobStatus, inStatus: number): string
}

export function createPhases(): Phases {
  const ended: { label: string; lasted: number }[] = []
  let before = 0
  const done = (failed = false) =>
    ended.map(({ label, lasted }, at) => `${failed && at === ended.length - 1 ? '✖' : '✔'} ${label} ${formatDuration(lasted)}`).join(' ')
  return {
    passed(status, lasted) {
      const label = statusLabel(status)
      const last = ended.at(-1)
      // What is waited for before a shell opens and after it has closed is one phase.
      if (label && last?.label === label) last.lasted += lasted
      else if (label) ended.push({ label, lasted: lasted + before })
      before = label ? 0 : before + lasted
    },
    done,
    now: (status, inStatus) => [done(), `${statusLabel(status) ?? status} ${formatDuration(inStatus + before)}`].filter(Boolean).join(' '),
  }
}
