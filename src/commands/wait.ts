import { Failure, usageFailure } from '../errors.ts'
import { reached, stageOf } from '../ims/job-outlook.ts'
import { jobStatuses } from '../ims/records.ts'
import type { OptionsOf } from '../spec/given.ts'
import { goals, type waitOptions } from '../spec/job-shells.ts'
import { createProgress } from '../terminal/progress.ts'
import { timeSpan } from '../terminal/time-span.ts'
import type { App, Run } from './app.ts'
import { hangs } from './job-hang.ts'
import { findJobs, shortId } from './job-reference.ts'
import { watchJobs, type Seen } from './job-watch.ts'

type Options = OptionsOf<typeof waitOptions>

/** Whether a job is where it should be, may still get there, or can't any more. */
type Verdict = 'there' | 'pending' | 'lost'

/**
 * Waits for jobs, and prints their last records: one as `describe` does, several as a list.
 *
 * @throws Failure with exit 1 when one can't get there any more, 3 at the time limit.
 */
export const run: Run<Options, { job: string[] }> = async (app, options, args) => {
  const judge = judgeFor(app, options.for)
  const api = await app.api({ held: true })
  const progress = await createProgress(app.io, app.global.quiet, withoutTimes)
  try {
    const ids = [...new Set((await findJobs(api, args.job)).map(({ job }) => job.id))]
    const resume = `${app.program} jobs wait ${ids.join(' ')}${options.for === 'success' ? '' : ` --for ${options.for}`}`
    const watch = { interval: options.interval * 1000, timeout: options.timeout * 1000, progress, resume }
    const explain = hangs(app)
    const last = await watchJobs(app, api, ids, watch, async (seen) => {
      const verdicts = await Promise.all(ids.map(async (id) => [id, await judge(seen.get(id))] as const))
      progress.now(verdicts.map(([id, verdict]) => line(id, seen.get(id), verdict)).join('  '))
      const lost = verdicts.filter(([, verdict]) => verdict === 'lost')
      if (lost.length > 0) throw await lostFailure(app, lost.map(([id]) => [id, seen.get(id)]))
      if (verdicts.every(([, verdict]) => verdict === 'there')) return seen
      for (const text of await explain([...seen.values()])) progress.line(text)
      return undefined
    })
    progress.stop()
    const records = ids.map((id) => last.get(id)?.record ?? null)
    return await app.print(records.length === 1 ? records[0]! : records)
  } finally {
    progress.stop()
    await api.close()
  }
}

type Judge = (seen: Seen | undefined) => Verdict | Promise<Verdict>

const verdicts = { yes: 'there', may: 'pending', no: 'lost' } as const

function judgeFor(app: App, goal: string): Judge {
  if (goal === 'done') return (seen) => (seen && ['success', 'error'].includes(stageOf(seen.job)) ? 'there' : seen ? 'pending' : 'lost')
  if (goal === 'ready') {
    return async (seen) => {
      if (!seen) return 'lost'
      const verdict = verdicts[reached(seen.job, 'waiting_on_user')]
      if (verdict === 'pending') return verdict
      if (stageOf(seen.job) !== 'waiting') return 'lost'
      const { answers } = await import('../ssh/addresses.ts')
      return (await answers(seen.job, { signal: app.io.interrupted })) ? 'there' : 'pending'
    }
  }
  const status = jobStatuses.find((known) => known === goal)
  if (!status) {
    throw usageFailure(`Invalid value for '--for': invalid choice: ${goal}. (choose from ${[...new Set<string>([...goals, ...jobStatuses])].join(', ')})`)
  }
  return (seen) => (seen ? verdicts[reached(seen.job, status)] : 'lost')
}

function line(id: string, seen: Seen | undefined, verdict: Verdict): string {
  if (!seen) return `${shortId(id)} gone`
  return `${shortId(id)} ${seen.job.status}${verdict === 'pending' ? ` ${timeSpan(seen.inStatus)}, ${timeSpan(seen.total)} in all` : ''}`
}

const withoutTimes = (text: string) => text.replace(/ [\dhmsd]+, [\dhmsd]+ in all/g, '')

async function lostFailure(app: App, lost: readonly (readonly [string, Seen | undefined])[]): Promise<Failure> {
  const [id, first] = lost[0]!
  const more = lost.slice(1).map(([other, seen]) => `${other} ${why(seen)}`)
  const next = !first
    ? `${app.program} jobs list`
    : stageOf(first.job) === 'waiting'
      ? `${app.program} jobs debug ${id}`
      : `${app.program} jobs logs ${id} --failed`
  return new Failure(`job ${id} ${why(first)}`, { exit: 1, more, next })
}

function why(seen: Seen | undefined): string {
  if (!seen) return 'is gone: someone deleted it'
  if (stageOf(seen.job) === 'waiting' && seen.job.job_type === 'create') return 'waits on its user: its build failed, and it ends in error whatever is done'
  return `is in ${seen.job.status}, and does not get there any more`
}
