import process from 'node:process'
import { plain, type Answer, type Call } from './answer.ts'
import { deletedImages, deletedPublicKeys, deletedRecipes } from './deleted.ts'
import type { Handler, Handlers, Method, Site } from './handlers.ts'
import { images } from './images.ts'
import { jobs } from './jobs.ts'
import { crashed, methodNotAllowed, noSuchPath, Refused } from './problem.ts'
import { publicKeys } from './public-keys.ts'
import { recipes } from './recipes.ts'
import { remoteBuildNodes, remoteBuildNodeStates } from './remote-build-nodes.ts'

/** Version of the service that the mock answers like. */
export const serviceVersion = '3.33.0'

const prefix = '/apis/ims/'

const resources = new Map<string, Handlers>([
  ['recipes', recipes],
  ['images', images],
  ['public-keys', publicKeys],
  ['jobs', jobs],
  ['remote-build-nodes', remoteBuildNodes],
  ['remote-build-nodes/status', remoteBuildNodeStates],
  ['deleted/recipes', deletedRecipes],
  ['deleted/images', deletedImages],
  ['deleted/public-keys', deletedPublicKeys],
])

const version: Handler = () => plain(200, { version: serviceVersion })
const healthy: Handler = () => plain(200, {})

const single = new Map<string, Handler>([
  ['version', version],
  ['v3/version', version],
  ['healthz/live', healthy],
  ['healthz/ready', healthy],
])

/** Answers a request as the service does. */
export function answerCall(site: Site, call: Call): Answer {
  const head = call.method === 'HEAD'
  try {
    const { handler, id } = route(head ? 'GET' : call.method, call.path)
    const answer = handler(site, call, id)
    return head ? { ...answer, body: '' } : answer
  } catch (error) {
    if (error instanceof Refused) return error.answer
    // Whatever else is a defect of the mock; it answers as the service does for one of its own.
    process.emitWarning(error as Error)
    return crashed()
  }
}

function route(method: string, rawPath: string): { handler: Handler; id: string } {
  const path = decoded(rawPath)
  if (!path.startsWith(prefix)) throw new Refused(noSuchPath())
  const rest = path.slice(prefix.length)
  const alone = single.get(rest)
  if (alone) return { handler: pick(method, [{ GET: alone }]), id: '' }
  if (!rest.startsWith('v3/')) throw new Refused(noSuchPath())

  const name = rest.slice('v3/'.length)
  const slash = name.lastIndexOf('/')
  const id = name.slice(slash + 1)
  const all = resources.get(name)?.all
  // A path like remote-build-nodes/status names a resource, and for methods that it lacks a record.
  const one = id === '' ? undefined : resources.get(name.slice(0, Math.max(slash, 0)))?.one
  return { handler: pick(method, [all, one]), id: all && method in all ? '' : id }
}

function pick(method: string, tables: readonly (Handlers['all'] | undefined)[]): Handler {
  const there = tables.filter((table) => table !== undefined)
  if (there.length === 0) throw new Refused(noSuchPath())
  const table = there.find((methods) => Object.hasOwn(methods, method))
  if (!table) throw new Refused(methodNotAllowed(there.flatMap((methods) => Object.keys(methods))))
  return table[method as Method]!
}

// Decoded before it is split, as the service's server does: an encoded slash is a slash.
function decoded(path: string): string {
  if (!path.includes('%')) return path
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}
