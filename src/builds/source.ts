import { CliError } from '../errors.ts'
import { candidateLines, pickRecord, recordsNamed } from '../ims/reference.ts'
import type { OddRecord } from '../ims/read-record.ts'
import type { Image, Recipe } from '../ims/records.ts'
import type { Inventory } from './inventory.ts'
import type { ImageSpec } from './image-spec.ts'

/** How a recipe or image is named. */
type SourceChoice = Pick<ImageSpec, 'source' | 'arch' | 'latest'>

/**
 * The recipe or image that an order means.
 *
 * @throws CliError as {@link findLinked}.
 */
export function findSource({ recipes, images, odd }: Inventory, order: Pick<ImageSpec, 'job_type'> & SourceChoice): Recipe | Image {
  return order.job_type === 'create' ? findLinked('recipe', recipes, odd, order) : findLinked('image', images, odd, order)
}

/**
 * A recipe or image as {@link findChosen} finds it, that can be built from.
 *
 * @throws CliError also for one that has no artifact yet.
 */
export function findLinked<R extends Recipe | Image>(
  kind: 'recipe' | 'image',
  records: readonly R[],
  odd: readonly OddRecord[],
  choice: SourceChoice,
): R {
  const picked = findChosen(kind, records, odd, choice)
  if (picked.link) return picked
  throw new CliError(`${kind} ${choice.source} has no link: its archive was never uploaded`, {
    more: candidateLines([picked]),
    next: [`${kind}s`, 'describe', picked.id],
  })
}

/**
 * A recipe or image by its id, the beginning of one, or its name.
 *
 * @throws CliError with the candidates where none or several fit.
 */
export function findChosen<R extends Recipe | Image>(
  kind: 'recipe' | 'image',
  records: readonly R[],
  allOdd: readonly OddRecord[],
  { source, arch, latest }: SourceChoice,
): R {
  const odd = allOdd.filter((record) => record.kind === kind)
  const named = recordsNamed(records, source, odd)
  const list = [`${kind}s`, 'list']
  const found = named.filter((record) => arch === undefined || record.arch === arch)
  if (named.length > 0 && found.length === 0)
    throw new CliError(`${kind} ${source} is not for ${arch}`, { more: candidateLines(named), next: list })
  return pickRecord(found.length > 0 ? found : records, source, { kind, latest, list })
}
