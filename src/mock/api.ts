import process from 'node:process'
import { plain, type Answer, type Call } from './answer.ts'
import { deletedImages, deletedPublicKeys, deletedRecipes } from './deleted.ts'
import type { CollectionName } from '../service/collections.ts'
import type { Handler, Handlers, Method, Site } from './handlers.ts'
import { images, imagesForGood } from './images.ts'
import { jobs } from './jobs.ts'
import { crashed, methodNotAllowed, methods, noSuchPath, Refused } from './problem.ts'
import { publicKeys, publicKeysForGood } from './public-keys.ts'
import { recipes, recipesForGood } from './recipes.ts'
import { remoteBuildNodes, remoteBuildNodeStates } from './remote-build-nodes.ts'

/** Version of the service that the mock answers like. */
const serviceVersion = '3.33.0'

const prefix = '/apis/ims/'

const kinds = {
  recipes,
  images,
  'public-keys': publicKeys,
  jobs,
  'remote-build-nodes': remoteBuildNodes,
  'deleted/recipes': deletedRecipes,
  'deleted/images': deletedImages,
  'deleted/public-keys': deletedPublicKeys,
} satisfies Readonly<Record<CollectionName, Handlers>>

const version3 = new Map<string, Handlers>([...Object.entries(kinds), ['remote-build-nodes/status', remoteBuildNodeStates]])

const version2 = new Map<string, Handlers>([
  ['recipes', recipesForGood],
  ['images', imagesForGood],
  ['public-keys', publicKeysForGood],
  ['jobs', jobs],
])

/**
 * The versions of the API, by the start of their paths; a path without one is version 2.
 * Source: the service's routes. Its description has remote build nodes there, too; the service hasn't.
 */
const versions: readonly (readonly [prefix: string, resources: ReadonlyMap<string, Handlers>])[] = [
  ['v3/', version3],
  ['v2/', version2],
  ['', version2],
]

const version: Handler = () => plain(200, { version: serviceVersion })
const healthy: Handler = () => plain(200, {})

const single = new Map<string, Handler>([
  ['version', version],
  ['healthz/live', healthy],
  ['healthz/ready', healthy],
])

/** Answers a request as the service does. */
export function answerCall(site: Site, call: Call): Answer {
  const head = call.method === 'HEAD'
  const answer = answered(site, head ? { ...call, method: 'GET' } : call)
  return head ? { ...answer, body: '' } : answer
}

function answered(site: Site, call: Call): Answer {
  try {
    const { tables, id, detailed } = route(call)
    const allowed = allowedBy(tables)
    if (call.method === 'OPTIONS') return methods(allowed)
    const table = tables.find((one) => Object.hasOwn(one, call.method))
    if (!table) return methodNotAllowed(allowed, detailed)
    return table[call.method as Method]!(site, call, id)
  } catch (error) {
    if (error instanceof Refused) return error.answer
    // Whatever else is a defect of the mock; it answers as the service does for one of its own.
    process.emitWarning(error as Error)
    return crashed()
  }
}

interface Route {
  /** The methods of the path: of all records, of one, or of both where a path may mean either. */
  readonly tables: readonly Partial<Record<Method, Handler>>[]
  readonly id: string
  /** Whether it is a path of records. */
  readonly detailed: boolean
}

function route({ method, path: rawPath }: Call): Route {
  const path = decoded(rawPath)
  if (!path.startsWith(prefix)) throw new Refused(noSuchPath())
  const rest = path.slice(prefix.length)
  const alone = single.get(rest)
  if (alone) return { tables: [{ GET: alone }], id: '', detailed: false }

  const [start, resources] = versions.find(([start]) => rest.startsWith(start))!
  const name = rest.slice(start.length)
  const slash = name.lastIndexOf('/')
  const id = name.slice(slash + 1)
  const all = resources.get(name)?.all
  // A path like remote-build-nodes/status names a resource, and for methods that it lacks a record.
  const one = id === '' ? undefined : resources.get(name.slice(0, Math.max(slash, 0)))?.one
  const tables = [all, one].filter((table) => table !== undefined)
  if (tables.length === 0) throw new Refused(noSuchPath())
  return { tables, id: all && method in all ? '' : id, detailed: true }
}

// Flask answers HEAD where there is GET, and OPTIONS everywhere.
function allowedBy(tables: Route['tables']): string[] {
  const own = tables.flatMap((table) => Object.keys(table))
  return [...new Set([...own, ...(own.includes('GET') ? ['HEAD'] : []), 'OPTIONS'])]
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
