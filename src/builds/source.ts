import { CliError } from '../errors.ts'
import { candidateLines, pickRecord, recordsNamed } from '../ims/reference.ts'
import type { Image, Recipe } from '../ims/records.ts'
import type { Inventory } from './inventory.ts'
import type { ImageSpec } from './image-spec.ts'

/**
 * The recipe or image that an order means: by id, the beginning of one, or name.
 *
 * @throws CliError with the candidates where none or several fit, and for one that has no artifact yet.
 */
export function findSource(
  { recipes, images, odd }: Inventory,
  order: Pick<ImageSpec, 'job_type' | 'source' | 'arch' | 'latest'>,
): Recipe | Image {
  const [kind, records]: ['recipe' | 'image', readonly (Recipe | Image)[]] =
    order.job_type === 'create' ? ['recipe', recipes] : ['image', images]
  const { source, arch } = order
  const named = recordsNamed(records, source)
  const list = [`${kind}s`, 'list']
  const unusable = odd.find((record) => record.kind === kind && (record.id === source || record.name === source))
  if (unusable && !named.some(({ id }) => id === source)) throw unusable.failure
  const found = named.filter((record) => arch === undefined || record.arch === arch)
  if (named.length > 0 && found.length === 0)
    throw new CliError(`${kind} ${source} is not for ${arch}`, { more: candidateLines(named), next: list })
  const picked = pickRecord<Recipe | Image>(found.length > 0 ? found : records, source, { kind, latest: order.latest, list })
  if (!picked.link)
    throw new CliError(`${kind} ${source} has no link: its archive was never uploaded`, {
      more: candidateLines([picked]),
      next: [`${kind}s`, 'describe', picked.id],
    })
  return picked
}
