import { describe, expect, test } from 'vitest'
import { diagnose, diagnosisText } from '../../src/kubernetes/diagnosis.ts'
import { failedContainers } from '../../src/kubernetes/failed-container.ts'
import type { Pod, PodEvent } from '../../src/kubernetes/pod.ts'
import { ended, initializing, pod, running } from '../support/pods.ts'

const fresh = { 'fetch-recipe': initializing, 'build-image': initializing, 'buildenv-sidecar': initializing, sshd: initializing }
const built = { 'fetch-recipe': ended(0), 'build-image': ended(0), 'buildenv-sidecar': running, sshd: running }
const noRoom = '0/7 nodes are available: 7 Insufficient memory.'
const unscheduled: Pod['status'] = {
  phase: 'Pending',
  conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: noRoom }],
}
const homeless = (status: Pod['status']): Pod => {
  const { spec, ...rest } = pod({}, status)
  return { ...rest, spec: { ...spec, nodeName: undefined } }
}
const event = (reason: string, message: string, lastTimestamp = '2026-01-02T03:04:05Z', type = 'Warning'): PodEvent => ({
  type,
  reason,
  message,
  lastTimestamp,
})
const waiting = (reason: string, message?: string) => ({ waiting: { reason, message } })

const cases: [string, Pod | undefined, PodEvent[], string | undefined, boolean?][] = [
  ['a pod that starts', pod(fresh, { phase: 'Pending' }), [], undefined],
  [
    'one whose image is being pulled',
    pod({ ...fresh, 'fetch-recipe': waiting('ContainerCreating') }, { phase: 'Pending' }),
    [event('Pulling', 'Pulling image', undefined, 'Normal')],
    undefined,
  ],
  ['one that runs', pod(built), [], undefined],
  ['one that is done', pod({ ...built, 'buildenv-sidecar': ended(0), sshd: ended(0) }, { phase: 'Succeeded' }), [], undefined],
  ['no node, by its condition', homeless(unscheduled), [], `Unschedulable: ${noRoom}`, false],
  [
    'no node, the newest event',
    homeless(unscheduled),
    [event('FailedScheduling', 'now', '2026-01-02T03:05:00Z'), event('FailedScheduling', 'before')],
    'Unschedulable: now',
    false,
  ],
  ['no node, by an event alone', homeless({ phase: 'Pending' }), [event('FailedScheduling', noRoom)], `Unschedulable: ${noRoom}`, false],
  [
    'a node at last',
    pod(fresh, { phase: 'Pending', conditions: [{ type: 'PodScheduled', status: 'True' }] }),
    [event('FailedScheduling', noRoom)],
    undefined,
  ],
  ['not looked at by the scheduler yet', homeless({ phase: 'Pending' }), [], undefined],
  [
    'the first pull failed',
    pod({ ...fresh, 'fetch-recipe': waiting('ErrImagePull', 'rpc error: not found') }, { phase: 'Pending' }),
    [],
    'fetch-recipe: ErrImagePull: rpc error: not found',
    false,
  ],
  [
    'pulls back off',
    pod({ ...fresh, 'fetch-recipe': waiting('ImagePullBackOff', 'Back-off pulling image "x"') }, { phase: 'Pending' }),
    [],
    'fetch-recipe: ImagePullBackOff: Back-off pulling image "x"',
    false,
  ],
  [
    "… in the registry's words",
    pod({ ...fresh, 'fetch-recipe': waiting('ImagePullBackOff', 'Back-off') }, { phase: 'Pending' }),
    [event('Failed', 'Failed to pull image "x": 401'), event('Failed', 'Error: ImagePullBackOff')],
    'fetch-recipe: ImagePullBackOff: Failed to pull image "x": 401',
    false,
  ],
  [
    'an impossible image',
    pod({ ...fresh, 'fetch-recipe': waiting('InvalidImageName', 'bad') }, { phase: 'Pending' }),
    [],
    'fetch-recipe: InvalidImageName: bad',
    true,
  ],
  [
    'no secret',
    pod({ ...fresh, 'fetch-recipe': waiting('CreateContainerConfigError', 'secret "x" not found') }, { phase: 'Pending' }),
    [],
    'fetch-recipe: CreateContainerConfigError: secret "x" not found',
    false,
  ],
  [
    'a container that falls again and again',
    pod({ ...built, sshd: waiting('CrashLoopBackOff', 'back-off 5m0s') }),
    [],
    'sshd: CrashLoopBackOff: back-off 5m0s',
    false,
  ],
  [
    'an init container failed',
    pod({ ...fresh, 'fetch-recipe': ended(1) }, { phase: 'Failed' }),
    [],
    'fetch-recipe: Init:Error: exit code 1',
    true,
  ],
  [
    'memory: build-image',
    pod({ ...fresh, 'fetch-recipe': ended(0), 'build-image': ended(137, 'OOMKilled') }, { phase: 'Failed' }),
    [],
    'build-image: OOMKilled: exit code 137',
    true,
  ],
  [
    'memory: build-image, whose script lives on',
    pod({ ...built, 'build-image': ended(0, 'OOMKilled') }),
    [],
    'build-image: OOMKilled: exit code 0',
    false,
  ],
  [
    'memory: the sidecar',
    pod({ ...built, 'buildenv-sidecar': ended(137, 'OOMKilled') }),
    [],
    'buildenv-sidecar: OOMKilled: exit code 137',
    true,
  ],
  ['killed without a reason', pod({ ...built, sshd: ended(137) }), [], 'sshd: Killed: exit code 137', true],
  ['a helper died', pod({ ...built, 'buildenv-sidecar': ended(2) }), [], 'buildenv-sidecar: Error: exit code 2', true],
  [
    'evicted',
    pod({}, { phase: 'Failed', reason: 'Evicted', message: 'The node was low on\nresource: memory.' }),
    [],
    'Evicted: The node was low on resource: memory.',
    true,
  ],
  [
    'its node is lost',
    pod(built, { phase: 'Running', reason: 'NodeLost', message: 'Node ncn-w001 is unresponsive' }),
    [],
    'NodeLost: Node ncn-w001 is unresponsive',
    false,
  ],
  ['failed and silent', pod({}, { phase: 'Failed' }), [], 'Failed', true],
  [
    'a volume',
    pod(fresh, { phase: 'Pending' }),
    [event('FailedMount', 'timed out waiting for the condition')],
    'FailedMount: timed out waiting for the condition',
    false,
  ],
  ['a volume, by now', pod(built), [event('FailedMount', 'timed out')], undefined],
  ['no pod yet', undefined, [], undefined],
  ['no pod at all', undefined, [event('FailedCreate', 'exceeded quota')], 'FailedCreate: exceeded quota', false],
]

describe('why a pod hangs', () => {
  test.each(cases)('%s', (_, one, events, text, final) => {
    const why = diagnose(one, events)
    expect(why && diagnosisText(why)).toBe(text)
    expect(why?.final).toBe(final)
  })
})

const create = (status: string) => ({ job_type: 'create', status })
const customize = { job_type: 'customize', status: 'error' }

const failures: [string, Pod, Parameters<typeof failedContainers>[1], string][] = [
  ['an init container ended badly', pod({ ...fresh, 'fetch-recipe': ended(1) }), create('error'), 'fetch-recipe'],
  ['the first of two', pod({ ...fresh, 'fetch-recipe': ended(2), 'build-image': ended(1) }), create('error'), 'fetch-recipe'],
  [
    'killed, though with 0',
    pod({ ...fresh, 'fetch-recipe': ended(0, 'OOMKilled'), 'build-image': ended(1) }),
    create('error'),
    'fetch-recipe',
  ],
  ['killed by a signal', pod({ ...fresh, 'fetch-recipe': { terminated: { exitCode: 0, signal: 9 } } }), create('error'), 'fetch-recipe'],
  ['a build that failed and ended with 0, with a shell', pod(built), create('waiting_on_user'), 'build-image'],
  [
    '… without a shell, or packaging',
    pod({ ...built, 'buildenv-sidecar': ended(1), sshd: ended(0) }),
    create('error'),
    'buildenv-sidecar build-image',
  ],
  ['the sidecar killed', pod({ ...built, 'buildenv-sidecar': ended(137, 'OOMKilled') }), create('error'), 'buildenv-sidecar'],
  ['a build that still runs', pod(fresh), create('building_image'), 'build-image'],
  ['customize: nothing to prepare', pod({ prepare: ended(1), 'buildenv-sidecar': initializing }), customize, 'prepare'],
  ['customize: later', pod({ prepare: ended(0), 'buildenv-sidecar': ended(1), sshd: ended(0) }), customize, 'buildenv-sidecar'],
  ['customize: no shell', pod({ prepare: ended(0), 'buildenv-sidecar': ended(1), sshd: ended(1) }), customize, 'buildenv-sidecar sshd'],
  [
    'fell before, tries again',
    {
      ...pod(fresh),
      status: { initContainerStatuses: [{ name: 'fetch-recipe', state: waiting('CrashLoopBackOff'), lastState: ended(1) }] },
    },
    create('creating'),
    'fetch-recipe',
  ],
]

test.each(failures)('the containers that may have failed: %s', (_, one, failed, names) => {
  expect(failedContainers(one, failed).join(' ')).toBe(names)
})
