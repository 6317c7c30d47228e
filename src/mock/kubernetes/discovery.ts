const read = ['get', 'list']

const resource = (name: string, singularName: string, kind: string, shortNames: string[], namespaced = true) => ({
  name,
  singularName,
  namespaced,
  kind,
  verbs: read,
  ...(shortNames.length > 0 && { shortNames }),
})

const batch = { groupVersion: 'batch/v1', version: 'v1' }

const described: Readonly<Record<string, object>> = {
  '/version': {
    major: '1',
    minor: '32',
    gitVersion: 'v1.32.4',
    gitCommit: '',
    gitTreeState: 'clean',
    buildDate: '2025-04-22T15:56:15Z',
    goVersion: 'go1.23.6',
    compiler: 'gc',
    platform: 'linux/amd64',
  },
  '/api': { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [] },
  '/apis': {
    kind: 'APIGroupList',
    apiVersion: 'v1',
    groups: [{ name: 'batch', versions: [batch], preferredVersion: batch }],
  },
  '/api/v1': {
    kind: 'APIResourceList',
    groupVersion: 'v1',
    resources: [
      resource('configmaps', 'configmap', 'ConfigMap', ['cm']),
      resource('events', 'event', 'Event', ['ev']),
      resource('namespaces', 'namespace', 'Namespace', ['ns'], false),
      resource('nodes', 'node', 'Node', ['no'], false),
      resource('persistentvolumeclaims', 'persistentvolumeclaim', 'PersistentVolumeClaim', ['pvc']),
      resource('pods', 'pod', 'Pod', ['po']),
      { ...resource('pods/exec', '', 'PodExecOptions', []), verbs: ['get'] },
      { ...resource('pods/log', '', 'Pod', []), verbs: ['get'] },
      { ...resource('pods/portforward', '', 'PodPortForwardOptions', []), verbs: ['get'] },
      resource('secrets', 'secret', 'Secret', []),
      resource('services', 'service', 'Service', ['svc']),
    ],
  },
  '/apis/batch/v1': {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion: 'batch/v1',
    resources: [resource('jobs', 'job', 'Job', [])],
  },
  '/openapi/v3': { paths: {} },
}

/** What `kubectl` asks before anything else: which resources there are. By path. */
export const discovery: Readonly<Record<string, object>> = { '/': { paths: Object.keys(described) }, ...described }
