import { Failure } from '../errors.ts'
import { stageOf } from '../ims/job-outlook.ts'
import type { Job } from '../ims/records.ts'
import { tailOfFailed } from '../kubernetes/failed-log.ts'
import { KubectlFault, kubectlFailure } from '../kubernetes/fault.ts'
import { followLogs } from '../kubernetes/follow-logs.ts'
import { readLogs, type LogLine } from '../kubernetes/logs.ts'
import { findPod } from '../kubernetes/pod.ts'
import { isAway } from '../ims/away.ts'
import type { OptionsOf } from '../spec/given.ts'
import type { logsOptions } from '../spec/job-shells.ts'
import { coloursFor } from '../terminal/colours.ts'
import type { App, Run } from './app.ts'
import { kubectlOf } from './job-pod.ts'
import { describeJob, findJobs, shortId } from './job-reference.ts'

type Options = OptionsOf<typeof logsOptions>

/**
 * Shows the logs of a job's containers as one stream.
 *
 * @returns with `--follow`, 1 for a job that ended in error.
 * @throws Failure that says what is needed where `kubectl` isn't there, or isn't allowed to.
 */
export const run: Run<Options> = async (app, options, args) => {
  const api = await app.api({ held: true })
  try {
    const { job } = (await findJobs(api, [args.job!]))[0]!
    const write = await lineWriter(app, options)
    try {
      if (options.failed) return await showFailed(app, job, options, write)
      const selection = { container: options.container, since: options.since, tail: options.tail, signal: app.io.interrupted, notice: notice(app) }
      if (!options.follow) {
        for await (const line of readLogs(kubectlOf(app), job, selection)) await write(line)
        return 0
      }
      let last = job
      const jobEnded = async () => {
        last = await describeJob(api, job.id).then((found) => found.job, (error: unknown) => keepWhileAway(error, last))
        return ['success', 'error'].includes(stageOf(last))
      }
      for await (const line of followLogs(kubectlOf(app), job, { ...selection, jobEnded, sleep: app.io.sleep })) await write(line)
      await jobEnded()
      return stageOf(last) === 'error' ? 1 : 0
    } catch (fault) {
      if (fault instanceof KubectlFault) throw kubectlFailure(fault, `can't read the logs of job ${shortId(job.id)}`, job.kubernetes_namespace)
      throw fault
    }
  } finally {
    await api.close()
  }
}

function keepWhileAway(error: unknown, last: Job): Job {
  if (isAway(error)) return last
  throw error
}

const notice = (app: App) => (text: string) => {
  if (!app.global.quiet) app.warn(text)
}

async function showFailed(app: App, job: Job, { tail = 200 }: Options, write: (line: LogLine) => Promise<void>): Promise<number> {
  const kubectl = kubectlOf(app)
  const pod = await findPod(kubectl, job, { signal: app.io.interrupted })
  if (!pod) throw new Failure(`job ${job.id} has no pod`, { exit: 1, next: `kubectl get pods -n ${job.kubernetes_namespace}` })
  const { container, lines, errors } = await tailOfFailed(kubectl, job, pod, tail, { signal: app.io.interrupted })
  const above = errors.filter((line) => !lines.includes(line))
  for (const line of [...above, ...lines]) await write({ container, line, time: undefined })
  return 0
}

const hues = ['cyan', 'magenta', 'yellow', 'green', 'blue'] as const

/** Writes lines on stdout, each with its container's name, in that container's colour. */
async function lineWriter(app: App, { no_prefix: bare, timestamps }: Options): Promise<(line: LogLine) => Promise<void>> {
  const { stdout } = app.io
  const colours = await coloursFor(app.io, stdout)
  const names: string[] = []
  return ({ container, line, time }) => {
    if (!names.includes(container)) names.push(container)
    const hue = hues[names.indexOf(container) % hues.length]!
    const prefix = bare ? '' : `${colours[hue](container)} | `
    return stdout.write(`${prefix}${timestamps && time ? `${time} ` : ''}${line}\n`)
  }
}
