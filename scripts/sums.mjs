import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const file = 'SHA256SUMS'

/**
 * Writes the sums of all files in a folder beside them, and says how large each is.
 *
 * @param {string} folder
 */
export function writeSums(folder) {
  const names = readdirSync(folder)
    .filter((name) => name !== file)
    .sort()
  const sum = (/** @type {string} */ name) =>
    createHash('sha256')
      .update(readFileSync(join(folder, name)))
      .digest('hex')
  writeFileSync(join(folder, file), names.map((name) => `${sum(name)}  ${name}\n`).join(''))
  for (const name of names) console.log(`${(statSync(join(folder, name)).size / 1e6).toFixed(1).padStart(6)} MB  package/${name}`)
}
