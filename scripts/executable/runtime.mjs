import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * A Bun of npm's registry, for one kind of machine.
 *
 * @typedef {{ arch: string, target: string, name: string, version: string, integrity: string }} Runtime
 */

/** @type {readonly Runtime[]} */
export const runtimes = JSON.parse(readFileSync(join(import.meta.dirname, 'runtimes.json'), 'utf8'))

/** Bun's, and those of what it contains whose texts have to come along: see licences/. */
export const runtimeLicence = 'MIT AND LGPL-2.0-only AND LGPL-2.1-only AND Apache-2.0'

/** @param {{ arch: string }} of */
export const executableName = ({ arch }) => `cray-ims-linux-${arch}`

/**
 * The runtime for this machine.
 *
 * @throws Error where there is none.
 */
export function ownRuntime() {
  const own = runtimes.find(({ arch }) => process.platform === 'linux' && process.arch === arch)
  if (!own) throw new Error('the executables are for Linux on x64 and arm64, and can only be made there')
  return own
}

/**
 * Fetches a runtime once: npm keeps it in its cache. It is no dependency, for everyone's `npm ci` would take longer.
 *
 * @param {Runtime} runtime
 * @param {(...args: string[]) => unknown} npm runs npm.
 * @param {string} work a folder to unpack it in.
 * @returns path of its program.
 * @throws Error where it can't be fetched, or isn't the one that is asked for.
 */
export function fetchRuntime({ arch, name, version, integrity }, npm, work) {
  const folder = join(work, `runtime-${arch}`)
  mkdirSync(folder)
  try {
    npm(
      'pack',
      `${name}@${version}`,
      '--prefer-offline',
      '--fetch-retries=2',
      '--fetch-retry-mintimeout=2000',
      '--pack-destination',
      folder,
    )
  } catch (error) {
    throw new Error(
      `${name}@${version}, which runs inside the executable, could not be fetched\n${String(/** @type {{ stderr?: unknown }} */ (error).stderr).split(/\n.* at /)[0]}`,
      { cause: error },
    )
  }
  const tarball = join(folder, readdirSync(folder)[0])
  const found = `sha512-${createHash('sha512').update(readFileSync(tarball)).digest('base64')}`
  if (found !== integrity) throw new Error(`${name}@${version} is not what it was: its integrity is ${found}, not ${integrity}`)
  execFileSync('tar', ['-xzf', tarball, '-C', folder, 'package/bin/bun'])
  return join(folder, 'package/bin/bun')
}
