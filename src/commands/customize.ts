import { usageError } from '../errors.ts'
import type { InferOptions } from '../definitions/infer-options.ts'
import type { customizeOptions } from '../definitions/image-builds.ts'
import type { Run } from '../context.ts'
import { buildImage, resumeBuild } from '../builds/build-image.ts'
import { exactlyOne } from '../builds/exactly-one.ts'

type Options = InferOptions<typeof customizeOptions>

/** Makes an image from another, in its shell or by a script, and prints its id. */
export const run: Run<Options, { image?: string }> = async (context, { jail, no_jail, ...options }, { image }) => {
  const { name, resume, script, run } = options
  exactlyOne({ IMAGE: image, '--resume': resume })
  if (jail && no_jail) throw usageError("--jail and --no-jail don't go together.")
  if (script !== undefined && run !== undefined) throw usageError("--script and --run don't go together.")
  if (resume !== undefined) {
    if (name !== undefined) throw usageError('--name goes with an IMAGE alone.')
    return resumeBuild(context, resume, options, options)
  }
  if (name === undefined) throw usageError("Missing option '--name'.")
  return buildImage(
    context,
    { ...options, name, job_type: 'customize', source: image!, jail: jail ? true : no_jail ? false : undefined },
    options,
  )
}
