import { randomUUID } from 'node:crypto'
import { answerCall } from './api.ts'
import { gatewayAnswer, type Answer, type Call } from './answer.ts'
import { createFaults, faultAnswer, parseFault, type Fault } from './faults.ts'
import type { Site } from './handlers.ts'
import { addResult } from './images.ts'
import type { Ending } from './job-phases.ts'
import { createJobClock, wallClock, type Clock, type JobClock, type Speed } from './job-clock.ts'
import { bodyText } from './json-body.ts'
import type { Records } from './records.ts'
import { defaultSeed } from './seed.ts'
import { completeRecords, type Seed } from './seed-file.ts'
import type { S3Answer, S3Call } from './s3/call.ts'
import { faultError } from './s3/errors.ts'
import { objectsFolder } from './s3/folder.ts'
import { createObjects } from './s3/objects.ts'
import { s3Call, s3Response } from './s3/request.ts'
import { createS3, placeOf } from './s3/s3.ts'
import { createSessions } from './s3/sessions.ts'
import { isSigned } from './s3/signature.ts'
import { serviceTime } from './service-time.ts'
import { createState, type State } from './state.ts'
import { createTokens, tokenPath } from './token.ts'

export type { Answer, Call } from './answer.ts'
export type { S3Answer, S3Call } from './s3/call.ts'
export type { Clock, JobChange, JobClock, Speed } from './job-clock.ts'
export type { JobStatus } from '../ims/records.ts'
export type { Ending, Signal } from './job-phases.ts'
export type { Image, Job, PublicKey, Recipe, Records, RemoteBuildNode } from './records.ts'
export type { Seed } from './seed-file.ts'
export type { State, Table } from './state.ts'

/** Where the gateway gives credentials of the S3. */
const stsPath = '/apis/sts/token'

/** Where jobs are created. */
const jobsPath = /^\/apis\/ims\/(?:v[23]\/)?jobs$/

export interface MockOptions {
  /** Records to start with; what a freshly installed system has where it isn't given. */
  seed?: Seed
  /** How many times faster than real jobs run (1), or `step`: each GET of a job answers, then moves it on. */
  speed?: Speed
  /** Builds that would succeed fail. */
  failBuilds?: boolean
  /** How builds end that would succeed. */
  builds?: Ending
  /** Answers one request at a time, as the service does: while one takes long, all others wait. */
  serial?: boolean
  /** `GET /jobs 503 x3`, as `--fault` takes them. */
  faults?: readonly (string | Fault)[]
  /**
   * Demanded of whoever asks: as a bearer token, as a password of Basic, and as password or secret at the token
   * endpoint. Without it anybody may ask, and log in with any password but `wrong`.
   */
  token?: string
  /**
   * The folder that has the objects of its S3, or what gives it where it is first needed; a temporary one by default, which
   * goes with {@link Mock.close}.
   */
  objects?: string | (() => string)
  /** What the objects are is kept in their folder for the next mock, as their records are by a state. */
  keepObjects?: boolean
  /** Seconds that credentials of its S3 last; {@link usualSession} by default. */
  credentialsLast?: number
  /** The machine's by default. */
  clock?: Clock
  /** Gives ids to new records; random UUIDs by default. */
  newId?: () => string
  /**
   * Holds a port of loopback for the shell of a new job, to be closed when there is none after all. Without it records
   * name hosts like a real system's.
   */
  holdPort?: () => Promise<{ readonly port: number; close(): Promise<void> }>
}

/** An Image Management Service of one's own. */
export interface Mock {
  /**
   * Answers a request to `/apis/ims/…` or to the token endpoint, whatever its host: what
   * `http.all('*', ({ request }) => mock.handle(request))` needs in msw. A reset of `faults` is a network error.
   */
  handle(request: Request): Promise<Response>
  /** The same, for a server: without the cost of Request and Response. */
  answer(call: Call): Promise<Answer>
  /** The answer to whoever may not ask, whatever the rest of the request: a server need not read its body. */
  refuse(call: Pick<Call, 'path' | 'authorization'>): Answer | undefined
  /** Answers a request to its S3: one that is signed by the credentials of `PUT /apis/sts/token`. */
  answerS3(call: S3Call): Promise<S3Answer>
  readonly state: State
  /** Moves jobs; where a shell's user says that he is done, and where changes of status can be watched. */
  readonly jobs: JobClock
  /** All that it holds, as plain data. */
  records(): Records
  /** Stops its clock. */
  close(): void
}

/**
 * A mock of the service.
 * @throws CliError when the seed or a fault can't be read
 */
export function createMock(options: MockOptions = {}): Mock {
  const { clock = wallClock, newId = randomUUID, speed = 1, builds = options.failBuilds ? 'fails' : 'succeeds', serial = false } = options
  const kubectlErrorOf = createFaults((options.faults ?? []).map((fault) => (typeof fault === 'string' ? parseFault(fault) : fault)))
  const seed = options.seed ? completeRecords(options.seed, { clock, newId }) : structuredClone(defaultSeed)
  const state = createState(seed)
  const produce = (job: Parameters<typeof addResult>[1], time: number) => addResult(state, job, newId(), time)
  const jobs = createJobClock(state, { clock, speed, produce })
  const tokens = createTokens(clock, options.token)
  const folder = objectsFolder(options.objects)
  const objects = createObjects(folder.path, options.keepObjects)
  const sessions = createSessions(clock, options.token, options.credentialsLast)
  const s3 = createS3(objects, state, sessions, () => clock.now())
  const site = { state, jobs, objects, clock, newId, builds }

  async function served(call: Call): Promise<Answer> {
    if (!options.holdPort || call.method !== 'POST' || !jobsPath.test(call.path)) return servedAt(site, call)
    const held = await options.holdPort()
    let taken = false
    const shellPort = () => {
      taken = true
      return held.port
    }
    const answer = servedAt({ ...site, shellPort }, call)
    if (!taken) await held.close()
    return answer
  }

  function servedAt(site: Site, call: Call): Answer {
    if (call.path === tokenPath) return tokens.grant(call)
    if (call.path === stsPath) return call.method === 'PUT' ? sessions.issue(call.origin ?? '') : gatewayAnswer(405, '')
    jobs.advance()
    return answerCall(site, call)
  }

  const refuse: Mock['refuse'] = ({ path, authorization }) => (path === tokenPath ? undefined : tokens.refuse(authorization))

  async function answer(call: Call): Promise<Answer> {
    const refused = refuse(call)
    if (refused) return refused
    const fault = kubectlErrorOf(call)
    const own = fault && faultAnswer(fault)
    // The gateway answers in place of a service that is busy, and tokens aren't the service's.
    const queued = serial && call.path !== tokenPath && call.path !== stsPath && !(own && fault.delayMilliseconds === 0)
    return queued ? inTurn(() => late(call, fault)) : late(call, fault)
  }

  async function late(call: Call, fault: Fault | undefined): Promise<Answer> {
    if (!fault) return served(call)
    const { delayMilliseconds, broken } = fault
    const length = delayMilliseconds === 'service' ? serviceTime(call, state) / (speed === 'step' ? 1 : speed) : delayMilliseconds
    if (length > 0) await clock.sleep(length)
    return faultAnswer(fault) ?? { ...(await served(call)), ...(broken && { broken }) }
  }

  let last: Promise<unknown> = Promise.resolve()
  function inTurn(answering: () => Promise<Answer>): Promise<Answer> {
    const turn = last.then(answering)
    last = turn.catch(() => {})
    return turn
  }

  async function answerS3(call: S3Call): Promise<S3Answer> {
    const { bucket, key } = placeOf(call)
    const fault = kubectlErrorOf({ method: call.method, path: `s3://${bucket}/${key}` })
    if (!fault) return s3.answer(call)
    const { delayMilliseconds, status, broken } = fault
    if (delayMilliseconds !== 'service' && delayMilliseconds > 0) await clock.sleep(delayMilliseconds)
    if (broken === 'reset') return { ...faultError(502), broken }
    return { ...(status === undefined ? await s3.answer(call) : faultError(status)), ...(broken && { broken }) }
  }

  return {
    answer,
    answerS3,
    refuse,
    async handle(request) {
      const url = new URL(request.url)
      if (isSigned(request.headers.get('authorization') ?? undefined)) return s3Response(await answerS3(s3Call(request, url)))
      const { status, reason, headers, body, broken } = await answer({
        method: request.method,
        path: url.pathname,
        query: url.search.slice(1),
        contentType: request.headers.get('content-type') ?? undefined,
        authorization: request.headers.get('authorization') ?? undefined,
        origin: url.origin,
        body: bodyText(new Uint8Array(await request.arrayBuffer())),
      })
      if (broken === 'reset') return Response.error()
      return new Response(status === 204 ? null : body, { status, statusText: reason, headers })
    },
    state,
    jobs,
    records: state.records,
    close() {
      jobs.close()
      folder.remove()
    },
  }
}
