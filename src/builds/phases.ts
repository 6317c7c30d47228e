import type { JobStatus } from '../ims/records.ts'
import { formatDuration } from '../time/time-span.ts'

/** What a person calls a job's statuses: creating its pod counts to what comes next. */
const labels: Readonly<Partial<Record<JobStatus, string>>> = {
  fetching_recipe: 'recipe',
  fetching_image: 'image',
  waiting_for_repos: 'repos',
  building_image: 'build',
  waiting_on_user: 'shell',
  packaging_artifacts: 'package',
}

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
      const label = labels[status]
      const last = ended.at(-1)
      // What is waited for before a shell opens and after it has closed is one phase.
      if (label && last?.label === label) last.lasted += lasted
      else if (label) ended.push({ label, lasted: lasted + before })
      before = label ? 0 : before + lasted
    },
    done,
    now: (status, inStatus) => [done(), `${labels[status] ?? status} ${formatDuration(inStatus + before)}`].filter(Boolean).join(' '),
  }
}
