import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * A program of npm's registry, for one kind of machine.
 *
 * @typedef {{ arch: string, name: string, version: string, integrity: string }} Runtime
 */

/**
 * Bun, which the executables consist of, and each Node that the tests run with, oldest first.
 *
 * @type {{ readonly bun: readonly (Runtime & { target: string })[], readonly node: readonly Runtime[] }}
 */
export const runtimes = JSON.parse(readFileSync(join(import.meta.dirname, 'runtimes.json'), 'utf8'))

/**
 * Those for this machine.
 *
 * @template {Runtime} R
 * @param {readonly R[]} all
 */
export const forThisMachine = (all) => all.filter(({ arch }) => process.platform === 'linux' && process.arch === arch)

/**
 * Fetches a runtime once: npm keeps it in its cache. It is no dependency, for everyone's `npm ci` would take longer.
 *
 * @param {'bun' | 'node'} program
 * @param {Runtime} runtime
 * @param {string} work a folder to unpack it in.
 * @returns path of its program.
 * @throws Error where it can't be fetched, or isn't the one that is asked for.
 */
export function fetchRuntime(program, { name, version, integrity }, work) {
  const folder = join(work, `${name.replace('/', '-')}-${version}`)
  mkdirSync(folder)
  const patience = ['--prefer-offline', '--fetch-retries=2', '--fetch-retry-mintimeout=2000']
  try {
    execFileSync('npm', ['pack', `${name}@${version}`, ...patience, '--pack-destination', folder], {
      cwd: import.meta.dirname,
      stdio: ['ignore', 'ignore', 'pipe'],
    })
  } catch (error) {
    throw new Error(
      `${name}@${version} could not be fetched\n${String(/** @type {{ stderr?: unknown }} */ (error).stderr).split(/\n.* at /)[0]}`,
      { cause: error },
    )
  }
  const tarball = join(folder, readdirSync(folder)[0])
  const found = `sha512-${createHash('sha512').update(readFileSync(tarball)).digest('base64')}`
  if (found !== integrity) throw new Error(`${name}@${version} is not what it was: its integrity is ${found}, not ${integrity}`)
  execFileSync('tar', ['-xzf', tarball, '-C', folder, `package/bin/${program}`])
  return join(folder, 'package/bin', program)
}
