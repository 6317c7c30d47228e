import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** What has the sums of all files beside it. */
export const sumsFile = 'SHA256SUMS'
/** Its signature, by GnuPG. */
export const signatureFile = `${sumsFile}.asc`

/**
 * The files in a folder that are given to others, in order, but for the sums and their signature.
 *
 * @param {string} folder
 */
export const filesIn = (folder) =>
  readdirSync(folder)
    .filter((name) => name !== sumsFile && name !== signatureFile)
    .sort()

/** @param {string} path */
export const sha256 = (path) => createHash('sha256').update(readFileSync(path)).digest('hex')

/**
 * Writes the sums of all files in a folder beside them, and says how large each is.
 *
 * @param {string} folder
 */
export function writeSums(folder) {
  const names = filesIn(folder)
  writeFileSync(join(folder, sumsFile), names.map((name) => `${sha256(join(folder, name))}  ${name}\n`).join(''))
  // That was of other sums.
  rmSync(join(folder, signatureFile), { force: true })
  for (const name of names) console.log(`${(statSync(join(folder, name)).size / 1e6).toFixed(1).padStart(6)} MB  package/${name}`)
}
