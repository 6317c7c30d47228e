import { existsSync } from 'node:fs'
import process from 'node:process'
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
 * Saves the state now and soon after changes.
 *
 * @param save writes a state file's text
 * @returns saves what is left, and stops
 * @throws whatever the first save throws
 */
export function keepState(state: State, save: (text: string) => void): () => void {
  let timer: NodeJS.Timeout | undefined
  const saveAll = () => {
    clearTimeout(timer)
    timer = undefined
    save(`${JSON.stringify(state.records(), null, 2)}\n`)
  }
  saveAll()
  const stop = state.onChange(() => {
    timer ??= setTimeout(() => {
      try {
        saveAll()
      } catch (error) {
        // A full disk ends no server; the last save, at the end, fails aloud.
        process.emitWarning(error as Error)
      }
    }, gatherMilliseconds)
  })
  return () => {
    stop()
    if (timer) saveAll()
  }
}
