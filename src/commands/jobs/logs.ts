import { CliError } from '../../errors.ts'
import type { Api } from '../../ims/api.ts'
import { isTransient } from '../../ims/availability.ts'
import { hasEnded, stageOf } from '../../ims/job-status.ts'
import { isGone } from '../../ims/server-error.ts'
import type { Job } from '../../ims/records.ts'
import { diagnose, diagnosisText, killedBy } from '../../kubernetes/diagnosis.ts'
import { wentWrong } from '../../kubernetes/failed-container.ts'
import { tailOfFailed } from '../../kubernetes/failed-log.ts'
import { KubectlError, explainKubectlError } from '../../kubernetes/kubectl-error.ts'
import { createLineText } from '../../kubernetes/line-text.ts'
import { followLogs } from '../../kubernetes/follow-logs.ts'
import { noPod, readLogs, type LogLine, type LogSelection } from '../../kubernetes/logs.ts'
import { findPod } from '../../kubernetes/find-pods.ts'
import { containersInOrder, type Pod } from '../../kubernetes/pod.ts'
import type { InferOptions } from '../../definitions/infer-options.ts'
import type { logsOptions } from '../../definitions/job-shells.ts'
import { coloursFor } from '../../terminal/colours.ts'
import { printable } from '../../text/printable.ts'
import type { CommandContext, Run } from '../../context.ts'
import { podFailedError, jobDeletedError } from '../../jobs/shell-unavailable.ts'
import { podFailureNow } from '../../jobs/pod-watch.ts'
import { kubectlOf, podOf, reasonLines } from '../../jobs/pod.ts'
import { describeJob, findJobs, shortId } from '../../jobs/lookup.ts'

type Options = InferOptions<typeof logsOptions>

type Write = (line: LogLine) => Promise<void>

/**
 * Shows the logs of a job's containers as one stream.
 *
 * @returns with `--follow`, 1 for a job that ended in error.
 * @throws CliError that says what is needed where `kubectl` isn't there, or isn't allowed to.
 */
export const run: Run<Options> = async (context, options, args) => {
  const { io } = context
  const reader = new AbortController()
  // Who took what he wanted and went away (`| head -1`) ends it all, kubectl too.
  io.stdout.stream.on('error', () => reader.abort())
  const signal = AbortSignal.any([io.interrupted, reader.signal])
  const notice = (text: string) => {
    if (!context.global.quiet) context.warn(text)
  }
  const selection = { container: options.container, since: options.since, tail: options.tail, signal, notice }
  const api = await context.api()
  try {
    const job = (await findJobs(api, [args.job!], { ended: true }))[0]!
    const write = await lineWriter(context, options)
    try {
      if (options.failed) return await showFailed(context, job, options, write)
      if (options.follow) return await follow(context, api, job, selection, write)
      let silent = true
      for await (const line of readLogs(kubectlOf(context), job, selection)) {
        await write(line)
        silent = false
      }
      const why = silent && diagnose(await podOf(context, job))
      if (why) notice(`No logs: ${diagnosisText(why)}`)
      return 0
    } catch (fault) {
      if (reader.signal.aborted && !io.interrupted.aborted) return 0
      if (fault instanceof KubectlError)
        throw explainKubectlError(fault, `can't read the logs of job ${shortId(job.id)}`, job.kubernetes_namespace)
      throw fault
    }
  } finally {
    await api.close()
  }
}

/** Looks at a job whose containers have all ended, before it is given up that it ends, too. */
const lastLooks = 10

async function follow(
  context: CommandContext,
  api: Api,
  job: Job,
  selection: LogSelection & { signal: AbortSignal },
  write: Write,
): Promise<number> {
  let last = job
  const jobEnded = async () => {
    last = await look(api, last)
    return hasEnded(last)
  }
  for await (const line of followLogs(kubectlOf(context), job, { ...selection, jobEnded, sleep: context.io.sleep })) await write(line)
  selection.signal.throwIfAborted()
  let ended = await jobEnded()
  // One container that was asked for may end long before its job.
  if (selection.container !== undefined) return stageOf(last) === 'error' ? 1 : 0
  for (let looks = 1; !ended && looks < lastLooks; looks++) {
    await context.io.sleep(1000, selection.signal)
    ended = await jobEnded()
  }
  if (!ended) {
    const dead = await podFailureNow(context, api, last)
    if (dead) throw await podFailedError(context, last, dead)
    throw new CliError(`the containers of job ${shortId(job.id)} have ended, but it still is in ${last.status}`, {
      exit: 1,
      next: ['jobs', 'delete', job.id],
    })
  }
  if (stageOf(last) !== 'error') return 0
  sayKilled(context, await podOf(context, last))
  return 1
}

/** What a killed container wrote doesn't tell that it was. */
function sayKilled(context: CommandContext, pod: Pod | undefined): void {
  const killed = killedBy(pod)
  for (const line of killed ? reasonLines({ killed, log: undefined }) : []) context.warn(line.trim())
}

/** The job as it is now; as it was last seen while the service is away. */
async function look(api: Api, last: Job): Promise<Job> {
  try {
    return await describeJob(api, last.id)
  } catch (error) {
    if (isTransient(error)) return last
    if (isGone(error)) throw jobDeletedError(last.id)
    throw error
  }
}

async function showFailed(context: CommandContext, job: Job, { tail = 200 }: Options, write: Write): Promise<number> {
  const kubectl = kubectlOf(context)
  const limits = { signal: context.io.interrupted }
  const pod = await findPod(kubectl, job, limits)
  if (!pod) throw noPod(job)
  const stage = stageOf(job)
  const mayHaveFailed = stage === 'error' || (stage === 'waiting' && job.job_type === 'create')
  if (!mayHaveFailed && !containersInOrder(pod).some(wentWrong)) {
    const found = hasEnded(job) ? undefined : diagnose(pod)
    if (found?.final) throw await podFailedError(context, job, found)
    throw new CliError(`no container of job ${shortId(job.id)} has failed: it is ${job.status}`, {
      exit: 1,
      more: found ? [`  its pod can't run: ${diagnosisText(found)}`] : [],
      next: found ? ['jobs', 'describe', job.id] : ['jobs', 'logs', job.id],
    })
  }
  sayKilled(context, pod)
  const { container, lines, errors } = await tailOfFailed(kubectl, job, pod, tail, limits)
  const above = errors.filter((line) => !lines.includes(line))
  for (const line of [...above, ...lines]) await write({ container, line, time: undefined })
  return 0
}

const hues = ['cyan', 'magenta', 'yellow', 'green', 'blue'] as const

/** Writes lines on stdout, each with its container's name, in that container's colour. */
async function lineWriter(context: CommandContext, { no_prefix: bare, timestamps }: Options): Promise<Write> {
  const { stdout } = context.io
  const colours = await coloursFor(context.io, stdout)
  const shown = stdout.isTTY ? printable : (text: string) => text
  const names: string[] = []
  const textOf = createLineText(({ container, time }) => {
    if (!names.includes(container)) names.push(container)
    const hue = hues[names.indexOf(container) % hues.length]!
    const prefix = bare ? '' : `${colours[hue](shown(container))} | `
    return `${prefix}${timestamps && time ? `${time} ` : ''}`
  })
  return (line) => stdout.write(textOf({ ...line, line: shown(line.line) }))
}
