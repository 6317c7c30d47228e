import { join } from 'node:path'
import { configFolder } from '../config/folder.ts'
import { Failure } from '../errors.ts'
import { encodeSegment, type Api } from '../ims/api.ts'
import { stageOf } from '../ims/job-outlook.ts'
import { ServerFailure } from '../ims/problem.ts'
import type { Job, SshContainer } from '../ims/records.ts'
import { readHostKeys } from '../kubernetes/host-keys.ts'
import { openPortForward, type PortForward } from '../kubernetes/port-forward.ts'
import { publicKeys } from '../spec/records.ts'
import { addressesOf } from '../ssh/addresses.ts'
import { addressText, reach, type AccessName, type Reached } from '../ssh/banner.ts'
import { checkHostKey, type HostKeyPolicy, type HostKeyVerdict } from '../ssh/host-keys.ts'
import { findIdentity, unlock, type Identity, type Login } from '../ssh/identities.ts'
import { readKnownHosts, rememberHostKeys } from '../ssh/known-hosts.ts'
import { fingerprint, parsePublicKey, type PublicKey } from '../ssh/public-key.ts'
import type { VerifyHostKey } from '../ssh/session.ts'
import type { Progress } from '../terminal/progress.ts'
import type { App } from './app.ts'
import { kubectlOf, podOf } from './job-pod.ts'
import { shortId } from './job-reference.ts'
import { watchJobs } from './job-watch.ts'

/** How a job's shell is to be reached, as the options say it. */
export interface Reaching {
  access: 'auto' | AccessName
  identity?: string
  host_key: HostKeyPolicy
  /** Seconds between looks. */
  interval: number
}

/** The key that opens a job's shell. */
export interface Key {
  identity: Identity
  login: Login
  /** The job's public key; undefined where its record is gone. */
  wanted: PublicKey | undefined
}

/** No banner for so many milliseconds, and a port-forward joins. */
const patienceAlone = 20_000

/** Where host keys of jobs are kept. */
export function knownHostsPath({ io }: App): string {
  return join(configFolder(io.env), 'ims_job_hosts')
}

/**
 * The local private key whose public half is the job's.
 *
 * @throws Failure (exit 255) that says which key the job wants and where it was looked for.
 */
export async function findKey(app: App, api: Api, job: Job, container: SshContainer, { identity: file }: Pick<Reaching, 'identity'>): Promise<Key> {
  const { env, stdin, stderr } = app.io
  const record = await publicKeyOfJob(api, job)
  const wanted = record && parsePublicKey(record.text)
  const home = env.HOME ?? '/root'
  const search = await findIdentity({ wanted, files: file === undefined ? [] : [file], agentSocket: env.SSH_AUTH_SOCK, home })
  const tilde = (path: string) => (path.startsWith(`${home}/`) ? `~${path.slice(home.length)}` : path)
  const { identity } = search
  if (!identity || (!record && file === undefined)) {
    const looked = search.looked.map(({ where, key, note }) => `${tilde(where)}${where === 'agent' ? ': ' : '  '}${key ? `${key.type} ${fingerprint(key.blob)}` : (note ?? 'none')}`)
    const [first = 'nothing', ...others] = looked
    throw new Failure(`no key here opens job ${shortId(job.id)}`, {
      exit: 255,
      more: [
        record && wanted ? `  wants  "${record.name}" ${wanted.type} ${fingerprint(wanted.blob)}` : `  wants  public key ${job.public_key_id}, whose record is gone`,
        ...(record ? [] : container.jail ? ['  A jailed job whose key is gone is most often of the Configuration Framework Service (CFS): leave it alone.'] : []),
        `  found  ${first}`,
        ...others.map((line) => `         ${line}`),
      ],
      next: `${app.program} jobs debug ${job.id} -i FILE`,
    })
  }
  const ask = stdin.isTTY && stderr.isTTY ? app.questions.ask : undefined
  return { identity, wanted, login: await unlock(identity, { ask, wanted }) }
}

async function publicKeyOfJob(api: Api, { public_key_id: id }: Job): Promise<{ name: string; text: string } | undefined> {
  try {
    const record = await api.send({ method: 'GET', path: `${publicKeys.path}/${encodeSegment(id)}` })
    return record instanceof Map ? { name: String(record.get('name')), text: String(record.get('public_key')) } : undefined
  } catch (error) {
    if (error instanceof ServerFailure && error.status === 404) return undefined
    throw error
  }
}

/** A way in that was found, and the port-forward that holds it, if one does. */
export interface Way extends Reached {
  close(): void
}

/**
 * Finds the way into a job's container: its addresses side by side, and after a while a port-forward. Ends when the
 * job doesn't wait any more.
 *
 * @throws Failure (exit 255) that says what was tried, or why the job has no shell any more.
 */
export async function findWay(app: App, api: Api, job: Job, container: SshContainer, options: Reaching, progress: Progress, patience?: number): Promise<Way> {
  const { io, program } = app
  const over = new AbortController()
  const signal = AbortSignal.any([io.interrupted, over.signal])
  const addresses = addressesOf(container, options.access)
  const next = `${program} jobs debug ${job.id} --access port-forward`
  progress.now(`${shortId(job.id)} waiting_on_user; reaching ${addresses.map(addressText).join(', ') || 'its pod'}`)
  const race = reach(addresses, { signal, patience, onAttempt: ({ address, reason }) => app.log(2, `${addressText(address)}: ${reason}`), next })
  race.won.catch(() => {})
  const forward = joinForward(app, job, container, options, progress, race.add, signal)
  const silent: Progress = { now() {}, line() {}, stop() {} }
  const watch = { interval: options.interval * 1000, progress: silent, resume: `${program} jobs debug ${job.id}`, signal }
  const left = watchJobs(app, api, [job.id], watch, (seen) => {
    const now = seen.get(job.id)?.job
    return now && stageOf(now) === 'waiting' ? undefined : (now?.status ?? 'gone')
  }).then((status) => Promise.reject(new Failure(`job ${job.id} does not wait any more: it is ${status}`, { exit: 1, next: `${program} jobs describe ${job.id}` })))
  left.catch(() => {})
  try {
    const reached = await Promise.race([race.won, left])
    const held = reached.address.name === 'port-forward' ? await forward : undefined
    return { ...reached, close: () => held?.close() }
  } catch (error) {
    void forward.then((opened) => opened?.close())
    throw error
  } finally {
    over.abort()
  }
}

/** Opens a port-forward: at once where it was asked for, else when nothing else has answered for a while. */
async function joinForward(
  app: App,
  job: Job,
  container: SshContainer,
  { access }: Reaching,
  progress: Progress,
  join: (address: { name: 'port-forward'; host: string; port: number }) => void,
  signal: AbortSignal,
): Promise<PortForward | undefined> {
  if (access !== 'auto' && access !== 'port-forward') return undefined
  try {
    if (access === 'auto') await app.io.sleep(patienceAlone, signal)
    const pod = await podOf(app, job)
    const port = addressesOf(container, 'auto')[0]?.port ?? 22
    const target = { namespace: job.kubernetes_namespace, pod: pod?.metadata.name, service: job.kubernetes_service, port: access === 'port-forward' ? 22 : port }
    const forward = await openPortForward(kubectlOf(app), target, { signal })
    if (access === 'auto') progress.line(`  nothing answers; trying kubectl port-forward to ${forward.target}, too`)
    join({ name: 'port-forward', host: forward.host, port: forward.port })
    return forward
  } catch (error) {
    if (signal.aborted) return undefined
    if (access === 'port-forward') progress.line(`  port-forward: ${(error as Error).message}`)
    else app.log(1, `port-forward: ${(error as Error).message}`)
    return undefined
  }
}

/**
 * Judges the host's key: kept by job, compared with the container's own where `kubectl` answers.
 *
 * @param told called with the verdict when the key is accepted.
 * @throws Failure (exit 255) for a key that is refused: there is no shell then.
 */
export function hostVerifier(app: App, job: Job, policy: HostKeyPolicy, told: (verdict: HostKeyVerdict) => void): VerifyHostKey {
  const path = knownHostsPath(app)
  return async (key) => {
    const { keys, warning } = readKnownHosts(path)
    if (warning) app.warn(`Warning: ${warning}`)
    const containersOwn = async (signal: AbortSignal) => {
      const pod = await podOf(app, job)
      return pod && readHostKeys(kubectlOf(app), { namespace: job.kubernetes_namespace, pod: pod.metadata.name }, { signal })
    }
    const verdict = await checkHostKey({ jobId: job.id, key, known: keys, containersOwn, policy })
    if (!verdict.accept) throw refused(app, job, verdict, path)
    if (verdict.remember.length > 0) {
      const trouble = await rememberHostKeys(path, job.id, verdict.remember, { now: app.io.now(), compared: verdict.compared })
      if (trouble) app.warn(`Warning: ${trouble}`)
    }
    told(verdict)
  }
}

function refused({ program }: App, { id }: Job, { why, fingerprint: shown }: HostKeyVerdict, path: string): Failure {
  const next = why === 'could not be compared' ? `${program} jobs debug ${id} --host-key accept-new` : `kubectl get pods -n ims -l job-name -o wide`
  return new Failure(`the host key of job ${shortId(id)} is refused: ${why}`, {
    exit: 255,
    more: [
      `  shown  ${shown}`,
      why === 'changed' ? `  another is kept in ${path}: someone may be in between, or a new container took the job's place` : '',
    ].filter(Boolean),
    next,
  })
}
