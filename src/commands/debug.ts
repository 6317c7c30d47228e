import { Failure, usageFailure } from '../errors.ts'
import type { Api } from '../ims/api.ts'
import { placesOf, shellOutlook, stageOf } from '../ims/job-outlook.ts'
import type { Job, SshContainer } from '../ims/records.ts'
import type { OptionsOf } from '../spec/given.ts'
import type { debugOptions } from '../spec/job-shells.ts'
import { addressesOf, chooseContainer } from '../ssh/addresses.ts'
import { commandText, runCommand } from '../ssh/command.ts'
import { exitCode, type Ending } from '../ssh/ending.ts'
import { checkServer, openSession, type Session } from '../ssh/session.ts'
import { givesTerminal, runInTerminal } from '../ssh/shell.ts'
import { createProgress, type Progress } from '../terminal/progress.ts'
import { timeSpan } from '../terminal/time-span.ts'
import type { App, Run } from './app.ts'
import { diagnosisOf, excerptOf, failedLogOf } from './job-pod.ts'
import { diagnosisText } from '../kubernetes/diagnosis.ts'
import { candidate, describeJob, findJobs, listJobs, shortId } from './job-reference.ts'
import { deleteJob, openJob, say, waitForOutcome } from './job-release.ts'
import { findKey, findWay, hostVerifier, knownHostsPath } from './job-shell.ts'
import { watchJobs, type Seen } from './job-watch.ts'

type Options = OptionsOf<typeof debugOptions>

/** Where in the wait for a shell Kubernetes is asked why the pod doesn't run, in milliseconds after a status began. */
const lookAtPodAfter = 15_000

/**
 * Opens a job's shell, or runs a command there: waits until it is ready, finds way and key, judges the host, and asks
 * afterwards what should become of the job.
 *
 * @returns the shell's or command's own exit code; else the outcome of the job where we released it.
 * @throws Failure with exit 1 when no shell can come, 3 at the time limit, 255 when none was reached.
 */
export const run: Run<Options, { job?: string; command?: string[] }> = async (app, options, args) => {
  const { io, global } = app
  const command = commandText(args.command ?? [])
  const printing = options.print_command || options.ssh_config
  const progress = await createProgress(io, global.quiet, (text) => text.replace(/ [\dhmsd]+, [\dhmsd]+ in all/, ''))
  const api = await app.api({ held: true })
  try {
    const first = args.job === undefined ? await choose(app, api) : (await findJobs(api, [args.job]))[0]!.job
    if (!printing) progress.line(`Job ${shortId(first.id)} ${first.image_root_archive_name}, ${first.job_type}`)
    const job = await waitForShell(app, api, first, options, progress)
    const container = chooseContainer(job, options.container)
    const shell = await openShell(app, api, job, container, options, progress, command)
    if (typeof shell === 'number') return shell
    const { ending, session } = shell
    const own = exitCode(ending)
    if ('lost' in ending) progress.line(`  connection lost: ${ending.lost}`)
    const outcome = await afterwards(app, api, job, container, options, progress, { session, output: command === undefined ? io.stdout : io.stderr })
    return own || outcome
  } finally {
    progress.stop()
    await api.close()
  }
}

async function choose(app: App, api: Api): Promise<Job> {
  const { stdin, stderr } = app.io
  const waiting = (await listJobs(api)).filter(({ job }) => stageOf(job) === 'waiting')
  if (!stdin.isTTY || !stderr.isTTY) throw usageFailure("Missing argument 'JOB'.", { more: waiting.map(candidate) })
  if (waiting.length === 0) throw new Failure('no job waits on its user', { exit: 1, next: `${app.program} jobs list` })
  app.warn(waiting.map((record, at) => `${at + 1}${candidate(record)}`).join('\n'))
  for (;;) {
    const answer = Number(await app.questions.ask(`Which one? [1-${waiting.length}]: `))
    if (waiting[answer - 1]) return waiting[answer - 1]!.job
  }
}

/** Follows the job until its shell is open. Stops at once when none can come. */
async function waitForShell(app: App, api: Api, first: Job, options: Options, progress: Progress): Promise<Job> {
  const interactive = app.io.stdin.isTTY && app.io.stderr.isTTY
  const timeout = options.timeout ?? (interactive ? undefined : 3600)
  const watch = { interval: options.interval * 1000, timeout: timeout === undefined ? undefined : timeout * 1000, progress, resume: `${app.program} jobs debug ${first.id}` }
  let asked = 0
  return watchJobs(app, api, [first.id], watch, async (seen) => {
    const now = seen.get(first.id)
    if (!now) throw new Failure(`job ${first.id} is gone: someone deleted it`, { exit: 1, next: `${app.program} jobs list` })
    if (now.before) progress.line(`✔ ${now.before.status} ${timeSpan(now.before.lasted)} → ${now.job.status}`)
    const outlook = shellOutlook(now.job)
    if (outlook === 'open') return now.job
    if (outlook === 'never') throw await noShell(app, now.job)
    progress.now(`${shortId(first.id)} ${now.job.status} ${timeSpan(now.inStatus)}, ${timeSpan(now.total)} in all; waits for ${waitsFor(now.job)}`)
    if (now.inStatus - asked >= lookAtPodAfter) {
      asked = now.inStatus
      await stopIfPodFails(app, api, now)
    }
    if (now.before) asked = 0
    return undefined
  })
}

function waitsFor({ job_type, status }: Job): string {
  if (status === 'building_image') return 'the build to fail'
  return job_type === 'customize' ? 'the image to be unpacked' : 'the build'
}

async function stopIfPodFails(app: App, api: Api, { job }: Seen): Promise<void> {
  const found = await diagnosisOf(app, job)
  if (!found) return
  // An ordinary error leaves a failed pod, too: the next look tells.
  if ((await describeJob(api, job.id)).job.status !== job.status) return
  throw new Failure(`no shell will come: the pod of job ${shortId(job.id)} can't run`, {
    exit: 1,
    more: [`  ${diagnosisText(found)}`],
    next: `kubectl describe pod -n ${job.kubernetes_namespace} -l job-name=${job.kubernetes_job}`,
  })
}

async function noShell(app: App, job: Job): Promise<Failure> {
  const { program } = app
  const [id, short] = [job.id, shortId(job.id)]
  if (job.status === 'success') {
    return new Failure(`no shell will come: job ${short} succeeded`, { exit: 1, more: [`  image ${job.resultant_image_id}`], next: `${program} images describe ${job.resultant_image_id}` })
  }
  if (job.status === 'error') {
    const log = await failedLogOf(app, job)
    const more = [...(log ? excerptOf(log) : []), 'A shell opens only when the build itself fails with debug on.']
    return new Failure(`no shell will come: job ${short} ended in error`, { exit: 1, more, next: log ? `${program} jobs logs ${id} --failed` : `${program} jobs describe ${id}` })
  }
  if (job.status === 'packaging_artifacts') {
    return new Failure(`no shell will come: job ${short} is past that, in ${job.status}`, { exit: 1, next: `${program} jobs wait ${id}` })
  }
  return new Failure(`no shell will come: job ${short} was created with debug off`, { exit: 1, more: ['With debug on, a shell opens when the build fails.'], next: againWithDebug(program, job) })
}

/** The line that creates a job again, with debug on. */
function againWithDebug(program: string, job: Job): string {
  const options = { 'job-type': job.job_type, 'artifact-id': job.artifact_id, 'public-key-id': job.public_key_id, 'image-root-archive-name': job.image_root_archive_name }
  return `${program} jobs create ${Object.entries(options).map(([name, value]) => `--${name} ${value}`).join(' ')} --enable-debug True`
}

interface Shell {
  ending: Ending
  /** Still open, unless the connection was lost. */
  session: Session
}

/** Opens the shell, or prints what would; a number is an exit code that ends it all. */
async function openShell(app: App, api: Api, job: Job, container: SshContainer, options: Options, progress: Progress, command: string | undefined): Promise<Shell | number> {
  const { io } = app
  const external = options.print_command || options.ssh_config || options.openssh
  const why = external || job.job_type !== 'create' ? undefined : failedLogOf(app, job)
  const { identity, login } = await findKey(app, api, job, container, options)
  const reaching = external && options.access === 'auto' ? { ...options, access: direct(container) } : options
  const way = await findWay(app, api, job, container, reaching, progress, command === undefined && io.stdin.isTTY ? undefined : 120_000)
  const { host, port } = way.address
  try {
    const log = await why
    for (const line of log ? excerptOf(log, 3) : []) progress.line(line)
    const key = identity.path ?? 'agent'
    const verifyHostKey = hostVerifier(app, job, options.host_key, ({ fingerprint, why: judged }) => {
      if (external && (options.print_command || options.ssh_config)) return
      progress.stop()
      progress.line(`✔ ${host}:${port}, key ${key}`)
      progress.line(`  host key ${fingerprint} ${judged}`)
      for (const line of banner(job, container)) progress.line(line)
    })
    const settings = { socket: way.socket, verifyHostKey, signal: io.interrupted, next: `${app.program} jobs debug ${job.id}` }
    if (external) {
      if (way.address.name === 'port-forward') throw usageFailure('a port-forward ends with this program: no ssh could use it', { next: `kubectl port-forward -n ${job.kubernetes_namespace} svc/${job.kubernetes_service} :22` })
      await checkServer(settings)
      return await useOpenSsh(app, { jobId: job.id, host, port, identity, knownHosts: knownHostsPath(app), hostKeyIsKnown: true }, options, command)
    }
    const session = await openSession({ ...settings, login })
    progress.stop()
    const streams = { stdin: io.stdin, stdout: io.stdout, stderr: io.stderr, env: io.env }
    const ending = givesTerminal(io, command, options.tty ?? false) ? await runInTerminal(session, command, streams, io.interrupted) : await runCommand(session, command, streams, io.interrupted)
    return { ending, session: { ...session, close: () => session.close().finally(way.close) } }
  } catch (error) {
    way.close()
    throw error
  }
}

const direct = (container: SshContainer) => (addressesOf(container, 'customer').length > 0 ? 'auto' : 'cluster') as 'auto' | 'cluster'

async function useOpenSsh(app: App, way: Parameters<typeof import('../ssh/openssh.ts').sshLine>[0], options: Options, command: string | undefined): Promise<number> {
  const { runOpenSsh, sshConfig, sshLine } = await import('../ssh/openssh.ts')
  const words = { command: command === undefined ? [] : [command], terminal: options.tty ?? false }
  if (options.print_command) await app.io.stdout.write(`${sshLine(way, words)}\n`)
  if (options.ssh_config) await app.io.stdout.write(sshConfig(way, `ims-${way.jobId.slice(0, 8)}`))
  return options.openssh ? runOpenSsh(way, words) : 0
}

/** Where things are, before the first prompt. */
function banner(job: Job, container: SshContainer): string[] {
  const { imageRoot, log, complete, failed } = placesOf(job, container.jail)
  const create = job.job_type === 'create'
  return [
    imageRoot ? `Image root ${imageRoot}` : 'Image root none: a remote build that failed copies nothing back',
    ...(log ? [`Log        ${log}`] : []),
    ...(create ? [`Release    touch ${failed}`] : [`Keep       touch ${complete}`, `Throw away touch ${failed}`]),
  ]
}

/** After the shell: what becomes of the job. Its exit code. */
async function afterwards(app: App, api: Api, job: Job, container: SshContainer, options: Options, progress: Progress, { session, output }: { session: Session; output: App['io']['stdout'] }): Promise<number> {
  const { program } = app
  const wait = { interval: options.interval }
  try {
    const now = await describeJob(api, job.id).then((found) => found.job, () => job)
    // Who touched a signal file in the shell has released it there.
    if (stageOf(now) !== 'waiting') return (await waitForOutcome(app, api, job, progress, wait, output)).exit
    const choice = options.on_exit ?? (await ask(app, job))
    if (choice === 'keep') {
      progress.line(`Job still waits, holding its memory. Release it: ${program} jobs ${job.job_type === 'create' ? 'fail' : 'complete'} ${job.id}`)
      return 0
    }
    if (choice === 'delete') {
      await deleteJob(api, job)
      progress.line(`Job ${shortId(job.id)} deleted`)
      return 0
    }
    const open = session.lost() === undefined ? session : await openJob(app, api, job, container, options, progress)
    await say(open, job, container, choice === 'complete' ? 'complete' : 'failed')
    await open.close()
    const { exit } = await waitForOutcome(app, api, job, progress, wait, output)
    return choice === 'fail' ? 0 : exit
  } finally {
    await session.close()
  }
}

async function ask(app: App, job: Job): Promise<'complete' | 'fail' | 'keep' | 'delete'> {
  const { stdin, stderr } = app.io
  if (!stdin.isTTY || !stderr.isTTY) return 'keep'
  const create = job.job_type === 'create'
  app.warn(create ? 'Job still waits, holding its memory; it ends in error either way.' : 'Job still waits, holding its memory.')
  const question = create ? '(r)elease (d)elete (K)eep: ' : '(c)omplete (f)ail (d)elete (K)eep: '
  const answers = { r: 'fail', c: 'complete', f: 'fail', d: 'delete', k: 'keep', '': 'keep' } as const
  for (;;) {
    const answer = (await app.questions.ask(question)).trim().slice(0, 1).toLowerCase()
    if (answer in answers) return answers[answer as keyof typeof answers]
  }
}
