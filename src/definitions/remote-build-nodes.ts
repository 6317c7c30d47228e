import { nodes, nodeStatus } from './records.ts'
import type { GroupDefinition } from './definition.ts'
import { create, describe, list, remove, removeAll } from './verbs.ts'

export const remoteBuildNodesGroup: GroupDefinition = {
  name: 'remote-build-nodes',
  summary: 'Nodes outside Kubernetes that images are built on',
  commands: [
    list(nodes),
    create(nodes, [{ flag: '--xname', type: 'text', field: 'xname', required: true, help: 'Its xname' }], `--xname ${nodes.example}`),
    removeAll(nodes),
    describe(nodes),
    remove(nodes),
    {
      name: 'status',
      summary: 'Whether they can be built on',
      commands: [describe(nodeStatus), list(nodeStatus)],
    },
  ],
}
