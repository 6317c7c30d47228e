import { CliError } from '../errors.ts'
import { deletedImages, deletedPublicKeys, deletedRecipes, images, jobs, publicKeys, recipes } from '../definitions/records.ts'
import type { Resource } from '../definitions/resource.ts'
import type { Api } from '../ims/api.ts'
import { readRecords, type Kinds } from '../ims/read-record.ts'
import { pickRecord, recordsNamed, type Referable } from '../ims/reference.ts'

/** How a word is taken that several records have. */
export interface FindOptions {
  /** The newest of them. */
  readonly latest?: boolean
}

/**
 * The record that a word names: its id, the beginning of one, or its name.
 *
 * @throws CliError with the candidates where none or several fit, and what else it names.
 */
export async function findRecord(api: Api, of: Resource, word: string, options: FindOptions = {}): Promise<Referable> {
  return (await findRecords(api, of, [word], options))[0]!
}

/** The same of several words, each once, by one list. */
export async function findRecords(api: Api, of: Resource, words: readonly string[], { latest }: FindOptions = {}): Promise<Referable[]> {
  const records = await listReferable(api, of)
  const found: Referable[] = []
  for (const word of words) {
    if (recordsNamed(records, word).length === 0) {
      const other = await namedElsewhere(api, of, word)
      if (other) throw other
    }
    found.push(pickRecord(records, word, { kind: of.one, latest, list: [...of.words.split(' '), 'list'] }))
  }
  return [...new Map(found.map((record) => [record.id, record])).values()]
}

async function listReferable(api: Api, of: Resource): Promise<Referable[]> {
  const { records } = readRecords(kindOf(of), await api.send({ method: 'GET', path: of.path }))
  return records.map(({ data }) => ('image_root_archive_name' in data ? { ...data, name: data.image_root_archive_name } : data))
}

const kindOf = ({ one }: Resource): keyof Kinds => one.replace('deleted ', '') as keyof Kinds

/** That a word which names no record of a kind names one of another. */
async function namedElsewhere(api: Api, of: Resource, word: string): Promise<CliError | undefined> {
  for (const other of [images, recipes, publicKeys, jobs, deletedImages, deletedRecipes, deletedPublicKeys]) {
    if (other === of) continue
    const [record] = await listReferable(api, other).then(
      (records) => recordsNamed(records, word),
      () => [],
    )
    if (!record) continue
    const article = /^[aeiou]/.test(other.one) ? 'an' : 'a'
    return new CliError(`${JSON.stringify(word)} is ${article} ${other.one}, not ${/^[aeiou]/.test(of.one) ? 'an' : 'a'} ${of.one}`, {
      next: [...other.words.split(' '), 'describe', record.id],
    })
  }
  return undefined
}
