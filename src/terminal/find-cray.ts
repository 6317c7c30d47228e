import { accessSync, constants, realpathSync, statSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import type { Io } from './io.ts'

/** Set for a `cray` that we start, so that a wrapper that leads back to us doesn't do so for ever. */
export const handedOver = 'CRAY_IMS_HANDED_OVER'

/** The first `cray` on PATH that isn't this program. */
export function findOtherCray({ env, program }: Pick<Io, 'env' | 'program'>): string | undefined {
  return (env.PATH ?? '')
    .split(delimiter)
    .map((folder) => join(folder || '.', 'cray'))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK)
        return statSync(path).isFile() && realpathSync(path) !== program
      } catch {
        return false
      }
    })
}
