import { existsSync, renameSync, writeFileSync } from 'node:fs'
import process, { pid } from 'node:process'
import { Failure } from '../errors.ts'
import { readSeedFile, type Seed } from './seed-file.ts'
import type { State } from './state.ts'

/** Changes that come together are written once. */
const gatherMilliseconds = 50

/**
 * The records that a state file holds; undefined where there is none yet.
 * @throws Failure when it is there and can't be read
 */
export function loadState(path: string): Seed | undefined {
  return existsSync(path) ? readSeedFile(path) : undefined
}

/**
 * Writes the state to a file now and after changes, each time as a whole: a reader never sees half of it.
 * @returns writes what is left, and stops
 * @throws Failure when the file can't be written
 */
export function keepState(path: string, state: State): () => void {
  let timer: NodeJS.Timeout | undefined
  const save = () => {
    clearTimeout(timer)
    timer = undefined
    writeWhole(path, `${JSON.stringify(state.records(), null, 2)}\n`)
  }
  save()
  const stop = state.onChange(() => {
    timer ??= setTimeout(() => {
      try {
        save()
      } catch (error) {
        process.emitWarning(error as Error)
      }
    }, gatherMilliseconds)
  })
  return () => {
    stop()
    if (timer) save()
  }
}

/**
 * Writes a file so that it is there with all of its text, or as it was before.
 * @throws Failure when it can't be written
 */
export function writeWhole(path: string, text: string): void {
  const beside = `${path}.${pid}.tmp`
  try {
    writeFileSync(beside, text, { mode: 0o600 })
    renameSync(beside, path)
  } catch (cause) {
    throw new Failure(`Can't write ${path}`, { more: [(cause as Error).message], cause })
  }
}
