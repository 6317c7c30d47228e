import { printMade } from '../../builds/print-made.ts'
import { findLinked } from '../../builds/source.ts'
import type { CommandContext } from '../../context.ts'
import { renameOptions } from '../../definitions/image-copies.ts'
import type { InferOptions } from '../../definitions/infer-options.ts'
import { lineOf } from '../../definitions/option-words.ts'
import { copyOf } from '../../images/copy-image.ts'
import { importImage } from '../../images/import-image.ts'
import { deletionOf, findRenamed, refuseUsed, whatToChange } from '../../images/rename-image.ts'
import type { Api } from '../../ims/api.ts'
import { listRecords } from '../../ims/fetch-records.ts'
import { recordsNamed } from '../../ims/reference.ts'
import type { ObjectStore } from '../../s3/store.ts'
import { newNameOf } from '../new-name.ts'

type Options = InferOptions<typeof renameOptions>

/** `images rename`: an image of another name in place of one; the service can't change the name of a record. */
export async function run(context: CommandContext, options: Options, args: { image: string; new_name?: string }): Promise<number> {
  const name = newNameOf(options, args)
  const api = await context.api()
  const { records, odd } = await listRecords(api, 'image')
  if (recordsNamed(records, args.image, odd).length === 0) {
    const renamed = await renamedBefore(context, api, options, { word: args.image, name })
    if (renamed !== undefined) return renamed
  }
  const image = findLinked('image', records, odd, { source: args.image, arch: options.arch, latest: options.latest })
  if (image.name === name) {
    if (!context.global.quiet) context.warn(`Image ${image.id} is called that: nothing is changed`)
    return printMade(context, image)
  }
  await refuseUsed(api, image)
  for (const line of options.dry_run ? whatToChange(image) : []) context.warn(line)
  return importImage(context, {
    ...copyOf(image),
    name,
    ifExists: 'fail',
    nextIfTaken: 'choose another --name',
    afterwards: deletionOf(image),
    dryRun: options.dry_run ?? false,
    s3Endpoint: options.s3_endpoint,
    // By its id: it is the same one next time.
    again: ['images', 'rename', image.id, ...lineOf(renameOptions, { ...options, name, arch: undefined, latest: undefined })],
  })
}

/** Prints what another run has made that ended once the old image was deleted; undefined where there is none. */
async function renamedBefore(
  context: CommandContext,
  api: Api,
  options: Options,
  { word, name }: { word: string; name: string },
): Promise<number | undefined> {
  let store: Promise<ObjectStore> | undefined
  try {
    const found = await findRenamed(api, () => (store ??= context.store(options.s3_endpoint)), word, name)
    if (!found) return undefined
    if (!context.global.quiet) context.warn(`Image ${found.old.id} was renamed before, and is deleted`)
    return await printMade(context, found.image)
  } finally {
    await (await store)?.close()
  }
}
