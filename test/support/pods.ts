import type { ContainerState, Pod } from '../../src/kubernetes/pod.ts'

export const job = { kubernetes_job: 'cray-ims-1-create', kubernetes_namespace: 'ims' }

export const running: ContainerState = { running: { startedAt: '2026-01-02T03:04:05Z' } }
export const initializing: ContainerState = { waiting: { reason: 'PodInitializing' } }
export const ended = (exitCode: number, reason = exitCode ? 'Error' : 'Completed'): ContainerState => ({ terminated: { exitCode, reason } })

const mains = new Set(['buildenv-sidecar', 'sshd'])

/** A pod on a node, with these containers in these states. */
export function pod(
  states: Record<string, ContainerState>,
  status: Pod['status'] = { phase: 'Running' },
  metadata: Partial<Pod['metadata']> = {},
): Pod {
  const named = (main: boolean) => Object.entries(states).filter(([name]) => mains.has(name) === main)
  const statuses = (main: boolean) => named(main).map(([name, state]) => ({ name, state, lastState: {}, restartCount: 0 }))
  return {
    metadata: { name: 'cray-ims-1-create-x7k2p', uid: 'pod-1', creationTimestamp: '2026-01-02T03:04:05Z', ...metadata },
    spec: {
      nodeName: 'ncn-w001',
      initContainers: named(false).map(([name]) => ({ name })),
      containers: named(true).map(([name]) => ({ name })),
    },
    status: { initContainerStatuses: statuses(false), containerStatuses: statuses(true), ...status },
  }
}

/** What `kubectl get pods -o json` prints. */
export const list = (...pods: Pod[]): string => JSON.stringify({ kind: 'List', items: pods })
