import { CliError } from '../errors.ts'
import { createdAt } from '../ims/created.ts'
import type { Image, Recipe } from '../ims/records.ts'
import type { Inventory } from './inventory.ts'
import type { ImageSpec } from './image-spec.ts'

/**
 * The recipe or image that an order means: by id or name.
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
  const byId = records.filter(({ id }) => id === source)
  const named = byId.length > 0 ? byId : records.filter(({ name }) => name === source)
  const found = named.filter((record) => arch === undefined || record.arch === arch)
  const list = [`${kind}s`, 'list']
  const unusable = odd.find((record) => record.kind === kind && (record.id === source || record.name === source))
  if (unusable && byId.length === 0) throw unusable.failure
  if (named.length === 0) {
    const near = records.filter(({ name }) => name.includes(source) || source.includes(name))
    throw new CliError(`there is no ${kind} ${source}`, {
      more: near.length > 0 ? ['These are near:', ...near.map(candidate)] : [],
      next: list,
    })
  }
  if (found.length === 0) throw new CliError(`${kind} ${source} is not for ${arch}`, { more: named.map(candidate), next: list })
  if (found.length > 1 && !order.latest) {
    throw new CliError(`${source} is the name of ${found.length} ${kind}s`, {
      more: found.map(candidate),
      next: 'name one by its id, or narrow them by --arch or --latest',
    })
  }
  const [newest] = found.toSorted((one, other) => createdAt(other) - createdAt(one))
  if (!newest!.link)
    throw new CliError(`${kind} ${source} has no link: its archive was never uploaded`, {
      more: [candidate(newest!)],
      next: [`${kind}s`, 'describe', newest!.id],
    })
  return newest!
}

/** A recipe or image in a list to choose from. */
export function candidate({ id, name, arch, created }: Recipe | Image): string {
  return `  ${id}  ${created}  ${arch}  ${name}`
}
