import type { CustomizeOptions } from '../definitions/image-builds.ts'
import type { Run } from '../context.ts'
import { buildImage, resumeBuild } from '../builds/build-image.ts'

/** Makes an image from another, in its shell or by a script, and prints its id. */
export const run: Run<CustomizeOptions, { image?: string }> = async (context, { jail, no_jail, ...options }, { image }) => {
  const { name, resume } = options
  if (resume !== undefined) return resumeBuild(context, resume, options, options)
  return buildImage(
    context,
    { ...options, name: name!, job_type: 'customize', source: image!, jail: jail ? true : no_jail ? false : undefined },
    options,
  )
}
