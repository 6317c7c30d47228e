import { sortedText } from './json-text.ts'
import {
  servedFields,
  type Deleted,
  type Image,
  type Job,
  type PublicKey,
  type Recipe,
  type Records,
  type RemoteBuildNode,
} from './records.ts'

/** The records of one kind, by id, in the order they came. */
export interface Table<R> {
  get(id: string): R | undefined
  values(): IterableIterator<R>
  /** Keeps a record, or that it was changed. */
  set(id: string, record: R): void
  delete(id: string): boolean
  /** What the service sends of a record, in its own order. */
  served(record: R): Record<string, unknown>
  /** One record as it is described: sorted JSON, a newline. */
  text(record: R & object): string
  /** All records as they are listed: sorted JSON, a newline. */
  list(): string
}

/** All that a mock holds. */
export interface State {
  readonly publicKeys: Table<PublicKey>
  readonly recipes: Table<Recipe>
  readonly images: Table<Image>
  readonly jobs: Table<Job>
  readonly remoteBuildNodes: Table<RemoteBuildNode>
  readonly deletedPublicKeys: Table<Deleted<PublicKey>>
  readonly deletedRecipes: Table<Deleted<Recipe>>
  readonly deletedImages: Table<Deleted<Image>>
  readonly missingArtifacts: ReadonlySet<string>
  /** Everything, as a state file keeps it. */
  records(): Records
  /** Calls a function after each change; what it returns ends that. */
  onChange(listener: () => void): () => void
}

/** State that starts with these records. */
export function createState(records: Records): State {
  const listeners = new Set<() => void>()
  const changed = () => listeners.forEach((listener) => listener())
  const byId = <R extends { id: string }>(list: readonly R[], fields: readonly string[]) =>
    createTable(
      list.map((record) => [record.id, record] as const),
      fields,
      changed,
    )

  const state = {
    publicKeys: byId(records.public_keys, servedFields.public_keys),
    recipes: byId(records.recipes, servedFields.recipes),
    images: byId(records.images, servedFields.images),
    jobs: byId(records.jobs, servedFields.jobs),
    remoteBuildNodes: createTable(
      records.remote_build_nodes.map((node) => [node.xname, node] as const),
      servedFields.remote_build_nodes,
      changed,
    ),
    deletedPublicKeys: byId(records.deleted_public_keys, [...servedFields.public_keys, 'deleted']),
    deletedRecipes: byId(records.deleted_recipes, [...servedFields.recipes, 'deleted']),
    deletedImages: byId(records.deleted_images, [...servedFields.images, 'deleted']),
  }
  return {
    ...state,
    missingArtifacts: new Set(records.missing_artifacts),
    records: () => ({
      public_keys: [...state.publicKeys.values()],
      recipes: [...state.recipes.values()],
      images: [...state.images.values()],
      jobs: [...state.jobs.values()],
      remote_build_nodes: [...state.remoteBuildNodes.values()],
      deleted_public_keys: [...state.deletedPublicKeys.values()],
      deleted_recipes: [...state.deletedRecipes.values()],
      deleted_images: [...state.deletedImages.values()],
      missing_artifacts: records.missing_artifacts,
    }),
    onChange(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}

// Texts are kept until their record changes, so that a list of ten thousand costs a join.
function createTable<R extends object>(entries: Iterable<readonly [string, R]>, fields: readonly string[], changed: () => void): Table<R> {
  const records = new Map(entries)
  const texts = new WeakMap<R, string>()
  let list: string | undefined
  const touch = () => {
    list = undefined
    changed()
  }
  const bare = (record: R): string => {
    let text = texts.get(record)
    if (text === undefined) texts.set(record, (text = sortedText(table.served(record))))
    return text
  }
  const table: Table<R> = {
    get: (id) => records.get(id),
    values: () => records.values(),
    set(id, record) {
      records.set(id, record)
      texts.delete(record)
      touch()
    },
    delete(id) {
      const there = records.delete(id)
      if (there) touch()
      return there
    },
    served: (record) => Object.fromEntries(fields.map((field) => [field, serve(field, record[field as keyof R])])),
    text: (record) => `${bare(record as R)}\n`,
    list: () => (list ??= ['[', Array.from(records.values(), bare).join(','), ']\n'].join('')),
  }
  return table
}

// The service fills in an entity tag that it was not given.
function serve(field: string, value: unknown): unknown {
  if (field !== 'link' || typeof value !== 'object' || value === null) return value ?? null
  const { path, etag = '', type } = value as { path: string; etag?: string; type: string }
  return { path, etag, type }
}
