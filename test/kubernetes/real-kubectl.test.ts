import { spawnSync } from 'node:child_process'
import { afterEach, describe, expect, test } from 'vitest'
import { diagnose } from '../../src/kubernetes/diagnosis.ts'
import { tailOfFailed } from '../../src/kubernetes/failed-log.ts'
import { createKubectl, type Kubectl } from '../../src/kubernetes/kubectl.ts'
import { followLogs } from '../../src/kubernetes/follow-logs.ts'
import { readLogs, type LogLine } from '../../src/kubernetes/logs.ts'
import { findEvents, findPod } from '../../src/kubernetes/find-pods.ts'
import { wallClock } from '../../src/mock/job-clock.ts'
import type { Clock, Ending } from '../../src/mock/library.ts'
import { createCluster, serveKubernetes } from '../support/cluster.ts'
import { testClock } from '../support/mock-time.ts'

const missing = spawnSync('kubectl', ['version', '--client']).error !== undefined
if (missing) console.warn('There is no kubectl in PATH (Debian: kubernetes-client): its tests are skipped.')
// In CI it has to be there.
const skip = missing && !process.env.CI

const open: (() => unknown)[] = []
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close()
})

type Handle = (request: Request) => Promise<Response>

async function site(builds: Ending, clock: Clock, { speed = 1, around = (handle: Handle) => handle } = {}) {
  const cluster = createCluster(builds, clock, speed)
  const served = await serveKubernetes(around(cluster.kubernetes.handle))
  open.push(served.remove, served.stop, cluster.close)
  return { ...cluster, kubectl: createKubectl(served.env, { limit: 30_000 }), served }
}

const words = async (kubectl: Kubectl, ...args: string[]): Promise<string> => kubectl.read(['-n', 'ims', ...args])
const code = (job: { kubernetes_job: string }) => `job-name=${job.kubernetes_job}`

async function all(lines: AsyncIterable<LogLine>): Promise<LogLine[]> {
  const seen: LogLine[] = []
  for await (const line of lines) seen.push(line)
  return seen
}

describe.skipIf(skip)('the real kubectl against the mock', () => {
  test('gets pods and jobs, for people and for programs', async () => {
    const clock = testClock(Date.now() - 3_600_000)
    const { kubectl, start, mock } = await site('fails', clock)
    const job = await start('recipe', { debug: true })
    clock.pass(50)
    const table = (text: string) =>
      text
        .trimEnd()
        .split('\n')
        .map((line) => line.split(/ {2,}/))
    const [head, row] = table(await words(kubectl, 'get', 'pods'))
    expect(head).toEqual(['NAME', 'READY', 'STATUS', 'RESTARTS', 'AGE'])
    expect(row!.slice(1, 4)).toEqual(['0/2', 'Init:3/4', '0'])
    clock.pass(600)
    expect(table(await words(kubectl, 'get', 'pods'))[1]!.slice(1, 3)).toEqual(['2/2', 'Running'])
    expect(mock.jobs.signal(job.id, 'complete')).toBe(true)
    expect(table(await words(kubectl, 'get', 'pods'))[1]!.slice(1, 3)).toEqual(['0/2', 'Error'])
    expect(await words(kubectl, 'get', 'pods', '-o', 'wide')).toContain('ncn-w002')
    expect(JSON.parse(await words(kubectl, 'get', '--raw', '/')).paths).toContain('/api/v1')

    const name = row![0]!
    expect(JSON.parse(await words(kubectl, 'get', 'pods', '-l', code(job), '-o', 'json')).items[0].metadata.name).toBe(name)
    expect(await words(kubectl, 'get', 'pods', '-l', code(job), '-o', 'jsonpath={.items[0].status.phase}')).toBe('Failed')
    expect(await words(kubectl, 'get', 'pod', name, '-o', 'name')).toBe(`pod/${name}\n`)
    expect(await words(kubectl, 'get', 'pods', '-l', 'job-name=other', '-o', 'name')).toBe('')
    expect(await words(kubectl, 'get', 'jobs', '-o', 'name')).toBe(`job.batch/${job.kubernetes_job}\n`)
    expect(await words(kubectl, 'get', 'events')).toMatch(/Started container build-image/)
    await expect(words(kubectl, 'get', 'pod', 'x')).rejects.toMatchObject({ kind: 'not found', message: 'pods "x" not found' })
    await expect(kubectl.read(['-n', 'other', 'get', 'pod', 'x'])).rejects.toMatchObject({ kind: 'not found' })
    expect(await words(kubectl, 'get', 'namespaces', '-o', 'name')).toMatch(/^namespace\/ims$/m)
  })

  test('describes jobs and pods', async () => {
    const clock = testClock()
    const { kubectl, start } = await site('hangs', clock)
    const job = await start('recipe')
    clock.pass(600)
    const pod = (await findPod(kubectl, job))!
    expect(await words(kubectl, 'describe', 'job', job.kubernetes_job)).toMatch(/SuccessfulCreate .*Created pod: cray-ims-/)
    expect(await words(kubectl, 'describe', 'pod', pod.metadata.name)).toMatch(/FailedScheduling .*Insufficient memory/)
    expect(diagnose(pod, await findEvents(kubectl, job, pod))).toMatchObject({ reason: 'Unschedulable', final: false })
  })

  test('gets what else a job has, and the nodes', async () => {
    const clock = testClock(Date.now() - 3_600_000)
    const { kubectl, start, signal } = await site('succeeds', clock)
    const job = await start('image')
    const [service, map, claim, secret] = ['service', 'configmap', 'job-claim', 'signing-keys'].map((what) => `cray-ims-${job.id}-${what}`)
    const get = (...args: string[]) => words(kubectl, 'get', ...args)
    const cells = async (...args: string[]) =>
      (await get(...args, '--no-headers'))
        .trimEnd()
        .split('\n')
        .map((line) => line.split(/ {2,}/))
    expect(await cells('svc')).toEqual([
      [
        service,
        'LoadBalancer',
        expect.stringMatching(/^10\./),
        expect.stringMatching(/^10\./),
        expect.stringMatching(/^22:3\d{4}\/TCP$/),
        expect.any(String),
      ],
    ])
    expect(await get('svc', service!, '-o', 'jsonpath={.status.loadBalancer.ingress[0].ip} {.spec.selector.app}')).toMatch(
      new RegExp(`^10\\S+ ims-${job.id}-customize$`),
    )
    expect(await get('pods', '-l', `app=ims-${job.id}-customize`, '-o', 'name')).toMatch(/^pod\/cray-ims-/)
    expect(await cells('cm')).toEqual([[map, '1', expect.any(String)]])
    expect(await get('configmap', map!, '-o', 'jsonpath={.data.public_key}')).toBe('ssh-ed25519 AAAA')
    expect((await cells('pvc'))[0]!.slice(0, 6)).toEqual([
      claim,
      'Bound',
      expect.stringMatching(/^pvc-/),
      '300Gi',
      'RWO',
      'k8s-block-replicated',
    ])
    expect(await get('secrets', '-o', 'name')).toBe(`secret/${secret}\n`)
    const password = await kubectl.read(['get', 'secret', 'admin-client-auth', '-o', 'jsonpath={.data.client-secret}'])
    expect(Buffer.from(password, 'base64').toString()).toBe('the token')
    const nodes = await cells('nodes')
    expect(nodes.map(([name, status, roles]) => `${name} ${status} ${roles}`)).toContain('ncn-w002 Ready <none>')
    expect(nodes.map(([name, status, roles]) => `${name} ${status} ${roles}`)).toContain('ncn-m001 Ready control-plane')
    expect(await words(kubectl, 'describe', 'node', 'ncn-w002')).toMatch(/Ready +True/)
    expect(await words(kubectl, 'describe', 'svc', service!)).toMatch(/Selector: +app=ims-/)
    expect(await words(kubectl, 'describe', 'pvc', claim!)).toMatch(/Capacity: +300Gi/)

    clock.pass(600)
    expect(await get('pods', '-o', 'name')).toMatch(/^pod/)
    signal(job, 'failed')
    expect(await get('svc,pvc', '-o', 'name')).toBe('')
    expect(await get('cm,secrets', '-o', 'name')).toBe(`configmap/${map}\nsecret/${secret}\n`)
    await expect(get('svc', service!)).rejects.toMatchObject({ kind: 'not found' })
  })

  test('reads logs', async () => {
    const clock = testClock()
    const { kubectl, start } = await site('fails', clock)
    const job = await start('recipe', { debug: true })
    clock.pass(50)
    const { name } = (await findPod(kubectl, job))!.metadata
    const logs = (...args: string[]) => words(kubectl, 'logs', name, ...args)
    await expect(logs('-c', 'sshd')).rejects.toThrow('is waiting to start: PodInitializing')
    clock.pass(600)
    expect(await logs('-c', 'build-image', '--tail=2')).toBe('+ touch /mnt/image/build_failed\n+ exit 0\n')
    expect(await logs('-c', 'fetch-recipe', '-f')).toMatch(/Fetching recipe .*\n/)
    const stamped = (await logs('-c', 'build-image', '--timestamps')).trimEnd().split('\n')
    expect(stamped.every((line) => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z /.test(line))).toBe(true)
    expect(stamped.toSorted()).toEqual(stamped)
    expect((await logs('-c', 'build-image', '--since-time', stamped.at(-3)!.split(' ')[0]!)).split('\n').length).toBeLessThan(
      stamped.length,
    )
    await expect(logs('-c', 'nobody')).rejects.toThrow(/container nobody is not valid/)
    const failed = await tailOfFailed(kubectl, job, (await findPod(kubectl, job))!, 5)
    expect([failed.container, failed.lines.length, failed.errors.at(-1)]).toEqual([
      'build-image',
      5,
      expect.stringContaining('KiwiInstallPhaseFailed'),
    ])
  })

  test('follows a job from its first container to its end', async () => {
    const { kubectl, start, mock } = await site('succeeds', wallClock, { speed: 200 })
    const job = await start('recipe')
    const over = async () => ['success', 'error'].includes(job.status)
    const lines = await all(followLogs(kubectl, job, { jobEnded: over, interval: 50, grace: 60_000 }))
    expect([...new Set(lines.map(({ container }) => container))].slice(0, 4)).toEqual([
      'fetch-recipe',
      'wait-for-repos',
      'build-ca-rpm',
      'build-image',
    ])
    expect(lines).toEqual(expect.arrayContaining(await all(readLogs(kubectl, job))))
    expect(lines.length).toBe((await all(readLogs(kubectl, job))).length)
    expect(lines.findLast(({ container }) => container === 'buildenv-sidecar')!.line).toBe('}')
    expect(mock.state.jobs.get(job.id)!.status).toBe('success')
  })

  test('a connection that breaks costs no line and repeats none', async () => {
    let cuts = 0
    // Breaks each stream of a log that is followed once it has brought some bytes, four times.
    const around =
      (handle: Handle): Handle =>
      async (request) => {
        const response = await handle(request)
        if (!request.url.includes('follow=true') || cuts === 4) return response
        cuts++
        let bytes = 0
        const cutting = new TransformStream<Uint8Array, Uint8Array>({
          async transform(chunk, controller) {
            const rest = Math.max(900 - bytes, 0)
            bytes += chunk.length
            controller.enqueue(chunk.subarray(0, rest))
            if (bytes <= 900) return
            // An error forgets what wasn't sent yet.
            for (let turn = 0; turn < 10; turn++) await new Promise(setImmediate)
            controller.error(new Error('cut'))
          },
        })
        return new Response(response.body!.pipeThrough(cutting), { headers: response.headers })
      }
    const { kubectl, start } = await site('fails', wallClock, { speed: 200, around })
    const job = await start('recipe')
    const lines = await all(followLogs(kubectl, job, { jobEnded: async () => job.status === 'error', interval: 50, grace: 60_000 }))
    expect(cuts).toBe(4)
    const order = (some: LogLine[]) => some.map(({ container, time, line }) => `${container} ${time} ${line}`).toSorted()
    expect(order(lines)).toEqual(order(await all(readLogs(kubectl, job))))
  })

  test('a cluster that is away, and a job that is gone', async () => {
    const { kubectl, start, served, mock } = await site('succeeds', testClock())
    const job = await start('recipe')
    mock.state.jobs.delete(job.id)
    expect(await findPod(kubectl, job)).toBeUndefined()
    await expect(all(readLogs(kubectl, job))).rejects.toMatchObject({ kind: 'not found' })
    await served.stop()
    open.splice(open.indexOf(served.stop), 1)
    await expect(findPod(kubectl, job)).rejects.toMatchObject({ kind: 'unreachable' })
    await expect(createKubectl({ ...served.env, KUBECONFIG: '/nowhere' }, { limit: 30_000 }).read(['get', 'pods'])).rejects.toMatchObject({
      kind: 'unreachable',
    })
  })
})
