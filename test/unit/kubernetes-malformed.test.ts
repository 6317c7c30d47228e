import { Readable } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { diagnose, diagnosisText } from '../../src/kubernetes/diagnosis.ts'
import { tailOfFailed } from '../../src/kubernetes/failed-log.ts'
import { KubectlError } from '../../src/kubernetes/kubectl-error.ts'
import { followLogs } from '../../src/kubernetes/follow-logs.ts'
import { createKubectl, type Kubectl } from '../../src/kubernetes/kubectl.ts'
import { readLogs } from '../../src/kubernetes/logs.ts'
import { findEvents, findPod } from '../../src/kubernetes/find-pods.ts'
import { openPortForward } from '../../src/kubernetes/port-forward.ts'
import { readHostKeys } from '../../src/kubernetes/host-keys.ts'
import { ended, job, pod, running } from '../support/pods.ts'
import { standInKubectl } from '../support/stand-in-kubectl.ts'

const waiting = { waiting: { reason: 'ImagePullBackOff', message: 'Back-off pulling image' } }
const whole = pod(
  { 'fetch-recipe': ended(0), 'build-image': ended(1, 'OOMKilled'), 'buildenv-sidecar': running, sshd: waiting },
  {
    phase: 'Pending',
    reason: 'Evicted',
    message: 'The node was low on resource: memory.',
    startTime: '2026-01-02T03:04:05Z',
    conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: 'no room' }],
  },
)
const event = {
  type: 'Warning',
  reason: 'FailedScheduling',
  message: 'no room',
  lastTimestamp: '2026-01-02T03:04:05Z',
  eventTime: null,
  firstTimestamp: '2026-01-02T03:04:05Z',
}
const good = {
  kind: 'List',
  items: [whole, { ...whole, metadata: { ...whole.metadata, name: 'older', creationTimestamp: '2025-01-02T03:04:05Z' } }],
}
const events = { kind: 'List', items: [event, { ...event, reason: 'Failed', message: 'Failed to pull image "x"' }] }

type Json = unknown
/** What stands in the place of each value in turn. */
const instead: readonly Json[] = [undefined, null, [], {}, 1, 'x', true, [null], '\u001b[2J', 'not-a-date', { items: null }, -1.5]

/** Where values are: the whole, and each part of it. */
function places(value: Json, path: readonly (string | number)[] = []): (readonly (string | number)[])[] {
  if (typeof value !== 'object' || value === null) return [path]
  const keys: (string | number)[] = Array.isArray(value) ? value.map((_, at) => at) : Object.keys(value)
  return [path, ...keys.flatMap((key) => places((value as Record<string | number, Json>)[key], [...path, key]))]
}

function mutated(value: Json, [key, ...rest]: readonly (string | number)[], other: Json): Json {
  if (key === undefined) return other
  const copy = (Array.isArray(value) ? [...value] : { ...(value as object) }) as Record<string | number, Json>
  copy[key] = mutated(copy[key], rest, other)
  return copy
}

const mutants = (of: Json) =>
  places(of).flatMap((path) =>
    instead.map((other) => ({
      what: `${path.join('.') || 'all'} = ${JSON.stringify(other)}`,
      printed: JSON.stringify(mutated(of, path, other)) ?? '',
    })),
  )

/** A kubectl that prints lists, and `log` as what containers wrote. */
function printing(pods: string, itsEvents = JSON.stringify(events), log = '2026-01-02T03:04:05Z ERROR a\n'): Kubectl {
  return {
    read: async ([verb, kind]) => (verb === 'logs' ? log : kind === 'events' ? itsEvents : pods),
    follow: () => ({ stdout: Readable.from([log]), ended: Promise.resolve(), close() {} }),
  }
}

/** All that is made of what kubectl prints. */
const uses: Record<string, (kubectl: Kubectl) => Promise<unknown>> = {
  'why it hangs': async (kubectl) => {
    const found = await findPod(kubectl, job)
    const why = diagnose(found, await findEvents(kubectl, job, found))
    return why && diagnosisText(why)
  },
  'what failed': async (kubectl) => {
    const found = await findPod(kubectl, job)
    return found && tailOfFailed(kubectl, { ...job, job_type: 'create', status: 'error' }, found)
  },
  'its logs': (kubectl) => collected(readLogs(kubectl, job)),
  'its logs, followed': (kubectl) =>
    collected(followLogs(kubectl, job, { jobEnded: async () => true, interval: 1, grace: 1, tries: 2, sleep: async () => {} })),
}

async function collected<T>(lines: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const line of lines) all.push(line)
  return all
}

/** What came of it that is no fault of kubectl, and no text that a terminal could act on. */
async function wrong(use: (kubectl: Kubectl) => Promise<unknown>, kubectl: Kubectl): Promise<unknown> {
  try {
    const said = await use(kubectl)
    return typeof said === 'string' && /[\x00-\x1f\x7f]/.test(said) ? said : undefined
  } catch (fault) {
    return fault instanceof KubectlError ? undefined : fault
  }
}

describe.each(Object.entries(uses))('%s', (_, use) => {
  test('is told of what is whole', async () => {
    expect(await use(printing(JSON.stringify(good)))).toBeTruthy()
  })

  test('takes pods of any shape', async () => {
    const all = mutants(good)
    expect(all.length).toBeGreaterThan(500)
    for (const { what, printed } of all) expect(await wrong(use, printing(printed)), what).toBeUndefined()
  })

  test('takes events of any shape', async () => {
    for (const { what, printed } of mutants(events)) expect(await wrong(use, printing(JSON.stringify(good), printed)), what).toBeUndefined()
  })

  test.each([
    ['nothing', ''],
    ['an empty line', '\n'],
    ['null', 'null'],
    ['no object', 'true'],
    ['a list', '[]'],
    ['an object', '{}'],
    ['a part', '{"items":'],
    ['HTML', '<html>'],
    ['what is deep', '[['.repeat(1e5)],
    ['a pod that is named like an option', '{"items":[{"metadata":{"name":"--kubeconfig=x"}}]}'],
    ['a pod that no line can name', '{"items":[{"metadata":{"name":"a\\u0000b"}}]}'],
  ])('takes %s for lists', async (_, printed) => {
    expect(await wrong(use, printing(printed, printed))).toBeUndefined()
  })

  test.each([
    ['a time that is none', '2026-02-31T25:61:61Z x\n'],
    ['a time of many digits', '2026-01-02T03:04:05.99999999999999Z x\n'],
    ['an offset that is none', '0000-00-00T00:00:00+99:99 x\n'],
    ['no text', '\0\n'],
    ['a line without an end', 'x'.repeat(3 * 2 ** 20)],
  ])('takes %s for a log', async (_, log) => {
    expect(await wrong(use, printing(JSON.stringify(good), undefined, log))).toBeUndefined()
  })
})

describe('the parts that make sense are told all the same', () => {
  const found = async (other: (copy: any) => void) => {
    const copy = structuredClone(good)
    other(copy.items[0])
    return findPod(printing(JSON.stringify({ items: copy.items.slice(0, 1) })), job)
  }
  test('of containers, those with names', async () => {
    expect((await found((one) => one.spec.initContainers.push(null, {}, { name: '-c' }, 'x')))?.spec.initContainers).toEqual([
      { name: 'fetch-recipe' },
      { name: 'build-image' },
    ])
  })
  test('of pods, those with names', async () => {
    expect(await found((one) => delete one.metadata.name)).toBeUndefined()
    expect(await found((one) => delete one.status)).toMatchObject({ metadata: { name: whole.metadata.name } })
  })
  test('an end without an exit code is none', async () => {
    expect(
      (await found((one) => delete one.status.initContainerStatuses[1].state.terminated.exitCode))?.status.initContainerStatuses?.[1]
        ?.state,
    ).toEqual({})
  })
})

describe('what kubectl prints', () => {
  const withKubectl = async (script: string, work: (kubectl: Kubectl) => Promise<void>) => {
    const standIn = standInKubectl(script)
    try {
      await work(createKubectl(standIn.env))
    } finally {
      standIn.remove()
    }
  }

  test('is read up to 64 MiB', () =>
    withKubectl('exec cat /dev/zero', async (kubectl) => {
      await expect(kubectl.read(['get', 'pods'], { limit: 60_000 })).rejects.toMatchObject({
        kind: 'failed',
        message: 'kubectl printed more than 64 MiB',
      })
    }))

  test('as a port is one, or none', () =>
    withKubectl('echo "Forwarding from 127.0.0.1:99999 -> 22"; echo "Forwarding from 127.0.0.1:0 -> 22"; exit 0', async (kubectl) => {
      await expect(openPortForward(kubectl, { namespace: 'ims', pod: 'x', port: 22 })).rejects.toBeInstanceOf(KubectlError)
    }))

  test('as host keys are keys, or none', () =>
    withKubectl('printf "ssh-ed25519\\n\\0\\nssh-rsa !!!\\n"', async (kubectl) => {
      expect(await readHostKeys(kubectl, { namespace: 'ims', pod: 'x' })).toBeUndefined()
    }))

  test.each([['a\0b'], [undefined as never], [null as never], [1 as never]])('a job in namespace %j', (namespace) =>
    withKubectl('echo "{\\"items\\":[]}"', async (kubectl) => {
      const of = { kubernetes_job: 'x', kubernetes_namespace: namespace }
      for (const use of [() => findPod(kubectl, of), () => findEvents(kubectl, of, undefined), () => collected(readLogs(kubectl, of))])
        expect(await wrong(use, kubectl)).toBeUndefined()
    }),
  )
})
