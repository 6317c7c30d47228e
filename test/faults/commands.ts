import type { Seed } from '../../src/mock/library.ts'
import { failedBuild, ids } from '../support/site.ts'
import { image, recipe } from '../support/watched-site.ts'

/** A command of the table: a column. */
export interface FaultCommand {
  readonly name: string
  readonly argv: readonly string[]
  /** The request that a fault strikes; undefined where it sends none. */
  readonly strikes?: RegExp
  readonly stdin?: string
  /** It sends the request that a fault strikes as often as it takes. */
  readonly looks?: boolean
  /** It opens a job's shell. */
  readonly shells?: boolean
}

const recipeId = 'aaaaaaaa-0000-4000-8000-000000000001'
const imageId = 'bbbbbbbb-0000-4000-8000-000000000001'
const jobId = 'cccccccc-0000-4000-8000-000000000001'
const waitingId = 'cccccccc-0000-4000-8000-000000000002'

const at = (method: string, path: string) => new RegExp(`^${method} /apis/ims/v3/${path}$`)
const often = ['--interval', '0.2']
const newToken = /^POST \/keycloak\//

export const faultCommands: readonly FaultCommand[] = [
  { name: 'images list', argv: ['images', 'list'], strikes: at('GET', 'images') },
  { name: 'recipes describe', argv: ['recipes', 'describe', recipeId], strikes: at('GET', 'recipes/.*') },
  {
    name: 'public-keys create',
    argv: ['public-keys', 'create', '--name', 'mine', '--public-key', '.ssh/id_ed25519.pub'],
    strikes: at('POST', 'public-keys'),
  },
  { name: 'images update', argv: ['images', 'update', imageId, '--arch', 'aarch64'], strikes: at('PATCH', 'images/.*') },
  { name: 'images delete', argv: ['images', 'delete', imageId], strikes: at('DELETE', 'images/.*') },
  { name: 'images deleteall', argv: ['images', 'deleteall'], strikes: at('DELETE', 'images') },
  { name: 'jobs wait', argv: ['jobs', 'wait', jobId, ...often], strikes: at('GET', 'jobs/.*') },
  {
    name: 'jobs debug',
    argv: ['jobs', 'debug', waitingId, ...often, '--', 'echo', 'there'],
    strikes: at('GET', 'jobs/.*'),
    looks: true,
    shells: true,
  },
  { name: 'build', argv: ['build', 'good', '--name', 'new', ...often], strikes: at('POST', 'jobs') },
  { name: 'build --file', argv: ['build', '--file', 'images.yaml', ...often], strikes: at('POST', 'jobs') },
  {
    name: 'customize',
    argv: ['customize', 'base', '--name', 'new', '--run', 'echo there', ...often],
    strikes: at('POST', 'jobs'),
    shells: true,
  },
  { name: 'recipes upload', argv: ['recipes', 'upload', 'recipe', '--name', 'new'], strikes: /^PUT \/ims\// },
  { name: 'auth login', argv: ['auth', 'login', '--username', 'jane'], strikes: newToken, stdin: 'right\n' },
  { name: 'init', argv: ['init', '--configuration', 'other', '--hostname', 'URL'], strikes: newToken, stdin: 'jane\nright\n' },
  { name: 'config set', argv: ['config', 'set', 'core', 'tenant=blue'] },
]

/** What the service has. */
export const faultSeed: Seed = {
  public_keys: [{ id: ids.key, name: 'jane public key', public_key: 'KEY' }],
  recipes: [recipe(recipeId, 'good', { mock: { builds: 'succeeds' } })],
  images: [image(imageId, 'base', { mock: { builds: 'succeeds' } })],
  jobs: [
    failedBuild({
      id: jobId,
      artifact_id: recipeId,
      status: 'success',
      enable_debug: false,
      resultant_image_id: imageId,
      image_root_archive_name: 'made',
    }),
    failedBuild({ id: waitingId, artifact_id: recipeId, image_root_archive_name: 'waits' }),
  ] as never,
}
