import type { Run } from '../../context.ts'
import type { undeleteImagesOptions } from '../../definitions/deleted.ts'
import type { InferOptions } from '../../definitions/infer-options.ts'
import { deletedImages, images } from '../../definitions/records.ts'
import { CliError } from '../../errors.ts'
import type { Api } from '../../ims/api.ts'
import { updateRequest } from '../../ims/requests.ts'
import type { Image } from '../../ims/records.ts'
import type { Referable } from '../../ims/reference.ts'
import { undelete } from '../undelete.ts'

type Options = InferOptions<typeof undeleteImagesOptions>
type Arch = NonNullable<Image['arch']>

/** What the service makes of every image that it brings back. Source: the service. */
const archOfUndeleted: Arch = 'x86_64'

/** `images undelete`: brings deleted images back, by id or name, with the arch that they had: the service forgets it. */
export const run: Run<Options, { deleted_image_id: string[] }> = (context, options, { deleted_image_id: words }) =>
  undelete(context, deletedImages, words, options, (record) => {
    const arch = options.arch ?? knownArch(record)
    return async (api) => {
      if (arch !== archOfUndeleted) await restoreArch(api, record.id, arch)
      return `, ${arch}`
    }
  })

/** @throws CliError where the deleted record doesn't have it. */
function knownArch({ id, name, arch }: Referable): Arch {
  if (arch === 'x86_64' || arch === 'aarch64') return arch
  throw new CliError(`the architecture of deleted image ${name} (${id}) is not known`, {
    more: ['The service would make it x86_64. Nothing was changed.'],
    next: 'the same command with --arch aarch64 or --arch x86_64',
  })
}

async function restoreArch(api: Api, id: string, arch: Arch): Promise<void> {
  try {
    await api.send(updateRequest(images, id, new Map([['arch', arch]])))
  } catch (error) {
    if (!(error instanceof CliError)) throw error
    throw new CliError(`it is back, but its arch could not be set to ${arch}: ${error.message}`, {
      more: error.more,
      next: ['images', 'update', id, '--arch', arch],
      cause: error,
    })
  }
}
