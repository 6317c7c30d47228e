import { CliError } from '../errors.ts'
import { toData, toValue } from '../json/value.ts'
import { connect, type Api, type ApiOptions, type ApiRequest } from './api.ts'
import { isJobAge } from './job-age.ts'
import { createRequest, deleteRequest, describeRequest, listRequest, undeleteRequest, updateRequest } from './requests.ts'
import { collectionPath, type CollectionName } from '../service/collections.ts'
import { jobStatuses } from '../service/job-statuses.ts'
import type {
  Deleted,
  Image,
  ImageChange,
  Job,
  JobSelection,
  NewImage,
  NewJob,
  NewPublicKey,
  NewRecipe,
  PublicKey,
  Recipe,
  RecipeChange,
  RemoteBuildNode,
  RemoteBuildNodeStatus,
  Version,
} from './records.ts'

/** How the service is reached. Each is as the program's option of that name. */
export interface ClientOptions extends Pick<
  ApiOptions,
  'hostname' | 'tenant' | 'insecure' | 'caFile' | 'connectTimeout' | 'requestTimeout' | 'retries' | 'signal' | 'warn'
> {
  /** An access token, or what gives one: asked again, with true, when the service refuses it. */
  token?: string | ((refused: boolean) => string | undefined | Promise<string | undefined>)
  /** Environment that proxies and CAs are taken from; that of the process unless given. */
  env?: Readonly<Record<string, string | undefined>>
}

/** Reads records of a kind. */
export interface Listing<R> {
  list(): Promise<R[]>
  /** @throws ServerError with status 404 for an id that isn't known. */
  describe(id: string): Promise<R>
}

/** A kind of record that can be deleted: for good, unless it is one that is kept among the deleted. */
export interface Collection<R, New> extends Listing<R> {
  create(record: New): Promise<R>
  delete(id: string): Promise<void>
  deleteAll(): Promise<void>
}

export interface ChangingCollection<R, New, Change> extends Collection<R, New> {
  update(id: string, change: Change): Promise<R>
}

/** What was deleted and can be brought back, or deleted for good. */
export interface DeletedCollection<R> extends Listing<Deleted<R>> {
  undelete(id: string): Promise<void>
  delete(id: string): Promise<void>
  deleteAll(): Promise<void>
}

/**
 * The Image Management Service. Requests are made over connections that are held; `close()` ends them. What is refused
 * or can't be reached throws a CliError (ServerError for an answer from 400 up), whose message says why.
 */
export class ImsClient {
  readonly publicKeys: Collection<PublicKey, NewPublicKey>
  readonly recipes: ChangingCollection<Recipe, NewRecipe, RecipeChange>
  readonly images: ChangingCollection<Image, NewImage, ImageChange>
  readonly jobs: Omit<Collection<Job, NewJob>, 'deleteAll'> & {
    /**
     * Deletes the jobs that are selected; without a selection all, running ones included.
     * @throws CliError for a selection that the service would take for a wider one.
     */
    deleteAll(selection?: JobSelection): Promise<void>
  }
  readonly remoteBuildNodes: Collection<RemoteBuildNode, RemoteBuildNode> & { readonly status: Listing<RemoteBuildNodeStatus> }
  readonly deleted: {
    readonly publicKeys: DeletedCollection<PublicKey>
    readonly recipes: DeletedCollection<Recipe>
    readonly images: DeletedCollection<Image>
  }
  readonly #api: Api

  /** @throws CliError for a hostname that is no address. */
  constructor({ token, env = process.env, ...options }: ClientOptions) {
    this.#api = connect({ ...options, env, keepAlive: true, brief: false, authorization: token === undefined ? undefined : bearer(token) })
    const collection = <R, New>(name: Parameters<typeof collectionPath>[0]) => makeCollection<R, New>(this.#api, collectionPath(name))
    this.publicKeys = collection('public-keys')
    this.recipes = { ...collection<Recipe, NewRecipe>('recipes'), update: changing(this.#api, 'recipes') }
    this.images = { ...collection<Image, NewImage>('images'), update: changing(this.#api, 'images') }
    const jobs = collection<Job, NewJob>('jobs')
    this.jobs = { ...jobs, deleteAll: async (selection) => jobs.deleteAll(checked(selection)) }
    this.remoteBuildNodes = {
      ...collection<RemoteBuildNode, RemoteBuildNode>('remote-build-nodes'),
      status: collection('remote-build-nodes/status'),
    }
    this.deleted = {
      publicKeys: makeDeleted(this.#api, 'deleted/public-keys'),
      recipes: makeDeleted(this.#api, 'deleted/recipes'),
      images: makeDeleted(this.#api, 'deleted/images'),
    }
  }

  version(): Promise<Version> {
    return ask(this.#api, { method: 'GET', path: '/apis/ims/version' })
  }

  /** Ends held connections. */
  close(): Promise<void> {
    return this.#api.close()
  }
}

function bearer(token: NonNullable<ClientOptions['token']>): (refused?: boolean) => Promise<string | undefined> {
  return async (refused = false) => {
    const value = typeof token === 'string' ? token : await token(refused)
    return value === undefined ? undefined : `Bearer ${value}`
  }
}

async function ask<T>(api: Api, request: ApiRequest): Promise<T> {
  const answer = await api.send(request)
  return (answer === undefined ? undefined : toData(answer)) as T
}

function makeCollection<R, New>(api: Api, path: string) {
  const of = { path }
  return {
    list: () => ask<R[]>(api, listRequest(of)),
    describe: async (id: string) => ask<R>(api, describeRequest(of, id)),
    create: (record: New) => ask<R>(api, createRequest(of, toValue(record))),
    delete: async (id: string) => ask<void>(api, deleteRequest(of, id)),
    deleteAll: (selection?: JobSelection) =>
      ask<void>(api, { method: 'DELETE', path, query: selection as Record<string, string> | undefined }),
  }
}

const selectable: Readonly<Record<keyof JobSelection, (value: string) => boolean>> = {
  age: isJobAge,
  job_type: (value) => value === 'create' || value === 'customize',
  status: (value) => jobStatuses.some((status) => status === value),
}

// The service takes an age that it can't read as "every job", and leaves out what it doesn't know and what is empty.
function checked(selection: JobSelection = {}): JobSelection {
  const wrong = Object.entries(selection).find(
    ([name, value]) => typeof value !== 'string' || !Object.hasOwn(selectable, name) || !selectable[name as keyof JobSelection](value),
  )
  if (!wrong) return selection
  throw new CliError(`deleteAll: ${wrong[0]} is ${JSON.stringify(wrong[1])}, and would select more jobs than meant`, {
    more: wrong[0] === 'age' ? ['An age is 7d, or 12h.'] : [],
  })
}

const changing =
  <R, Change extends object>(api: Api, name: CollectionName) =>
  async (id: string, change: Change): Promise<R> =>
    ask(api, updateRequest({ path: collectionPath(name) }, id, toValue(change)))

function makeDeleted<R>(api: Api, name: CollectionName): DeletedCollection<R> {
  const path = collectionPath(name)
  return { ...makeCollection<Deleted<R>, never>(api, path), undelete: async (id) => ask(api, undeleteRequest({ path }, id)) }
}
