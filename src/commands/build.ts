import { usageFailure } from '../errors.ts'
import type { BuildOptions } from '../definitions/image-builds.ts'
import type { Run } from '../context.ts'
import { makeImage, resumeImage } from '../builds/build-image.ts'
import { oneOf } from '../builds/exactly-one.ts'

/** Builds an image from a recipe, takes up a job, or makes the images of a file. Prints the ids of the images. */
export const run: Run<BuildOptions, { recipe?: string }> = async (app, options, { recipe }) => {
  const { name, resume, file, print_schema } = options
  if (print_schema) {
    const { imageFileSchema } = await import('../builds/images-file/schema.ts')
    await app.io.stdout.write(`${JSON.stringify(imageFileSchema(), null, 2)}\n`)
    return 0
  }
  oneOf({ RECIPE: recipe, '--resume': resume, '--file': file })
  if (recipe === undefined && name !== undefined) throw usageFailure("--name goes with a RECIPE alone.")
  if (file !== undefined) return (await import('../builds/batch/build-file.ts')).buildFile(app, file, options)
  if (resume !== undefined) return resumeImage(app, resume, {}, options)
  if (name === undefined) throw usageFailure("Missing option '--name'.")
  return makeImage(app, { ...options, name, job_type: 'create', source: recipe! }, options)
}
