import { describe, expect, test } from 'vitest'
import { diagnose } from '../../src/kubernetes/diagnosis.ts'
import { failedContainers } from '../../src/kubernetes/failed-container.ts'
import { containersInOrder, type Pod, type PodEvent } from '../../src/kubernetes/pod.ts'
import { pastOf } from '../../src/mock/kubernetes/history.ts'
import { parseSelector } from '../../src/mock/kubernetes/selector.ts'
import { span } from '../../src/mock/kubernetes/table.ts'
import type { Ending, Job, Signal } from '../../src/mock/library.ts'
import { createCluster, type Cluster } from '../support/cluster.ts'
import { testClock } from '../support/mock-time.ts'

const hour = 3600

async function get<T>({ kubernetes }: Cluster, path: string, accept = 'application/json'): Promise<T> {
  return (await (await kubernetes.handle(new Request(`http://k${path}`, { headers: { accept } }))).json()) as T
}
async function podOf(cluster: Cluster, job: Job): Promise<Pod> {
  const { items } = await get<{ items: Pod[] }>(cluster, `/api/v1/namespaces/ims/pods?labelSelector=job-name%3D${job.kubernetes_job}`)
  expect(items.length).toBe(1)
  return items[0]!
}
const short = (pod: Pod) =>
  containersInOrder(pod)
    .map(
      ({ name, state: { waiting, running, terminated } }) =>
        `${name} ${waiting ? '-' : running ? 'runs' : terminated ? terminated.exitCode : '?'}`,
    )
    .join(', ')

const kiwi = 'fetch-recipe 0, wait-for-repos 0, build-ca-rpm 0, build-image 0'
const ways: [string, Ending, 'recipe' | 'packer' | 'image', boolean, number, Signal | undefined, string, string, string?][] = [
  [
    'it is made',
    'succeeds',
    'recipe',
    false,
    0,
    undefined,
    'Pending',
    'fetch-recipe -, wait-for-repos -, build-ca-rpm -, build-image -, buildenv-sidecar -, sshd -',
  ],
  [
    'it fetches',
    'succeeds',
    'recipe',
    false,
    25,
    undefined,
    'Pending',
    'fetch-recipe runs, wait-for-repos -, build-ca-rpm -, build-image -, buildenv-sidecar -, sshd -',
  ],
  [
    'it makes certificates',
    'succeeds',
    'recipe',
    false,
    46,
    undefined,
    'Pending',
    'fetch-recipe 0, wait-for-repos 0, build-ca-rpm runs, build-image -, buildenv-sidecar -, sshd -',
  ],
  [
    'it builds',
    'succeeds',
    'recipe',
    false,
    60,
    undefined,
    'Pending',
    'fetch-recipe 0, wait-for-repos 0, build-ca-rpm 0, build-image runs, buildenv-sidecar -, sshd -',
  ],
  ['it packages', 'succeeds', 'recipe', true, 900, undefined, 'Running', `${kiwi}, buildenv-sidecar runs, sshd 0`],
  ['it is done', 'succeeds', 'recipe', false, hour, undefined, 'Succeeded', `${kiwi}, buildenv-sidecar 0, sshd 0`],
  ['packer', 'succeeds', 'packer', false, hour, undefined, 'Succeeded', 'fetch-recipe 0, build-image 0, buildenv-sidecar 0, sshd 0'],
  [
    'a build failed',
    'fails',
    'recipe',
    false,
    hour,
    undefined,
    'Failed',
    `${kiwi}, buildenv-sidecar 1, sshd 0`,
    'buildenv-sidecar build-image',
  ],
  ['… with debug', 'fails', 'recipe', true, hour, undefined, 'Running', `${kiwi}, buildenv-sidecar runs, sshd runs`, 'build-image'],
  [
    '… and let go',
    'fails',
    'recipe',
    true,
    hour,
    'complete',
    'Failed',
    `${kiwi}, buildenv-sidecar 1, sshd 0`,
    'buildenv-sidecar build-image',
  ],
  [
    'no recipe',
    'fetch-fails',
    'recipe',
    true,
    hour,
    undefined,
    'Failed',
    'fetch-recipe 1, wait-for-repos -, build-ca-rpm -, build-image -, buildenv-sidecar -, sshd -',
    'fetch-recipe',
  ],
  [
    'no repositories',
    'repos-fail',
    'recipe',
    true,
    hour,
    undefined,
    'Failed',
    'fetch-recipe 0, wait-for-repos 1, build-ca-rpm -, build-image -, buildenv-sidecar -, sshd -',
    'wait-for-repos',
  ],
  [
    'no config.xml',
    'no-config',
    'recipe',
    true,
    hour,
    undefined,
    'Failed',
    'fetch-recipe 0, wait-for-repos 1, build-ca-rpm -, build-image -, buildenv-sidecar -, sshd -',
    'wait-for-repos',
  ],
  [
    'no repositories over HTTP',
    'no-repos',
    'recipe',
    true,
    60,
    undefined,
    'Failed',
    'fetch-recipe 0, wait-for-repos 1, build-ca-rpm -, build-image -, buildenv-sidecar -, sshd -',
    'wait-for-repos',
  ],
  [
    'no config.xml, with packer',
    'no-config',
    'packer',
    false,
    hour,
    undefined,
    'Succeeded',
    'fetch-recipe 0, build-image 0, buildenv-sidecar 0, sshd 0',
  ],
  [
    'a fetch that crashes',
    'fetch-crashes',
    'recipe',
    false,
    hour,
    undefined,
    'Failed',
    'fetch-recipe 1, wait-for-repos -, build-ca-rpm -, build-image -, buildenv-sidecar -, sshd -',
    'fetch-recipe',
  ],
  ['out of memory', 'out-of-memory', 'recipe', false, hour, undefined, 'Failed', `${kiwi}, buildenv-sidecar 1, sshd 0`, 'build-image'],
  ['… with debug', 'out-of-memory', 'recipe', true, hour, undefined, 'Running', `${kiwi}, buildenv-sidecar runs, sshd runs`, 'build-image'],
  [
    'about to be killed',
    'killed',
    'recipe',
    false,
    48,
    undefined,
    'Pending',
    'fetch-recipe 0, wait-for-repos 0, build-ca-rpm 0, build-image runs, buildenv-sidecar -, sshd -',
  ],
  [
    'killed',
    'killed',
    'recipe',
    false,
    hour,
    undefined,
    'Failed',
    'fetch-recipe 0, wait-for-repos 0, build-ca-rpm 0, build-image 137, buildenv-sidecar -, sshd -',
    'build-image',
  ],
  ['killed while it prepares', 'killed', 'image', false, hour, undefined, 'Failed', 'prepare 137, buildenv-sidecar -, sshd -', 'prepare'],
  ['no kernel', 'no-kernel', 'recipe', false, hour, undefined, 'Failed', `${kiwi}, buildenv-sidecar 1, sshd 0`],
  ['packaging failed', 'packaging-fails', 'recipe', false, hour, undefined, 'Failed', `${kiwi}, buildenv-sidecar 1, sshd 0`],
  ['it prepares', 'succeeds', 'image', false, 60, undefined, 'Pending', 'prepare runs, buildenv-sidecar -, sshd -'],
  ['it can be customized', 'succeeds', 'image', false, hour, undefined, 'Running', 'prepare 0, buildenv-sidecar runs, sshd runs'],
  ['… and packages', 'succeeds', 'image', false, hour, 'complete', 'Running', 'prepare 0, buildenv-sidecar runs, sshd 0'],
  ['… or not', 'succeeds', 'image', false, hour, 'failed', 'Failed', 'prepare 0, buildenv-sidecar 1, sshd 0', 'buildenv-sidecar'],
  ['no image', 'fetch-fails', 'image', false, hour, undefined, 'Failed', 'prepare 1, buildenv-sidecar -, sshd -', 'prepare'],
]

describe("the pod of a mock's job", () => {
  test.each(ways)('%s', async (_, ending, kind, debug, seconds, signal, phase, containers, failed) => {
    const clock = testClock()
    const cluster = createCluster(ending, clock)
    const job = await cluster.start(kind, { debug })
    clock.pass(seconds)
    cluster.mock.jobs.advance()
    if (signal) expect(cluster.signal(job, signal)).toBe(true)
    const pod = await podOf(cluster, job)
    expect([pod.status.phase, short(pod)]).toEqual([phase, containers])
    if (failed) expect(failedContainers(pod, job).join(' ')).toBe(failed)
    cluster.close()
  })

  test.each([
    ['no-config', 'recipe', 'waiting_for_repos', 'wait-for-repos', 'Error'],
    ['killed', 'recipe', 'building_image', 'build-image', 'OOMKilled'],
    ['killed', 'image', 'fetching_image', 'prepare', 'OOMKilled'],
  ] as const)('that fails for good leaves the status: %s, %s', async (ending, kind, status, container, reason) => {
    const clock = testClock()
    const cluster = createCluster(ending, clock)
    const job = await cluster.start(kind)
    clock.pass(24 * hour)
    cluster.mock.jobs.advance()
    const pod = await podOf(cluster, job)
    expect([job.status, pod.status.phase]).toEqual([status, 'Failed'])
    expect(containersInOrder(pod).find(({ name }) => name === container)!.state.terminated).toMatchObject({ reason })
    expect(diagnose(pod)).toMatchObject({ container, final: true })
    const { status: batch } = await get<{ status: object }>(cluster, `/apis/batch/v1/namespaces/ims/jobs/${job.kubernetes_job}`)
    expect(batch).toMatchObject({ failed: 1 })
    // Whoever sets a status by hand still can.
    cluster.mock.jobs.hold(job, 'error')
    expect((await podOf(cluster, job)).status.phase).toBe('Failed')
    cluster.close()
  })

  test('says of a build that was killed for its memory that it was, though its script ended with 0', async () => {
    const clock = testClock()
    const cluster = createCluster('out-of-memory', clock)
    const job = await cluster.start('recipe')
    clock.pass(hour)
    cluster.mock.jobs.advance()
    const pod = await podOf(cluster, job)
    expect(containersInOrder(pod).find(({ name }) => name === 'build-image')!.state.terminated).toMatchObject({
      exitCode: 0,
      reason: 'OOMKilled',
    })
    expect(diagnose(pod)).toMatchObject({ reason: 'OOMKilled', container: 'build-image' })
    expect(job.status).toBe('error')
    cluster.close()
  })

  test.each(['recipe', 'image'] as const)('that hangs finds no node: %s', async (kind) => {
    const clock = testClock()
    const cluster = createCluster('hangs', clock)
    const job = await cluster.start(kind)
    clock.pass(hour)
    const pod = await podOf(cluster, job)
    const { items } = await get<{ items: PodEvent[] }>(
      cluster,
      `/api/v1/namespaces/ims/events?fieldSelector=involvedObject.name%3D${pod.metadata.name}`,
    )
    expect(items.map(({ reason }) => reason)).toEqual(['FailedScheduling'])
    expect(pod.status.phase).toBe('Pending')
    expect(diagnose(pod, items)).toMatchObject({
      reason: 'Unschedulable',
      message: expect.stringContaining('Insufficient memory'),
      final: false,
    })
    cluster.close()
  })

  test('goes with its job', async () => {
    const cluster = createCluster('succeeds', testClock())
    const job = await cluster.start('recipe')
    cluster.mock.state.jobs.delete(job.id)
    expect(await get(cluster, '/api/v1/pods')).toMatchObject({ items: [] })
    cluster.close()
  })

  test('a past is made up for a job that was there before', async () => {
    const clock = testClock()
    const cluster = createCluster('fails', clock)
    const job = await cluster.start('recipe', { debug: true })
    clock.pass(hour)
    cluster.mock.jobs.advance()
    const visits = pastOf(job)
    expect(visits.map(({ status }) => status)).toEqual([
      'creating',
      'fetching_recipe',
      'waiting_for_repos',
      'building_image',
      'waiting_on_user',
    ])
    expect(visits.every(({ at }, index) => at >= (visits[index - 1]?.at ?? 0))).toBe(true)
    cluster.signal(job, 'failed')
    expect(
      pastOf(job)
        .map(({ status }) => status)
        .slice(-2),
    ).toEqual(['waiting_on_user', 'error'])
    cluster.close()
  })
})

test.each([
  ['a=1', true],
  ['a==1', true],
  ['a=2', false],
  ['a!=2', true],
  ['a=1,b=2', true],
  ['a=1,b=3', false],
  ['a', true],
  ['c', false],
  ['', true],
  ['c!=1', true],
  ['a in (1,2)', true],
  ['a in (2, 3)', false],
  ['b in (2),a in (3,1)', true],
  ['a notin (2)', true],
  ['a notin (1,2),b', false],
  ['c notin (1)', true],
  ['!c', true],
  ['!a', false],
])('selector %s: %s', (text, holds) => {
  expect(parseSelector(text)((key) => ({ a: '1', b: '2' })[key])).toBe(holds)
})

test.each([
  [0, '0s'],
  [119, '119s'],
  [120, '2m'],
  [205, '3m25s'],
  [900, '15m'],
  [11_520, '3h12m'],
  [36_000, '10h'],
  [200_000, '2d7h'],
  [900_000, '10d'],
])('%i s is %s', (seconds, text) => {
  expect(span(seconds * 1000)).toBe(text)
})
