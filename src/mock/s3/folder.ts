import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { startKeeper, type Keeper } from '../keeper.ts'

const temporary = () => mkdtempSync(join(tmpdir(), 'cray-ims-mock-s3-'))

/** The folder of the objects, and what removes it where it is ours. */
export function objectsFolder(given: string | (() => string) | undefined): { path: () => string; remove(): void } {
  if (given !== undefined) return { path: () => (typeof given === 'string' ? given : given()), remove() {} }
  let made: string | undefined
  const remove = () => {
    process.off('exit', remove)
    if (made !== undefined) rmSync(made, { recursive: true, force: true })
  }
  return {
    path() {
      made = temporary()
      process.once('exit', remove)
      return made
    },
    remove,
  }
}

/** A temporary folder, made where it is first needed, that goes with this process however it ends. */
export function keptFolder(): { path: () => string; remove(): Promise<void> | undefined } {
  let keeper: Keeper | undefined
  return {
    path() {
      const folder = temporary()
      keeper = startKeeper(folder)
      return folder
    },
    remove: () => keeper?.end(),
  }
}
