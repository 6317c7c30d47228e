/** The collections of records that the service has, by the ends of their paths. */
export const collections = [
  'public-keys',
  'recipes',
  'images',
  'jobs',
  'remote-build-nodes',
  'deleted/public-keys',
  'deleted/recipes',
  'deleted/images',
] as const

export type CollectionName = (typeof collections)[number]

/** The path of a collection, or of what is read of one besides its records. */
export const collectionPath = (name: CollectionName | 'remote-build-nodes/status'): string => `/apis/ims/v3/${name}`
