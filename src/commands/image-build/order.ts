import type { Job } from '../../ims/records.ts'
import { isYamlName } from '../../ims/yaml-name.ts'
import type { OptionsOf } from '../../spec/given.ts'
import { optionKey } from '../../spec/rows.ts'
import { imageKeys } from '../../spec/image-builds.ts'
import { initrd, kernel } from '../../spec/records.ts'

type Keys = OptionsOf<typeof imageKeys.recipe> & OptionsOf<typeof imageKeys.base>

/** An image that is to be made, as its user ordered it. */
export interface ImageOrder extends Omit<Keys, 'jail'> {
  /** Of the image that is made. */
  readonly name: string
  readonly job_type: Job['job_type']
  /** The recipe (create) or image (customize) that it is made from: an id or a name. */
  readonly source: string
  /** Undefined where the user didn't say. */
  readonly jail?: boolean
}

/** A key of an order whose value the service could not work with. */
export interface OrderTrouble {
  /** As on the command line: `--name`. */
  flag: string
  why: string
}

/** What is wrong with an order by itself. */
export function orderTroubles(order: ImageOrder): OrderTrouble[] {
  const names = [['--name', order.name], ...[initrd, kernel].map((row) => [row.flag, order[optionKey(row) as 'initrd_file_name']])] as const
  const unsafe = names.filter(([, name]) => name !== undefined && !isYamlName(String(name)))
  const troubles = unsafe.map(([flag, name]) => ({ flag: flag!, why: `the service can't work with the name ${JSON.stringify(name)}: it pastes names into YAML, which reads this one as something else` }))
  if (order.script !== undefined && order.run !== undefined) troubles.push({ flag: '--run', why: "a script and a command don't go together" })
  return troubles
}
