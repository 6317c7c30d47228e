import { usageFailure } from '../errors.ts'
import type { OptionsOf } from '../definitions/infer-options.ts'
import type { customizeOptions } from '../definitions/image-builds.ts'
import type { Run } from '../context.ts'
import { makeImage, resumeImage } from '../builds/build-image.ts'
import { oneOf } from '../builds/exactly-one.ts'

type Options = OptionsOf<typeof customizeOptions>

/** Makes an image from another, in its shell or by a script, and prints its id. */
export const run: Run<Options, { image?: string }> = async (app, { jail, no_jail, ...options }, { image }) => {
  const { name, resume, script, run } = options
  oneOf({ IMAGE: image, '--resume': resume })
  if (jail && no_jail) throw usageFailure("--jail and --no-jail don't go together.")
  if (script !== undefined && run !== undefined) throw usageFailure("--script and --run don't go together.")
  if (resume !== undefined) {
    if (name !== undefined) throw usageFailure('--name goes with an IMAGE alone.')
    return resumeImage(app, resume, options, options)
  }
  if (name === undefined) throw usageFailure("Missing option '--name'.")
  return makeImage(app, { ...options, name, job_type: 'customize', source: image!, jail: jail ? true : no_jail ? false : undefined }, options)
}
