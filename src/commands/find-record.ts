import { deletedImages, deletedPublicKeys, deletedRecipes, images, jobs, publicKeys, recipes } from '../definitions/records.ts'
import type { Resource } from '../definitions/resource.ts'
import { CliError } from '../errors.ts'
import type { Api } from '../ims/api.ts'
import { listRecords } from '../ims/fetch-records.ts'
import type { Kinds, OddRecord } from '../ims/read-record.ts'
import { indexReferences } from '../ims/reference-index.ts'
import { pickRecord, recordsNamed, type Referable } from '../ims/reference.ts'
import { withArticle } from '../text/article.ts'

/** How a word is taken that several records have. */
export interface FindOptions {
  /** The newest of them. */
  readonly latest?: boolean
}

/** A record under the name that people know it by. */
export type NamedRecord = Kinds[keyof Kinds] & Referable

/** What has names, in the order in which a word is looked for among the other kinds. */
const kinds: ReadonlyMap<Resource, keyof Kinds> = new Map([
  [images, 'image'],
  [recipes, 'recipe'],
  [publicKeys, 'public key'],
  [jobs, 'job'],
  [deletedImages, 'image'],
  [deletedRecipes, 'recipe'],
  [deletedPublicKeys, 'public key'],
])

/**
 * The records that words name, each once, by one list: by id, the beginning of one, or name.
 *
 * @throws CliError with the candidates where none or several fit a word, with what else it names, and where the record
 * that it names can't be used.
 */
export async function findRecords(api: Api, of: Resource, words: readonly string[], { latest }: FindOptions): Promise<NamedRecord[]> {
  const { records, odd } = await listNamed(api, of)
  const mayBe = words.length > 1 ? indexReferences(records) : () => records
  const found = new Map<string, NamedRecord>()
  for (const word of words) {
    const named = recordsNamed(mayBe(word), word, odd)
    if (named.length === 0) await refuseOtherKind(api, of, word)
    const record = pickRecord(named.length > 0 ? named : records, word, { kind: of.one, latest, list: [...of.words.split(' '), 'list'] })
    found.set(record.id, record)
  }
  return [...found.values()]
}

/** All records of a kind that has names, and those that can't be used. */
export async function listNamed(api: Api, of: Resource): Promise<{ records: NamedRecord[]; odd: OddRecord[] }> {
  const { records, odd } = await listRecords(api, kinds.get(of)!, of)
  return {
    records: records.map((one) => ('image_root_archive_name' in one ? Object.assign(one, { name: one.image_root_archive_name }) : one)),
    odd,
  }
}

/** @throws CliError where a word that names no record of a kind names one of another. */
async function refuseOtherKind(api: Api, of: Resource, word: string): Promise<void> {
  for (const other of kinds.keys()) {
    if (other === of) continue
    const { records } = await listNamed(api, other).catch(() => ({ records: [] }))
    const [record] = recordsNamed(records, word)
    if (record)
      throw new CliError(`${JSON.stringify(word)} is ${withArticle(other.one)}, not ${withArticle(of.one)}`, {
        next: [...other.words.split(' '), 'describe', record.id],
      })
  }
}
