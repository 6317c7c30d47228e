import { randomUUID } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Job } from '../../src/ims/records.ts'
import { startMock, type RunningMock } from './mock.ts'
import { command, run, type Outcome } from './program.ts'
import { makeKey, temporaryFolder } from './sshd.ts'
import { standInKubectl, type StandIn } from './stand-in-kubectl.ts'

/** What a seed says of a job. */
export type SeededJob = Partial<Job> & { ssh_containers?: unknown }

/** A mock with jobs and a user whose keys they want. */
export interface Site {
  /** The user's home; the key is `~/.ssh/id_ed25519`. */
  readonly home: string
  readonly env: Record<string, string>
  readonly mock: RunningMock
  /** Where host keys are kept. */
  readonly knownHosts: string
  /** Runs `cray-ims jobs debug` with short intervals. */
  debug(words: readonly string[], more?: { env?: Record<string, string>; stdin?: string }): Promise<Outcome>
  /** Asks the service. */
  ask(method: string, path: string, data?: unknown): Promise<any>
  close(): Promise<void>
}

/** A `kubectl` whose cluster doesn't answer. */
export const noCluster = "echo 'The connection to the server localhost:8080 was refused' >&2; exit 1"

const uuid = (digit: number) => `${String(digit).repeat(8)}-0000-4000-8000-000000000000`
const link = (path: string) => ({ path: `s3://ims/${path}`, type: 's3' })

export const ids = {
  key: uuid(1),
  strangeKey: uuid(2),
  goneKey: uuid(3),
  failing: uuid(4),
  fetchFailing: uuid(5),
  image: uuid(6),
  badImage: uuid(7),
  hanging: uuid(8),
  late: uuid(9),
}

const recipe = (id: string, name: string, builds: string, sshDelay = 0) => ({
  id,
  name,
  recipe_type: 'kiwi-ng',
  linux_distribution: 'sles15',
  link: link(name),
  mock: { builds, sshDelay },
})

/** A create job that waits on its user: its build failed. */
export function failedBuild(more: SeededJob = {}): SeededJob & { id: string } {
  return {
    id: randomUUID(),
    created: '2026-01-02T03:04:05',
    job_type: 'create',
    artifact_id: ids.failing,
    public_key_id: ids.key,
    enable_debug: true,
    job_mem_size: 16,
    status: 'waiting_on_user',
    ...more,
  }
}

/** A customize job that waits on its user. */
export function customizing(more: SeededJob = {}): SeededJob & { id: string } {
  return failedBuild({ job_type: 'customize', artifact_id: ids.image, enable_debug: false, ...more })
}

/** A customize job whose user is confined to the image. */
export function jailed(more: SeededJob = {}): SeededJob & { id: string } {
  return customizing({ ssh_containers: [{ name: 'customize', jail: true }] as never, ...more })
}

export interface SiteOptions {
  jobs?: readonly SeededJob[]
  /** What `kubectl` does; its cluster doesn't answer unless given. */
  kubectl?: string
  /** Options of the mock. */
  mock?: readonly string[]
  /** The public key that the jobs want, in place of the user's. */
  publicKey?: string
}

/** Starts a site. */
export async function startSite({
  jobs = [],
  kubectl = noCluster,
  mock: options = ['--speed', '200'],
  publicKey,
}: SiteOptions = {}): Promise<Site & { kubectl: StandIn }> {
  const { path: home, remove } = temporaryFolder()
  mkdirSync(join(home, '.ssh'), { mode: 0o700 })
  const own = makeKey(join(home, '.ssh/id_ed25519'))
  const seed = {
    public_keys: [
      { id: ids.key, name: 'jane public key', public_key: publicKey ?? own.publicKey },
      { id: ids.strangeKey, name: "joe's", public_key: makeKey(join(home, 'strange')).publicKey },
    ],
    recipes: [
      recipe(ids.failing, 'failing', 'fails'),
      recipe(ids.fetchFailing, 'fetch-failing', 'fetch-fails'),
      recipe(ids.hanging, 'hanging', 'hangs'),
      recipe(ids.late, 'late', 'hangs', 3),
    ],
    images: [
      { id: ids.image, name: 'image', link: link('image'), arch: 'x86_64' },
      { id: ids.badImage, name: 'bad image', link: link('bad'), arch: 'x86_64', mock: { builds: 'packaging-fails' } },
    ],
    jobs: jobs.map((job, at) => ({ image_root_archive_name: `image-${at + 1}`, ...job })),
  }
  writeFileSync(join(home, 'seed.json'), JSON.stringify(seed))
  const mock = await startMock([...options, '--seed', join(home, 'seed.json')])
  const standIn = standInKubectl(kubectl)
  const env = {
    PATH: standIn.env.PATH!,
    HOME: home,
    CRAY_CONFIG_DIR: mock.configDir,
    ...(mock.caFile && { CRAY_IMS_CA_FILE: mock.caFile }),
  }
  return {
    home,
    env,
    mock,
    kubectl: standIn,
    knownHosts: join(mock.configDir, '.config/cray/ims_job_hosts'),
    debug: (words, more = {}) =>
      run(['jobs', 'debug', '--interval', '0.2', ...words], { cwd: home, env: { ...env, ...more.env }, stdin: more.stdin }),
    async ask(method, path, data) {
      const response = await mock.fetch(`/apis/ims/v3${path}`, {
        method,
        ...(data !== undefined && { body: JSON.stringify(data), headers: { 'Content-Type': 'application/json' } }),
      })
      const text = await response.text()
      return text === '' ? undefined : JSON.parse(text)
    },
    async close() {
      await mock.stop()
      standIn.remove()
      remove()
    },
  }
}

/** A line of a shell that runs the program. */
export const programLine = command.join(' ')
