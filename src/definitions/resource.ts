/** How a column shows its field; as its text unless said. */
export type ColumnKind =
  | 'id' // its first block, unless everything is shown
  | 'age' // a time, as how long ago it was
  | 'status' // coloured in a terminal
  | 'gibibytes' // a number of GiB
  | 'first word'
  | 'yes or no'

/** A column of the tables that show records of a kind. */
export interface ColumnDefinition {
  /** What `--columns` and `--sort-by` call it; its heading in capitals. */
  readonly name: string
  /** What it shows of a record: `link.path`. */
  readonly field: string
  readonly kind?: ColumnKind
  /** Only shown with `--wide`, and in CSV. */
  readonly wide?: true
  /** Left out where a terminal hasn't room for it. */
  readonly dispensable?: true
  /** How often the field counts, where it isn't once. */
  readonly times?: number
  /** Empty for all but the records of which a field has this value. */
  readonly where?: { readonly field: string; readonly is: string }
  /** Lists can be filtered by it: with a pattern, by one of the field's values, or by its time. */
  readonly filter?: 'pattern' | 'time' | readonly string[]
}

/** A kind of record of the service, as the rows of its verbs need it. */
export interface Resource {
  /** The words after `cray-ims`: `deleted images`. */
  readonly words: string
  /** What one is called: `image`. */
  readonly one: string
  readonly many: string
  /** The argument that names one: `IMAGE_ID`. */
  readonly id: string
  /** The field that names one in the service. */
  readonly key: string
  /** The collection's path in the service. */
  readonly path: string
  /** An id for examples. */
  readonly example: string
  /** What tables show of one, from left to right. */
  readonly columns: readonly ColumnDefinition[]
}

/** A kind of deleted record, which can be brought back. */
export interface DeletedResource extends Resource {
  /** What one is then. */
  readonly deletedOf: Resource
}
