import type { Call } from './answer.ts'
import type { State } from './state.ts'

/** How long the service takes for what takes long, in milliseconds. */
const takes = {
  /** Copying the artifacts of one image to another place in the store, which deletion and undeletion do. */
  copying: 90_000,
  /** Creating the Kubernetes resources of a job. */
  creatingJob: 3000,
  /** Logging in to a remote build node. */
  node: 1000,
  /** Waiting for one that doesn't answer. */
  deadNode: 30_000,
}

/** How long the service would take for a request, in milliseconds; 0 for most. It answers nobody else meanwhile. */
export function serviceTime({ method, path }: Pick<Call, 'method' | 'path'>, state: State): number {
  const [, kind = '', id] =
    /^\/apis\/ims\/(?:v[23]\/)?(deleted\/images|images|jobs|remote-build-nodes\/status)(?:\/([^/]+))?$/.exec(path) ?? []
  const nodes = () =>
    [...state.remoteBuildNodes.values()]
      .filter(({ xname }) => id === undefined || xname === id)
      .reduce((sum, { mock }) => sum + (mock ? takes.node : takes.deadNode), 0)
  if (kind === 'jobs') return method === 'POST' ? takes.creatingJob + nodes() : 0
  if (kind === 'remote-build-nodes/status') return method === 'GET' ? nodes() : 0

  const copies = kind === 'images' ? method === 'DELETE' && path.includes('/v3/') : method === 'PATCH'
  if (!copies || kind === '') return 0
  const table = kind === 'images' ? state.images : state.deletedImages
  return takes.copying * [...table.values()].filter((image) => image.link && (id === undefined || image.id === id)).length
}
