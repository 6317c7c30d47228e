import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createKubernetes, kubeconfig } from '../../src/mock/kubernetes/kubernetes.ts'
import { listenerOf } from '../../src/mock/kubernetes/listener.ts'
import { createMock, type Ending, type Image, type Job, type Mock, type Recipe, type Seed } from '../../src/mock/library.ts'
import { wallClock, type Speed } from '../../src/mock/job-clock.ts'
import { createDoors } from '../../src/mock/ssh/doors.ts'
import { createShells } from '../../src/mock/ssh/shells.ts'
import { startProgram, type LiveProgram } from './live-program.ts'
import { run, type Outcome } from './program.ts'
import { noCluster } from './site.ts'
import { standInKubectl, type StandIn } from './stand-in-kubectl.ts'

/** A request to the service as it came. */
export interface Asked {
  readonly method: string
  /** Below `/apis/ims/v3`. */
  readonly path: string
  readonly body: string
  /** Of the job that it names, before it was handled. */
  readonly job: Job | undefined
  /** What stands for it in a run of jobs whose ids nobody knows: `GET jobs/JOB creating`. */
  readonly step: string
}

/** What comes in place of an answer: a status with what a gateway says, a connection that is reset, or an answer. */
export type Instead = number | 'reset' | Response | undefined

/** Looks in at each request, before and after it is handled. What it gives takes the answer's place. */
export interface Intervention {
  before?: (asked: Asked) => Instead | Promise<Instead>
  after?: (asked: Asked) => Instead | Promise<Instead>
}

export interface WatchedSiteOptions {
  /** `step` unless given: each look at a job moves it on. */
  speed?: Speed
  seed?: Seed
  /** The user's keys by the names of their files in `~/.ssh`: texts of files. */
  keys?: Readonly<Record<string, string>>
  /** `real`: leads to the mock's Kubernetes. A script: a stand-in. Unless given, its cluster doesn't answer. */
  kubectl?: string
}

/** A mock in this process, which is asked by whole programs, and a user. */
export interface WatchedSite {
  readonly mock: Mock
  readonly home: string
  /** The folder of the configuration. */
  readonly config: string
  readonly env: Record<string, string>
  readonly url: string
  readonly kubectl: StandIn
  /** All that it was asked. */
  readonly asked: Asked[]
  readonly writes: () => Asked[]
  intervene(how: Intervention): void
  /** Runs the program, with short intervals. */
  ims(...argv: string[]): Promise<Outcome>
  start(...argv: string[]): LiveProgram
  /** Stops listening for a while: connections are refused. */
  refuse(): Promise<void>
  listen(): Promise<void>
  /** Breaks off all SSH connections. */
  dropShells(): void
  close(): Promise<void>
}

const link = (path: string) => ({ path: `s3://ims/${path}`, type: 's3' })
const endings: readonly Ending[] = [
  'succeeds',
  'fails',
  'fetch-fails',
  'repos-fail',
  'packaging-fails',
  'hangs',
  'killed',
  'no-config',
  'no-repos',
  'no-kernel',
  'fetch-crashes',
  'out-of-memory',
]
const numbered = (kind: string, at: number) => `${kind.repeat(8)}-0000-4000-8000-${String(at + 1).padStart(12, '0')}`

/** A recipe of a seed. */
export const recipe = (id: string, name: string, more: Partial<Recipe> = {}): Recipe =>
  ({
    id,
    created: '2026-01-02T03:04:05',
    name,
    recipe_type: 'kiwi-ng',
    linux_distribution: 'sles15',
    link: link(name),
    arch: 'x86_64',
    require_dkms: false,
    template_dictionary: [],
    ...more,
  }) as Recipe

/** An image of a seed. */
export const image = (id: string, name: string, more: Partial<Image> = {}): Image =>
  ({ id, created: '2026-01-02T03:04:05', name, link: link(name), arch: 'x86_64', metadata: {}, ...more }) as Image

export const recipeOf = (ends: Ending): string => numbered('a', endings.indexOf(ends))
export const imageOf = (ends: Ending): string => numbered('b', endings.indexOf(ends))

/** A recipe and an image for each way in which a job can end, called after it: `succeeds`, `image-succeeds`. */
export const endingSeed = {
  recipes: endings.map((builds) => recipe(recipeOf(builds), builds, { mock: { builds } })),
  images: endings.map((builds) => image(imageOf(builds), `image-${builds}`, { mock: { builds } })),
} satisfies Seed

/** Tries something at a site of its own. */
export async function withSite<R>(options: WatchedSiteOptions, work: (site: WatchedSite) => Promise<R>): Promise<R> {
  const site = await startWatchedSite(options)
  try {
    return await work(site)
  } finally {
    await site.close()
  }
}

/** Starts such a site. */
export async function startWatchedSite({
  speed = 'step',
  seed = endingSeed,
  keys = {},
  kubectl = noCluster,
}: WatchedSiteOptions = {}): Promise<WatchedSite> {
  const home = mkdtempSync(join(tmpdir(), 'images-'))
  mkdirSync(join(home, '.ssh'), { mode: 0o700 })
  for (const [name, text] of Object.entries(keys)) writeFileSync(join(home, '.ssh', name), text, { mode: 0o600 })

  const doors = createDoors()
  const mock = createMock({ seed, speed, holdPort: doors.hold })
  const shells = await createShells(mock, doors)
  const view = { all: () => mock.state.jobs.values(), advance: mock.jobs.advance, watch: mock.jobs.watch }
  const kubernetes = createKubernetes({ jobs: view, clock: wallClock, speed: speed === 'step' ? 1 : speed })
  const cluster = listenerOf(kubernetes.handle)
  const asked: Asked[] = []
  let intervention: Intervention = {}

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '', headers } = request
    if (!url.startsWith('/apis/ims/')) return void cluster(request, response)
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const body = Buffer.concat(chunks).toString()
    const path = url.replace('/apis/ims/v3/', '')
    const [kind, id = ''] = path.split('/')
    const job = kind === 'jobs' ? mock.state.jobs.get(id) : undefined
    const one: Asked = {
      method,
      path,
      body,
      job: job && { ...job },
      step: `${method} ${id ? `${kind}/ONE` : kind}${job ? ` ${job.status}${job.resultant_image_id && job.status !== 'success' ? ' +image' : ''}` : ''}`,
    }
    asked.push(one)
    const instead = (await intervention.before?.(one)) ?? (await answered(one))
    if (instead instanceof Response) {
      response.writeHead(instead.status, instead.statusText, Object.fromEntries(instead.headers)).end(await instead.text())
    } else if (instead === 'reset') request.socket.destroy()
    else response.writeHead(instead).end('upstream connect error')

    async function answered(one: Asked): Promise<Response | Exclude<Instead, undefined>> {
      const asked = { method, ...(body !== '' && { body }), headers: headers as Record<string, string> }
      const answer = await mock.handle(new Request(`http://ims${url}`, asked))
      return (await intervention.after?.(one)) ?? answer
    }
  }

  const sockets = new Set<Socket>()
  let server: Server
  let port = 0
  async function listen(): Promise<void> {
    server = createServer((request, response) => void serve(request, response).catch(() => request.socket.destroy()))
    server.keepAliveTimeout = 60_000
    server.on('connection', (socket) => {
      sockets.add(socket)
      socket.on('close', () => sockets.delete(socket)).on('error', () => {})
    })
    await new Promise<void>((listening) => server.listen(port, '127.0.0.1', listening))
    port = (server.address() as AddressInfo).port
  }
  function refuse(): Promise<void> {
    return new Promise((closed) => {
      server.close(() => closed())
      for (const socket of sockets) socket.destroy()
    })
  }
  await listen()

  const url = `http://127.0.0.1:${port}`
  const config = join(home, '.config/cray')
  mkdirSync(join(config, 'configurations'), { recursive: true })
  writeFileSync(join(config, 'configurations/default'), `[core]\nhostname = "${url}"\n`)
  writeFileSync(join(home, 'kubeconfig'), kubeconfig({ server: url }))
  const standIn = standInKubectl(kubectl)
  const env = {
    PATH: kubectl === 'real' ? process.env.PATH! : standIn.env.PATH!,
    HOME: home,
    USER: 'jane',
    LANG: 'C.UTF-8',
    CRAY_CONFIG_DIR: home,
    ...(kubectl === 'real' && { KUBECONFIG: join(home, 'kubeconfig') }),
  }
  const often = (argv: readonly string[]) => [...argv, '--interval', '0.01']
  return {
    mock,
    home,
    config,
    env,
    url,
    kubectl: standIn,
    asked,
    writes: () => asked.filter(({ method }) => method !== 'GET'),
    intervene: (how) => void (intervention = how),
    ims: (...argv) => run(often(argv), { cwd: home, env }),
    start: (...argv) => startProgram(often(argv), { cwd: home, env }),
    refuse,
    listen,
    dropShells: doors.drop,
    async close() {
      await refuse()
      await shells.close()
      await doors.close()
      kubernetes.close()
      mock.close()
      standIn.remove()
      rmSync(home, { recursive: true, force: true })
    },
  }
}
