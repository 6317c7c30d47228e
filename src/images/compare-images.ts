/** What is compared of an image. */
export interface ComparedImage {
  /** Fields of its record, by name. */
  readonly fields: Readonly<Record<string, string>>
  readonly artifacts: readonly ComparedArtifact[]
  /** The kernel's parameters, in their order. */
  readonly parameters: readonly string[]
}

export interface ComparedArtifact {
  /** What it is called. */
  readonly type: string
  /** The md5 sum of its content, in hexadecimal; null where nobody knows it. */
  readonly md5: string | null
  /** In bytes; null where it is missing. */
  readonly size: number | null
}

/** A value of each of two images; null where one has none. */
export interface Difference<T> {
  readonly a: T | null
  readonly b: T | null
}

/** How two images differ. */
export interface ImageDifferences {
  readonly same: boolean
  readonly fields: readonly (Difference<string> & { readonly field: string })[]
  readonly artifacts: readonly (Difference<Omit<ComparedArtifact, 'type'>> & { readonly type: string })[]
  readonly parameters: {
    /** Only the first has them. */
    readonly removed: readonly string[]
    /** Only the other has them. */
    readonly added: readonly string[]
    /** What both have is in another order. */
    readonly reordered: boolean
  }
}

/** Compares two images. */
export function compareImages(one: ComparedImage, other: ComparedImage): ImageDifferences {
  const fields = union(Object.keys(one.fields), Object.keys(other.fields))
    .map((field) => ({ field, a: one.fields[field] ?? null, b: other.fields[field] ?? null }))
    .filter(({ a, b }) => a !== b)
  const artifacts = union(
    one.artifacts.map(({ type }) => type),
    other.artifacts.map(({ type }) => type),
  )
    .map((type) => ({ type, a: contentOf(one, type), b: contentOf(other, type) }))
    .filter(({ a, b }) => a?.md5 !== b?.md5 || a?.size !== b?.size)
  const parameters = compareWords(one.parameters, other.parameters)
  const same = fields.length + artifacts.length + parameters.removed.length + parameters.added.length === 0 && !parameters.reordered
  return { same, fields, artifacts, parameters }
}

const union = (one: readonly string[], other: readonly string[]) => [...new Set([...one, ...other])]

function contentOf({ artifacts }: ComparedImage, type: string): Omit<ComparedArtifact, 'type'> | null {
  const found = artifacts.findLast((artifact) => artifact.type === type)
  return found ? { md5: found.md5, size: found.size } : null
}

/** A word that comes twice in one and once in the other differs once. */
function compareWords(one: readonly string[], other: readonly string[]): ImageDifferences['parameters'] {
  const [removed, kept] = without(one, other)
  const [added, stayed] = without(other, one)
  return { removed, added, reordered: kept.some((word, at) => word !== stayed[at]) }
}

/** The words that others lack, and those that they have. */
function without(words: readonly string[], others: readonly string[]): [string[], string[]] {
  const left = new Map<string, number>()
  for (const word of others) left.set(word, (left.get(word) ?? 0) + 1)
  const [lacking, common]: [string[], string[]] = [[], []]
  for (const word of words) {
    const count = left.get(word) ?? 0
    left.set(word, count - 1)
    ;(count > 0 ? common : lacking).push(word)
  }
  return [lacking, common]
}
