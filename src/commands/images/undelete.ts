import type { Run } from '../../context.ts'
import type { undeleteImagesOptions } from '../../definitions/deleted.ts'
import type { InferOptions } from '../../definitions/infer-options.ts'
import { images } from '../../definitions/records.ts'
import { CliError } from '../../errors.ts'
import { encodeSegment, type Api } from '../../ims/api.ts'
import { readRecord } from '../../ims/read-record.ts'
import type { Image } from '../../ims/records.ts'
import type { Referable } from '../../ims/reference.ts'
import { undelete } from '../undelete.ts'

type Options = InferOptions<typeof undeleteImagesOptions>
type Arch = NonNullable<Image['arch']>

/** Brings deleted images back, by id or name, with the arch that they had: the service forgets it. */
export const run: Run<Options, Record<string, string[]>> = (context, options, args) =>
  undelete(context, options, args, (record) => {
    const arch = options.arch ?? knownArch(record)
    return async (api) => {
      await restoreArch(api, record.id, arch)
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
  const path = `${images.path}/${encodeSegment(id)}`
  try {
    const { data } = readRecord('image', await api.send({ method: 'GET', path }), `image ${id}`)
    if (data.arch !== arch) await api.send({ method: 'PATCH', path, body: new Map([['arch', arch]]) })
  } catch (error) {
    if (!(error instanceof CliError)) throw error
    throw new CliError(`it is back, but its arch could not be set to ${arch}: ${error.message}`, {
      more: error.more,
      next: ['images', 'update', id, '--arch', arch],
      cause: error,
    })
  }
}
