import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createMock, type Answer, type Call, type Ending, type Job, type Mock, type Seed, type Speed } from '../../src/mock/library.ts'
import { serveMock } from '../../src/mock/serve.ts'
import { createDoors } from '../../src/mock/ssh/doors.ts'
import { createShells } from '../../src/mock/ssh/shells.ts'
import { startProgram, type LiveProgram } from './live-program.ts'
import { run, type Outcome } from './program.ts'
import { makeKey, temporaryFolder } from './sshd.ts'
import { standInKubectl } from './stand-in-kubectl.ts'

/** A request, and how it was answered; 0 where it wasn't. */
export interface Asked {
  readonly method: string
  /** Below `/apis/ims/v3`. */
  readonly path: string
  readonly body: string
  /** Jobs that were unfinished when it came. */
  readonly unfinished: number
  status: number
}

/** What a test does to requests, each counted from 1. */
export interface Between {
  /** Before the service has it; what is returned is answered in its place. Throwing closes the connection. */
  before?(asked: Asked, count: number): Answer | void | Promise<Answer | void>
  /** When the service has done it, before it is answered. Throwing closes the connection. */
  after?(asked: Asked, count: number): Answer | void | Promise<Answer | void>
}

/** A service that is watched, with a user who has a folder for files of images. */
export interface ImageSite {
  readonly folder: string
  readonly env: Record<string, string>
  readonly mock: Mock
  readonly url: string
  readonly asked: Asked[]
  /** Those that aren't reads, as `POST /jobs`. */
  writes(): string[]
  /** The most jobs that were unfinished at the same time. */
  mostUnfinished(): number
  /** Jobs that were ever created. */
  readonly created: Job[]
  between: Between
  /** Writes a file into the folder. */
  write(name: string, text: string): string
  read(name: string): string
  /** `cray-ims build --file` with short intervals. */
  build(file: string, ...words: string[]): Promise<Outcome>
  start(file: string, ...words: string[]): LiveProgram
  /** Images that are not of the seed, by name. */
  images(): Record<string, string[]>
  close(): Promise<void>
}

const link = (path: string) => ({ path: `s3://ims/${path}`, type: 's3' })
const uuid = (letter: string, number: number) => `${letter.repeat(8)}-0000-4000-8000-${String(number).padStart(12, '0')}`
const recipe = (number: number, name: string, builds: Ending, arch = 'x86_64') => ({
  id: uuid('a', number),
  name,
  arch,
  recipe_type: 'kiwi-ng' as const,
  linux_distribution: 'sles15' as const,
  link: link(name),
  mock: { builds },
})

export const ids = {
  good: uuid('a', 1),
  bad: uuid('a', 2),
  hanging: uuid('a', 3),
  other: uuid('a', 4),
  arm: uuid('a', 5),
  twins: [uuid('a', 6), uuid('a', 7)],
  linkless: uuid('a', 8),
  image: uuid('b', 1),
  taken: uuid('b', 2),
}

const seed = {
  recipes: [
    recipe(1, 'good', 'succeeds'),
    recipe(2, 'bad', 'fails'),
    recipe(3, 'hanging', 'hangs'),
    recipe(4, 'other', 'succeeds'),
    recipe(5, 'arm', 'succeeds', 'aarch64'),
    recipe(6, 'twins', 'succeeds'),
    recipe(7, 'twins', 'succeeds', 'aarch64'),
    { ...recipe(8, 'linkless', 'succeeds'), link: null },
  ] as Seed['recipes'],
  images: ['there', 'taken'].map((name, at) => ({
    id: uuid('b', at + 1),
    created: '2026-01-02T03:04:05',
    name,
    link: link(name),
    arch: 'x86_64' as const,
  })),
}

/** @param kubectl what `kubectl` does, in lines of shell; there is none unless given. */
export async function startImageSite({
  speed = 4000,
  kubectl,
  jobs,
}: { speed?: Speed; kubectl?: string; jobs?: Seed['jobs'] } = {}): Promise<ImageSite> {
  const { path: home, remove } = temporaryFolder()
  const folder = join(home, 'my images')
  for (const one of ['.ssh', '.config/cray/configurations', 'my images']) mkdirSync(join(home, one), { recursive: true, mode: 0o700 })
  makeKey(join(home, '.ssh/id_ed25519'))
  const doors = createDoors()
  const mock = createMock({ seed: { ...seed, jobs }, speed, holdPort: doors.hold })
  const shells = await createShells(mock, doors)
  const standIn = kubectl === undefined ? undefined : standInKubectl(kubectl)
  const asked: Asked[] = []
  const created: Job[] = []
  const unfinished = new Set<string>()
  let most = 0
  mock.jobs.watch(({ job, from, to }) => {
    if (from === undefined) created.push(job)
    if (to === undefined || to === 'success' || to === 'error') unfinished.delete(job.id)
    else unfinished.add(job.id)
    most = Math.max(most, unfinished.size)
  })

  const site: Pick<ImageSite, 'between'> = { between: {} }
  async function answer(call: Call): Promise<Answer> {
    const one: Asked = {
      method: call.method,
      path: call.path.replace('/apis/ims/v3', ''),
      body: call.body,
      unfinished: unfinished.size,
      status: 0,
    }
    const count = asked.push(one)
    const own = await site.between.before?.(one, count)
    const given = own ?? (await mock.answer(call))
    const last = (await site.between.after?.(one, count)) ?? given
    one.status = last.status
    return last
  }
  const server = await serveMock({ answer, answerS3: mock.answerS3 })
  writeFileSync(join(home, '.config/cray/configurations/default'), `[core]\nhostname = "${server.url}"\n`)
  const env = { PATH: standIn?.env.PATH ?? '/nowhere', HOME: home, USER: 'jane', LANG: 'C.UTF-8', CRAY_CONFIG_DIR: home }
  const argv = (file: string, words: readonly string[]) => ['build', '--file', file, '--interval', '0.05', ...words]
  return Object.assign(site, {
    folder,
    env,
    mock,
    url: server.url,
    asked,
    created,
    writes: () => asked.filter(({ method }) => method !== 'GET').map(({ method, path }) => `${method} ${path}`),
    mostUnfinished: () => most,
    write(name: string, text: string) {
      writeFileSync(join(folder, name), text)
      return join(folder, name)
    },
    read: (name: string) => readFileSync(join(folder, name), 'utf8'),
    build: (file: string, ...words: string[]) => run(argv(file, words), { cwd: folder, env }),
    start: (file: string, ...words: string[]) => startProgram(argv(file, words), { cwd: folder, env }),
    images() {
      const made = [...mock.state.images.values()].filter(({ id }) => !seed.images.some((one) => one.id === id))
      return Object.fromEntries(
        [...new Set(made.map(({ name }) => name))]
          .sort()
          .map((name) => [name, made.filter((one) => one.name === name).map(({ id }) => id)]),
      )
    },
    async close() {
      await server.close()
      await shells.close()
      mock.close()
      await doors.close()
      standIn?.remove()
      remove()
    },
  })
}

/** A site of one test, in which what was started is ended. */
export async function atImageSite<R>(options: Parameters<typeof startImageSite>[0], work: (site: ImageSite) => Promise<R>): Promise<R> {
  const site = await startImageSite(options)
  const started: LiveProgram[] = []
  const { start: startOne } = site
  const start: ImageSite['start'] = (...words) => {
    const one = startOne(...words)
    started.push(one)
    return one
  }
  try {
    return await work(Object.assign(site, { start }))
  } finally {
    for (const one of started) one.kill('SIGKILL')
    await Promise.all(started.map(({ ended }) => ended))
    await site.close()
  }
}

/** A file of images, each as what stands in its braces. */
export const yamlOf = (...items: readonly string[]): string => `images:\n${items.map((item) => `  - {${item}}\n`).join('')}`

/** The images that jobs were created for, in their order. */
export const namesOf = ({ created }: ImageSite): string[] => created.map(({ image_root_archive_name: name }) => name)

/** A service that is away, as its gateway says it. */
export const away: Answer = {
  status: 503,
  reason: 'Service Unavailable',
  headers: { 'Content-Type': 'text/plain' },
  body: 'upstream connect error',
}
