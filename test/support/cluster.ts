import { createServer } from 'node:http'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createKubernetes, kubeconfig, type Kubernetes } from '../../src/mock/kubernetes/kubernetes.ts'
import { jobsViewOf } from '../../src/mock/kubernetes/jobs-view.ts'
import { listenerOf } from '../../src/mock/kubernetes/listener.ts'
import { createMock, type Clock, type Ending, type Job, type Mock, type Signal } from '../../src/mock/library.ts'
import { ask, countedIds } from './mock-time.ts'

const ids = {
  recipe: '10000000-0000-4000-8000-000000000001',
  packer: '10000000-0000-4000-8000-000000000002',
  image: '20000000-0000-4000-8000-000000000001',
  key: '30000000-0000-4000-8000-000000000001',
}
const link = (path: string) => ({ path: `s3://ims/${path}`, type: 's3' })

/** A mock of the service together with its Kubernetes. */
export interface Cluster {
  readonly mock: Mock
  readonly kubernetes: Kubernetes
  /** Starts a job. */
  start(kind: 'recipe' | 'packer' | 'image', options?: { debug?: boolean }): Promise<Job>
  signal(job: Job, signal: Signal): boolean
  close(): void
}

/** A mock whose jobs all end in the same way. */
export function createCluster(builds: Ending, clock: Clock, speed = 1): Cluster {
  const mock = createMock({
    clock,
    speed,
    newId: countedIds(),
    seed: {
      public_keys: [{ id: ids.key, name: 'k', public_key: 'ssh-ed25519 AAAA' }],
      recipes: [
        { id: ids.recipe, name: 'r', recipe_type: 'kiwi-ng', linux_distribution: 'sles15', link: link('r'), mock: { builds } },
        { id: ids.packer, name: 'p', recipe_type: 'packer', linux_distribution: 'sles15', link: link('p'), mock: { builds } },
      ],
      images: [{ id: ids.image, name: 'i', link: link('i'), arch: 'x86_64', mock: { builds } }],
    },
  })
  const kubernetes = createKubernetes({ jobs: jobsViewOf(mock), clock, speed, token: 'the token' })
  return {
    mock,
    kubernetes,
    async start(kind, { debug = false } = {}) {
      const job_type = kind === 'image' ? 'customize' : 'create'
      const asked = { job_type, artifact_id: ids[kind], public_key_id: ids.key, image_root_archive_name: 'result', enable_debug: debug }
      const { data } = await ask(mock, 'POST', '/v3/jobs', asked)
      return mock.state.jobs.get(data.id)!
    },
    signal: (job, signal) => mock.jobs.signal(job.id, signal),
    close() {
      kubernetes.close()
      mock.close()
    },
  }
}

/** Serves a Kubernetes API on loopback, with an environment for kubectl to find it. */
export async function serveKubernetes(handle: Kubernetes['handle']) {
  const server = createServer(listenerOf(handle))
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const folder = mkdtempSync(join(tmpdir(), 'kubernetes-'))
  const file = join(folder, 'kubeconfig')
  writeFileSync(file, kubeconfig({ server: url }))
  return {
    url,
    env: { PATH: process.env.PATH!, HOME: folder, KUBECONFIG: file },
    /** Stops serving; the environment stays. */
    async stop() {
      server.closeAllConnections()
      await new Promise((closed) => server.close(closed))
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}
