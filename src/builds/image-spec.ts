import { nameTrouble } from '../ims/pasted-text.ts'
import type { Job } from '../ims/records.ts'
import type { InferOptions } from '../definitions/infer-options.ts'
import { optionKey } from '../definitions/definition.ts'
import { excerpt } from '../text/printable.ts'
import type { imageKeys } from '../definitions/image-builds.ts'
import { initrd, kernel, kernelParameters } from '../definitions/records.ts'

type Keys = InferOptions<typeof imageKeys.recipe> & InferOptions<typeof imageKeys.base>

/** An image that is to be made, as its user ordered it. */
export interface ImageSpec extends Omit<Keys, 'jail'> {
  /** Of the image that is made. */
  readonly name: string
  readonly job_type: Job['job_type']
  /** The recipe (create) or image (customize) that it is made from: an id or a name. */
  readonly source: string
  /** Undefined where the user didn't say. */
  readonly jail?: boolean
}

/** A key of an order whose value the service could not work with. */
export interface SpecProblem {
  /** As on the command line: `--name`. */
  flag: string
  why: string
}

/** What is wrong with an order, or a part of one, by itself. */
export function specProblems(order: Partial<ImageSpec>): SpecProblem[] {
  const files = [initrd, kernel, kernelParameters].map((row) => [row.flag, order[optionKey(row) as keyof ImageSpec]] as const)
  return [['--name', order.name] as const, ...files].flatMap(([flag, name]): SpecProblem[] => {
    const why = typeof name === 'string' ? nameTrouble(name) : undefined
    return why === undefined
      ? []
      : [{ flag, why: `the service can't work with the name ${JSON.stringify(excerpt(name as string, 60))}: ${why}` }]
  })
}
