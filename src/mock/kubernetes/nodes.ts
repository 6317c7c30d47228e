import { timestamp, uidOf } from './metadata.ts'

/** The nodes of a small system. Source: the names and roles that its installer gives. */
const names = ['ncn-m001', 'ncn-m002', 'ncn-m003', 'ncn-w001', 'ncn-w002', 'ncn-w003', 'ncn-w004'] as const

/** How long the nodes have been there, in milliseconds. */
const age = 90 * 24 * 3_600_000

/** The nodes that pods run on. They are always well. */
export function nodesAt(now: number) {
  const created = timestamp(now - age)
  const condition = (type: string, status: string, reason: string, message: string) => ({
    type,
    status,
    reason,
    message,
    lastHeartbeatTime: timestamp(now),
    lastTransitionTime: created,
  })
  return names.map((name, index) => ({
    kind: 'Node' as const,
    apiVersion: 'v1' as const,
    metadata: {
      name,
      uid: uidOf(name),
      creationTimestamp: created,
      labels: {
        'kubernetes.io/arch': 'amd64',
        'kubernetes.io/hostname': name,
        'kubernetes.io/os': 'linux',
        ...(name.startsWith('ncn-m') && { 'node-role.kubernetes.io/control-plane': '' }),
      },
    },
    spec: {
      ...(name.startsWith('ncn-m') && { taints: [{ key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' }] }),
    },
    status: {
      addresses: [
        { type: 'InternalIP', address: `10.252.1.${index + 5}` },
        { type: 'Hostname', address: name },
      ],
      capacity: { cpu: '64', memory: '263857Mi', pods: '110' },
      allocatable: { cpu: '64', memory: '263757Mi', pods: '110' },
      conditions: [
        condition('MemoryPressure', 'False', 'KubeletHasSufficientMemory', 'kubelet has sufficient memory available'),
        condition('DiskPressure', 'False', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'),
        condition('Ready', 'True', 'KubeletReady', 'kubelet is posting ready status'),
      ],
      nodeInfo: {
        architecture: 'amd64',
        bootID: uidOf(`boot ${name}`),
        containerRuntimeVersion: 'containerd://1.7.27',
        kernelVersion: '5.14.21-150500.55.83-default',
        kubeProxyVersion: 'v1.32.4',
        kubeletVersion: 'v1.32.4',
        machineID: uidOf(`machine ${name}`).replaceAll('-', ''),
        operatingSystem: 'linux',
        osImage: 'SUSE Linux Enterprise Server 15 SP5',
        systemUUID: uidOf(`system ${name}`),
      },
    },
  }))
}
