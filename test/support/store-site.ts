import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'vitest'
import { connect } from '../../src/ims/api.ts'
import { createMock, type Mock, type S3Call } from '../../src/mock/library.ts'
import { serveMock } from '../../src/mock/serve.ts'
import { serviceCredentials } from '../../src/s3/credentials.ts'
import { openStore, type ObjectStore } from '../../src/s3/store.ts'
import { sleep } from '../../src/time/timer.ts'
import { startProgram, type LiveProgram } from './live-program.ts'
import { directTransport } from './object-stores.ts'
import { run, type Outcome } from './program.ts'

/**
 * A request to the service or its S3, without ids: `POST images`, `PATCH images/ID`, `PUT rootfs part 2`, `POST rootfs complete`,
 * `GET rootfs from there`.
 */
export type Step = string

/** Looks in at each request, before it is handled or after; `reset` breaks the connection in place of an answer. */
export interface Interventions {
  before?(step: Step): Promise<'reset' | void> | 'reset' | void
  after?(step: Step): Promise<'reset' | void> | 'reset' | void
}

/** When a program is sent a signal. */
export interface Cut {
  readonly at: Step
  readonly when: 'before' | 'after'
  readonly signal: NodeJS.Signals
}

/** A mock in this process with its S3, and a folder of files. */
export interface StoreSite {
  readonly mock: Mock
  readonly store: ObjectStore
  readonly folder: string
  /** The folder of the objects' content. */
  readonly objects: string
  /** The environment of the programs that it starts. */
  readonly env: Record<string, string>
  readonly steps: Step[]
  /** Those that write, without what is asked of credentials. */
  writes(): Step[]
  intervene(how: Interventions): void
  ims(...words: string[]): Promise<Outcome>
  start(...words: string[]): LiveProgram
  /** Runs a program that is sent a signal at a step, whose connection breaks once it has ended. */
  cutOff(cut: Cut, ...words: string[]): Promise<Outcome>
  close(): Promise<void>
}

export async function startStoreSite(options: Parameters<typeof createMock>[0] = {}): Promise<StoreSite> {
  const folder = mkdtempSync(join(tmpdir(), 'store-site-'))
  const objects = join(folder, '.objects')
  const mock = createMock({ objects, ...options })
  const steps: Step[] = []
  let interventions: Interventions = {}
  async function watched<A extends object>(step: Step, answer: () => Promise<A>): Promise<A | (A & { broken: 'reset' })> {
    steps.push(step)
    const broken = { broken: 'reset' } as const
    if ((await interventions.before?.(step)) === 'reset') return { status: 502, headers: {}, body: '', ...broken } as unknown as A
    const answered = await answer()
    return (await interventions.after?.(step)) === 'reset' ? { ...answered, ...broken } : answered
  }
  const server = await serveMock({
    answer: (call) => watched(`${call.method} ${withoutIds(call.path)}`, () => mock.answer(call)),
    answerS3: (call) => watched(objectStep(call), () => mock.answerS3(call)),
  })
  const config = join(folder, '.config/cray')
  mkdirSync(join(config, 'configurations'), { recursive: true })
  writeFileSync(join(config, 'configurations/default'), `[core]\nhostname = "${server.url}"\n`)
  const api = connect({ hostname: server.url, env: {} })
  const store = openStore({ http: directTransport(), credentials: await serviceCredentials(api, { now: Date.now, sleep }) })
  steps.length = 0
  const env = { PATH: process.env.PATH!, HOME: folder, CRAY_CONFIG_DIR: folder }
  const start = (...words: string[]) => startProgram(words, { cwd: folder, env })
  return {
    mock,
    store,
    folder,
    objects,
    env,
    steps,
    writes: () => steps.filter((step) => !/^(GET|HEAD) |^PUT \/apis\/sts/.test(step)),
    intervene: (how) => void (interventions = how),
    ims: (...words) => run(words, { cwd: folder, env }),
    start,
    async cutOff({ at, when, signal }, ...words) {
      let done = false
      let program: LiveProgram | undefined
      const hook = async (step: Step) => {
        if (done || step !== at) return undefined
        done = true
        program!.kill(signal)
        await program!.ended
        return 'reset' as const
      }
      interventions = { [when]: hook }
      program = start(...words)
      const outcome = await program.ended
      interventions = {}
      expect(done, `${at} never comes`).toBe(true)
      return outcome
    },
    async close() {
      await store.close()
      await server.close()
      mock.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

const withoutIds = (path: string) => path.replace('/apis/ims/v3/', '').replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'ID')

function objectStep({ method, path, query, headers }: Pick<S3Call, 'method' | 'path' | 'query' | 'headers'>): Step {
  const parameters = new URLSearchParams(query)
  const part = parameters.get('partNumber')
  const what = part
    ? ` part ${part}`
    : parameters.has('uploads')
      ? ' uploads'
      : parameters.has('uploadId')
        ? method === 'DELETE'
          ? ' abort'
          : ' complete'
        : headers.range
          ? ' from there'
          : ''
  return `${method} ${withoutIds(path).replace('/boot-images/ID/', '')}${what}`
}
