import { usageError } from '../errors.ts'
import type { BuildOptions } from '../definitions/image-builds.ts'
import type { Run } from '../context.ts'
import { buildImage, resumeBuild } from '../builds/build-image.ts'
import { exactlyOne } from '../builds/exactly-one.ts'

/** Builds an image from a recipe, takes up a job, or makes the images of a file. Prints the ids of the images. */
export const run: Run<BuildOptions, { recipe?: string }> = async (context, options, { recipe }) => {
  const { name, resume, file, print_schema } = options
  if (print_schema) {
    const { imageFileSchema } = await import('../builds/images-file/schema.ts')
    await context.io.stdout.write(`${JSON.stringify(imageFileSchema(), null, 2)}\n`)
    return 0
  }
  exactlyOne({ RECIPE: recipe, '--resume': resume, '--file': file })
  if (recipe === undefined && name !== undefined) throw usageError('--name goes with a RECIPE alone.')
  if (file !== undefined) return (await import('../builds/batch/build-file.ts')).buildFile(context, file, options)
  if (resume !== undefined) return resumeBuild(context, resume, {}, options)
  if (name === undefined) throw usageError("Missing option '--name'.")
  return buildImage(context, { ...options, name, job_type: 'create', source: recipe! }, options)
}
