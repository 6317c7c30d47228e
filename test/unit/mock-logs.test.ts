import { describe, expect, test } from 'vitest'
import type { Ending, Job } from '../../src/mock/library.ts'
import { createCluster, type Cluster } from '../support/cluster.ts'
import { testClock } from '../support/mock-time.ts'

async function logOf({ kubernetes }: Cluster, job: Job, container: string, follow = false): Promise<string[]> {
  const pods = (await (
    await kubernetes.handle(new Request(`http://k/api/v1/pods?labelSelector=job-name%3D${job.kubernetes_job}`))
  ).json()) as { items: { metadata: { name: string } }[] }
  const path = `/api/v1/namespaces/ims/pods/${pods.items[0]!.metadata.name}/log?container=${container}&follow=${follow}`
  return (await (await kubernetes.handle(new Request(`http://k${path}`))).text()).split('\n').slice(0, -1)
}

/** Lines in their order, others in between. */
const inOrder = (lines: readonly string[], wanted: readonly RegExp[]): boolean => {
  let at = 0
  for (const line of lines) if (wanted[at]?.test(line)) at++
  return at === wanted.length
}

const record = (status: string) => [
  /^\{$/,
  /^ {4}"ims_job_record": \{$/,
  /^ {8}"arch": "x86_64",$/,
  new RegExp(`^ {8}"status": "${status}"$`),
  /^ {4}"result": "success"$/,
  /^\}$/,
]
const stamp = '^\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d,\\d{3}'

type Case = [ending: Ending, kind: 'recipe' | 'packer' | 'image', debug: boolean, status: string, container: string, lines: RegExp[]]
const cases: Case[] = [
  [
    'succeeds',
    'recipe',
    false,
    'success',
    'fetch-recipe',
    [
      /^INFO:\/opt\/pylib\/ims_python_helper\/fetch.py:Setting job status to 'fetching_recipe'\.$/,
      /^INFO:ims_python_helper:PATCH .* status=fetching_recipe$/,
      /Successfully verified the md5sum/,
      /:Done$/,
    ],
  ],
  [
    'succeeds',
    'recipe',
    false,
    'success',
    'wait-for-repos',
    [
      new RegExp(`${stamp} - INFO    - __main__ - Setting job status to 'waiting_for_repos'$`),
      /Result of setting job status: \{'arch': 'x86_64', .*'enable_debug': False, .*'ssh_containers': None, 'status': 'waiting_for_repos'\}$/,
      /200 response getting/,
    ],
  ],
  [
    'succeeds',
    'recipe',
    false,
    'success',
    'build-image',
    [
      /^\+ echo 'Setting ims job status to building_image'$/,
      /^Setting ims job status to building_image$/,
      ...record('building_image'),
      /^\+ kiwi-ng /,
      /^\[ INFO {4}\]: \d\d:\d\d:\d\d \| Loading XML description$/,
      /^\+ exit 0$/,
    ],
  ],
  [
    'succeeds',
    'recipe',
    false,
    'success',
    'buildenv-sidecar',
    [
      /^Not running user shell for successful create action$/,
      /^\+ set_job_status packaging_artifacts$/,
      ...record('packaging_artifacts'),
      /^INFO:ims_python_helper:PATCH \S+ resultant_image_id=\S+$/,
      ...record('success'),
    ],
  ],
  ['succeeds', 'recipe', false, 'success', 'sshd', [/^Not running user shell for successful create action$/]],
  [
    'fails',
    'recipe',
    false,
    'error',
    'build-image',
    [
      /^\[ ERROR {3}\]: .*KiwiInstallPhaseFailed/,
      /^\+ echo 'ERROR: Kiwi reported a build error\.'$/,
      /^ERROR: Kiwi reported a build error\.$/,
      /^\+ touch \/mnt\/image\/build_failed$/,
    ],
  ],
  ['fails', 'recipe', false, 'error', 'buildenv-sidecar', [/^Not running user shell for failed create action$/, ...record('error')]],
  [
    'fails',
    'recipe',
    true,
    'waiting_on_user',
    'buildenv-sidecar',
    [/^Running user shell for failed create action$/, /touch the file "\/mnt\/image\/complete"\.$/, ...record('waiting_on_user')],
  ],
  ['out-of-memory', 'recipe', false, 'error', 'build-image', [/ Killed +kiwi-ng /, /^\+ RC=137$/]],
  [
    'fetch-fails',
    'recipe',
    false,
    'error',
    'fetch-recipe',
    [/^WARNING:.*Error 404 Client Error/, /^ERROR:.*Failed to download .* after 20 tries\.$/, / status=error$/],
  ],
  [
    'fetch-crashes',
    'recipe',
    false,
    'error',
    'fetch-recipe',
    [
      /^ERROR:.*Error unhandled exception while fetching recipe\.$/,
      /^Traceback \(most recent call last\):$/,
      /^tarfile\.ReadError: /,
      / status=error$/,
      /:Done$/,
    ],
  ],
  [
    'fetch-crashes',
    'image',
    false,
    'error',
    'prepare',
    [/^ERROR:.*Error unhandled exception while fetching image root\.$/, /^Traceback/, /^OSError: /],
  ],
  ['no-config', 'recipe', false, 'waiting_for_repos', 'wait-for-repos', [/^\/mnt\/image\/recipe\/config\.xml does not exist\.$/]],
  [
    'no-repos',
    'recipe',
    false,
    'error',
    'wait-for-repos',
    [/ - No matching http\(s\) repos found\. Exiting\.$/, /Setting job status to 'error'$/, /'status': 'error'\}$/],
  ],
  [
    'repos-fail',
    'recipe',
    false,
    'error',
    'wait-for-repos',
    [
      / - WARNING - __main__ - .*Read timed out/,
      /Sleeping for 10 seconds$/,
      /Repos failed to be ready before timeout$/,
      /'status': 'error'\}$/,
    ],
  ],
  [
    'no-kernel',
    'recipe',
    false,
    'error',
    'buildenv-sidecar',
    [
      /^\+ echo 'Error: Image artifact .*'$/,
      /^Error: Image artifact \S+\/boot\/vmlinuz does not exist or is not a regular file\.$/,
      ...record('error'),
      /^\+ exit 1$/,
    ],
  ],
  [
    'packaging-fails',
    'recipe',
    false,
    'error',
    'buildenv-sidecar',
    [/^FATAL ERROR: /, /^Error: Creating squashfs of image root return_code = 1$/, ...record('error')],
  ],
  [
    'succeeds',
    'image',
    false,
    'waiting_on_user',
    'buildenv-sidecar',
    [/^Running user shell for customize action$/, /^IMS SSH shell environment is ready\.$/, ...record('waiting_on_user')],
  ],
  [
    'succeeds',
    'image',
    false,
    'waiting_on_user',
    'prepare',
    [/Setting job status to 'fetching_image'/, /Uncompressing image into \/mnt\/image$/, /:Done$/],
  ],
]

describe('what containers print', () => {
  test.each(cases)('%s, %s, debug %s: %s, %s', async (ending, kind, debug, status, container, wanted) => {
    const clock = testClock()
    const cluster = createCluster(ending, clock)
    const job = await cluster.start(kind, { debug })
    clock.pass(3600)
    cluster.mock.jobs.advance()
    const lines = await logOf(cluster, job, container)
    expect(job.status).toBe(status)
    expect(inOrder(lines, wanted) || lines).toBe(true)
    cluster.close()
  })

  test.each([
    ['complete', 'success', /^\/mnt\/image\/complete exists; Shell was marked successful\.$/, /^INFO:ims_python_helper:Uploading 3 files/],
    [
      'failed',
      'error',
      /^\/mnt\/image\/failed exists; Shell was marked failed\.$/,
      /^Customization of image root marked as failed\. A new IMS image will not be created\.$/,
    ],
  ] as const)('a user says %s', async (signal, status, sshd, sidecar) => {
    const clock = testClock()
    const cluster = createCluster('succeeds', clock)
    const job = await cluster.start('image')
    clock.pass(600)
    cluster.mock.jobs.advance()
    cluster.signal(job, signal)
    clock.pass(600)
    cluster.mock.jobs.advance()
    expect(job.status).toBe(status)
    expect(inOrder(await logOf(cluster, job, 'sshd'), [/^Waiting for \/mnt\/image\/ready flag$/, sshd, /^Exiting ssh environment$/])).toBe(
      true,
    )
    expect(inOrder(await logOf(cluster, job, 'buildenv-sidecar'), [/^SSH Shell is exiting/, sidecar, ...record(status)])).toBe(true)
    cluster.close()
  })

  test('a log that is followed ends with its container, though nothing else changes then', async () => {
    let now = Date.UTC(2026, 0, 2)
    const begun = now + 31_000
    // Whoever sleeps is awake at once, and then it is as late as he wanted.
    const clock = { now: () => now, sleep: async (length: number) => void (now += length) }
    const cluster = createCluster('no-config', clock)
    const job = await cluster.start('recipe')
    now = begun
    cluster.mock.jobs.advance()
    expect((await logOf(cluster, job, 'wait-for-repos', true)).at(-1)).toMatch(/does not exist\.$/)
    expect(now - begun).toBeLessThan(60_000)
    cluster.close()
  })
})
