import { resolve } from 'node:path'
import type { WriteContext } from '../builds/build-context.ts'
import type { ImportSource } from '../builds/images-file/import-source.ts'
import type { Importer, ImporterOptions } from '../builds/importer.ts'
import { retryWhileUnavailable } from '../builds/retry-while-unavailable.ts'
import type { CommandContext } from '../context.ts'
import type { ObjectStore } from '../s3/store.ts'
import { checkContent, findContent } from './content.ts'
import { filesToUpload, foresee, performImport, type ImportContext, type ImageRequest } from './import-image.ts'
import { imagesNamed } from './named-images.ts'

/** Imports images of a file, side by side, over one connection to the S3. */
export function createImporter(context: CommandContext, { s3Endpoint, folder, dryRun, again }: ImporterOptions): Importer {
  let store: Promise<ObjectStore> | undefined
  const opening = (write: WriteContext): ImportContext => ({
    ...write,
    only: false,
    openStore: () => (store ??= context.store(s3Endpoint)),
  })
  return {
    check({ name, import: source, arch, metadata, if_exists: ifExists = 'fail' }) {
      const paths = Object.entries(source).map(([key, path]) => [key, resolve(folder, path)])
      const found = findContent(Object.fromEntries(paths) as ImportSource)
      const { files, ...content } = checkContent(found, { arch, metadata }, context.warn)
      const request: ImageRequest = { name, ...content, ...filesToUpload(files), ifExists, dryRun, s3Endpoint, again }
      return {
        arch: content.arch,
        async plan(write) {
          // Where nothing has the name, what is read of the files now would have to be read again.
          if (!dryRun && (await retryWhileUnavailable(write, () => imagesNamed(write.api, name))).length === 0) return { writes: [] }
          const { plan, writes } = await foresee(opening(write), request)
          return { writes, ...(plan.do === 'nothing' && { existing: plan.image }) }
        },
        async make(write) {
          const { image, how } = await performImport(opening(write), request)
          const text = { made: 'linked', same: 'the same is there already', skipped: 'there already' }[how]
          return { image, how: how === 'made' ? 'made' : 'kept', text }
        },
      }
    },
    close: async () => {
      await store?.then((opened) => opened.close()).catch(() => {})
    },
  }
}
