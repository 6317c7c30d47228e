import type { BuildOptions } from '../definitions/image-builds.ts'
import type { Run } from '../context.ts'
import { buildImage, resumeBuild } from '../builds/build-image.ts'

/** Builds an image from a recipe, takes up a job, or makes the images of a file. Prints the ids of the images. */
export const run: Run<BuildOptions, { recipe?: string }> = async (context, options, { recipe }) => {
  const { name, resume, file, print_schema } = options
  if (print_schema) {
    const { imageFileSchema } = await import('../builds/images-file/schema.ts')
    await context.io.stdout.write(`${JSON.stringify(imageFileSchema(), null, 2)}\n`)
    return 0
  }
  if (file !== undefined) {
    const { buildFile } = await import('../builds/batch/build-file.ts')
    return buildFile(context, file, options, async (how) => (await import('../images/importer.ts')).createImporter(context, how))
  }
  if (resume !== undefined) return resumeBuild(context, resume, {}, options)
  return buildImage(context, { ...options, name: name!, job_type: 'create', source: recipe! }, options)
}
