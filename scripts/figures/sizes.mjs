import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** @param {string} folder @returns {string[]} */
const filesBelow = (folder) =>
  readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))

/** @param {readonly string[]} files */
const sum = (files) => files.reduce((bytes, file) => bytes + statSync(file).size, 0)

/**
 * How large what is given to others is.
 *
 * @param {string} top
 * @param {{ executable: string, bun: string | undefined }} programs
 * @returns {[name: string, bytes: number][]}
 */
export function sizesOf(top, { executable, bun }) {
  const packages = join(top, 'package')
  const names = existsSync(packages) ? readdirSync(packages) : []
  /** @param {RegExp} pattern @returns {[string, number][]} */
  const made = (pattern) => names.filter((name) => pattern.test(name)).map((name) => [`\`${name}\``, statSync(join(packages, name)).size])
  const systemPackages = made(/^cray-ims[-_]\d.*\.(rpm|deb)$/)
  // They are compressed so, too, and it takes a minute.
  const isCompressed = systemPackages.length === 0 && existsSync(executable) && spawnSync('xz', ['--version']).status === 0
  return [
    ...made(/\.tgz$/),
    ['`dist/`, with types', sum(filesBelow(join(top, 'dist')))],
    ...made(/-linux-\w+$/),
    ...(bun ? [/** @type {[string, number]} */ (['of which Bun', statSync(bun).size])] : []),
    ...(isCompressed ? [/** @type {[string, number]} */ (['the executable under `xz`', compressed(executable)])] : []),
    ...systemPackages,
  ]
}

/** @param {string} path */
const compressed = (path) => Number(execFileSync('sh', ['-c', 'xz --threads=0 --stdout "$1" | wc -c', 'sh', path], { encoding: 'utf8' }))

/**
 * What of the sources is newer than what was built or packaged of them; undefined where that is all of today's.
 *
 * @param {string} top
 */
export function staleBuild(top) {
  const packages = join(top, 'package')
  const made = [
    join(top, 'dist/main.js'),
    ...(existsSync(packages) ? readdirSync(packages) : [])
      .filter((name) => /\.(tgz|rpm|deb)$|-linux-/.test(name))
      .map((name) => join(packages, name)),
  ]
  if (!existsSync(made[0])) return 'dist/ is missing'
  const oldest = Math.min(...made.map((file) => statSync(file).mtimeMs))
  return filesBelow(join(top, 'src')).find((file) => statSync(file).mtimeMs > oldest)
}
