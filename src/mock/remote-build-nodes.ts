import { hasEnded } from '../ims/job-status.ts'
import { found, plain } from './answer.ts'
import { given, reading, removing, type Handlers } from './handlers.ts'
import { sortedText } from './json-text.ts'
import { notFound } from './problem.ts'
import type { RemoteBuildNode } from './records.ts'
import { requestFields } from './request-fields.ts'
import type { State } from './state.ts'

const read = reading((state) => state.remoteBuildNodes)
const remove = removing(
  (state) => state.remoteBuildNodes,
  ({ state }, node) => void state.remoteBuildNodes.delete(node.xname),
)

export const remoteBuildNodes: Handlers = {
  all: {
    GET: read.all,
    DELETE: remove.all,
    POST({ state }, call) {
      const { xname } = given(call, requestFields.createRemoteBuildNode) as { xname: string }
      const node: RemoteBuildNode = { ...state.remoteBuildNodes.get(xname), xname }
      state.remoteBuildNodes.set(xname, node)
      return plain(201, { xname })
    },
  },
  one: { GET: read.one, DELETE: remove.one },
}

/** What the service finds when it looks at its nodes. */
export const remoteBuildNodeStates: Handlers = {
  all: {
    GET: ({ state }) => shown(Array.from(state.remoteBuildNodes.values(), (node) => nodeState(state, node))),
  },
  one: {
    GET({ state }, _, xname) {
      const node = state.remoteBuildNodes.get(xname)
      return node ? shown(nodeState(state, node)) : notFound()
    },
  },
}

const shown = (states: unknown) => found(`${sortedText(states)}\n`)

/** The node that takes a job: of those of its arch that answer, the one with the fewest jobs. Empty for none. */
export function nodeFor(state: State, arch: string): string {
  const [best] = Array.from(state.remoteBuildNodes.values(), (node) => nodeState(state, node))
    .filter((found) => found.ableToRunJobs && found.nodeArch === arch)
    .sort((one, other) => one.numCurrentJobs - other.numCurrentJobs)
  return best?.xname ?? ''
}

// Source of the texts: recorded answers.
function nodeState(state: State, { xname, mock }: RemoteBuildNode) {
  if (!mock) {
    return {
      xname,
      sshStatus: 'Unable to connect to node. Error: [Errno -2] Name or service not known',
      podmanStatus: 'Unknown',
      nodeArch: 'Unknown',
      numCurrentJobs: -1,
      ableToRunJobs: false,
    }
  }
  return {
    xname,
    sshStatus: 'SSH connection established.',
    podmanStatus: 'Podman present at /usr/bin/podman',
    nodeArch: mock.arch,
    numCurrentJobs: mock.jobs ?? jobsOn(state, xname),
    ableToRunJobs: true,
  }
}

function jobsOn(state: State, xname: string): number {
  return [...state.jobs.values()].filter((job) => job.remote_build_node === xname && !hasEnded(job)).length
}
