import { existsSync, lstatSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import process from 'node:process'
import { Failure } from '../errors.ts'
import { readSeedFile, type Seed } from './seed-file.ts'
import type { State } from './state.ts'

/** Changes that come together are written once. */
const gatherMilliseconds = 50

/**
 * The records that a state file holds; undefined where there is none yet.
 * @throws Failure when it is there and can't be read, or may have been put there by somebody else
 */
export function loadState(path: string): Seed | undefined {
  if (isPlanted(path)) {
    throw new Failure(`${path} belongs to another user`, {
      more: ['They could read all that it will hold, and get into the shells of its jobs.', 'Keep it in a folder that only you can write to.'],
      next: 'cray-ims mock --state FILE',
    })
  }
  return existsSync(path) ? readSeedFile(path) : undefined
}

/** Whether a file, or a link, is somebody else's in a folder that anybody may write to. */
function isPlanted(path: string): boolean {
  const file = lstatSync(path, { throwIfNoEntry: false })
  if (!file || [0, process.getuid?.()].includes(file.uid)) return false
  return (statSync(dirname(path)).mode & 0o002) !== 0
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
