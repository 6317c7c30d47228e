import type { CliError } from '../errors.ts'
import { isMissing } from '../files/read-file.ts'
import { readSeedFile, type Seed } from './seed-file.ts'
import type { State } from './state.ts'

/** Changes that come together are written once. */
const gatherMilliseconds = 50

/**
 * The records that a state file holds; undefined where there is none yet.
 * @throws CliError when it is there and can't be read
 */
export function loadState(path: string): Seed | undefined {
  try {
    return readSeedFile(path)
  } catch (failure) {
    if (isMissing((failure as CliError).cause)) return undefined
    throw failure
  }
}

/**
 * Saves the state now and soon after changes.
 *
 * @param save writes a state file's text
 * @param failed told of a save that failed, but for the first and the last, whose failures are thrown
 * @returns saves what is left, and stops
 */
export function keepState(state: State, save: (text: string) => void, failed: (error: unknown) => void): () => void {
  let left = false
  let timer: NodeJS.Timeout | undefined
  const saveAll = () => {
    clearTimeout(timer)
    timer = undefined
    left = true
    save(`${JSON.stringify(state.records(), null, 2)}\n`)
    left = false
  }
  saveAll()
  const stop = state.onChange(() => {
    timer ??= setTimeout(() => {
      try {
        saveAll()
      } catch (error) {
        // A full disk ends no server.
        failed(error)
      }
    }, gatherMilliseconds)
  })
  return () => {
    stop()
    if (timer || left) saveAll()
  }
}
