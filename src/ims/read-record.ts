import { CliError } from '../errors.ts'
import { toData, toValue, type Value } from '../json/value.ts'
import { withArticle } from '../text/article.ts'
import { excerpt } from '../text/printable.ts'
import { createdAt } from './created.ts'
import { isKubernetesName, isReference, isUuid } from './names.ts'
import type { Image, Job, PublicKey, Recipe } from './records.ts'
import { isObject } from '../json/is-object.ts'

/** The kinds of record that decisions are made by. */
export interface Kinds {
  job: Job
  image: Image
  recipe: Recipe
  'public key': PublicKey
}

/** What is wrong with a field's value: what it should be. Undefined for a right one. */
type Check = (value: unknown) => string | undefined

const check =
  (expected: string, isRight: (value: unknown) => boolean): Check =>
  (value) =>
    isRight(value) ? undefined : expected
const textThat = (expected: string, isRight: (text: string) => boolean) =>
  check(expected, (value) => typeof value === 'string' && isRight(value))
const optional =
  (inner: Check): Check =>
  (value) =>
    value === null || value === undefined ? undefined : inner(value)

const text = textThat('a text', () => true)
const uuid = textThat('a UUID', isUuid)
const reference = textThat('an id', isReference)
const time = textThat('a time', (written) => !Number.isNaN(createdAt({ created: written })))
const boolean = check('true or false', (value) => typeof value === 'boolean')
const number = check('a number', (value) => typeof value === 'number' && Number.isFinite(value))
const kubernetesName = textThat('a name of Kubernetes', isKubernetesName)
const arch = textThat('an architecture', (name) => /^\w{1,32}$/.test(name))
const link = check('a link with a path', (value) => isObject(value) && typeof value.path === 'string')
const containers = check(
  'a list of containers',
  (value) =>
    Array.isArray(value) &&
    value.every(
      (one) =>
        isObject(one) &&
        optional(text)(one.name) === undefined &&
        optional(boolean)(one.jail) === undefined &&
        (one.connection_info === undefined || one.connection_info === null || isObject(one.connection_info)),
    ),
)

const dictionary = check(
  'a list of keys and values',
  (value) => Array.isArray(value) && value.every((one) => isObject(one) && typeof one.key === 'string' && typeof one.value === 'string'),
)

/** What we rely on of each kind of record: what isn't optional has to be there. What else it has is shown as it came. */
const fields: Readonly<Record<keyof Kinds, Readonly<Record<string, Check>>>> = {
  job: {
    id: uuid,
    created: optional(time),
    job_type: textThat('create or customize', (type) => type === 'create' || type === 'customize'),
    status: textThat('a status', (status) => /^\w{1,64}$/.test(status)),
    artifact_id: optional(reference),
    public_key_id: optional(reference),
    image_root_archive_name: text,
    resultant_image_id: optional(reference),
    enable_debug: optional(boolean),
    build_env_size: optional(number),
    job_mem_size: optional(number),
    arch: optional(arch),
    ssh_containers: optional(containers),
    kubernetes_namespace: optional(kubernetesName),
    kubernetes_job: optional(kubernetesName),
    kubernetes_service: optional(kubernetesName),
    remote_build_node: optional(text),
  },
  image: { id: reference, created: optional(time), name: text, arch: optional(arch), link: optional(link) },
  recipe: {
    id: reference,
    created: optional(time),
    name: text,
    arch: optional(arch),
    link: optional(link),
    template_dictionary: optional(dictionary),
  },
  'public key': { id: reference, created: optional(time), name: text, public_key: text },
}

/** A record of a list that can't be used. */
export interface OddRecord {
  readonly kind: keyof Kinds
  /** Its id and name, where they can be read. */
  readonly id: string | undefined
  readonly name: string | undefined
  readonly failure: CliError
}

/**
 * A record of the service, checked; {@link sourceOf} gives it as it came.
 *
 * @param asked what was asked for, as the failure names it: `job 216038ef-…`.
 * @throws CliError that names the record and what is wrong with it.
 */
export function readRecord<K extends keyof Kinds>(kind: K, value: Value | undefined, asked: string = kind): Kinds[K] {
  const data = value === undefined ? undefined : toData(value)
  if (!isObject(data)) throw oddRecord(asked, `the answer is ${value === undefined ? 'empty' : `${described(data)}, not a record`}`)
  for (const [name, wrong] of Object.entries(fields[kind])) {
    const expected = wrong(data[name])
    if (expected !== undefined)
      throw oddRecord(
        typeof data.id === 'string' ? `${kind} ${excerpt(data.id, 60)}` : asked,
        `its ${name} is ${described(data[name])}, not ${expected}`,
      )
  }
  Object.defineProperty(data, source, { value })
  return data as unknown as Kinds[K]
}

const source = Symbol('source')

/** A checked record as the service sent it; one that was changed here as it is now. */
export function sourceOf(record: Kinds[keyof Kinds]): Value {
  return (record as { readonly [source]?: Value })[source] ?? toValue(record)
}

/**
 * The records of a list, checked; those that can't be used are apart.
 *
 * @throws CliError where the answer is no list.
 */
export function readRecords<K extends keyof Kinds>(kind: K, value: Value | undefined): { records: Kinds[K][]; odd: OddRecord[] } {
  if (!Array.isArray(value))
    throw oddRecord(`list of ${kind}s`, `the answer is ${value === undefined ? 'empty' : described(toData(value))}, not a list`)
  const records: Kinds[K][] = []
  const odd: OddRecord[] = []
  for (const item of value) {
    try {
      records.push(readRecord(kind, item))
    } catch (failure) {
      const textAt = (key: string) => {
        const found = item instanceof Map ? item.get(key) : undefined
        return typeof found === 'string' ? found : undefined
      }
      odd.push({ kind, id: textAt('id'), name: textAt(kind === 'job' ? 'image_root_archive_name' : 'name'), failure: failure as CliError })
    }
  }
  return { records, odd }
}

function oddRecord(what: string, why: string): CliError {
  return new CliError(`the service sent ${withArticle(what)} that can't be used: ${why}`)
}

function described(value: unknown): string {
  if (value === null) return 'null'
  if (value === undefined) return 'missing'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object') return 'an object'
  return typeof value === 'string' ? JSON.stringify(excerpt(value, 60)) : String(value as number | boolean)
}
