// Makes all that a release consists of, and publishes nothing.
//
//   npm run release
//   GPGKEY=KEY npm run release    (signs the sums: any name by which GnuPG finds a secret key; it asks for a passphrase itself)
import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { signatureFile, sumsFile } from './sums.mjs'

const top = join(import.meta.dirname, '..')
/** @type {{ name: string, version: string }} */
const { name, version } = JSON.parse(readFileSync(join(top, 'package.json'), 'utf8'))
const key = process.env.GPGKEY
const out = join(top, 'package')

/** @param {string[]} args */
const git = (...args) => execFileSync('git', args, { cwd: top, encoding: 'utf8' }).trim()

/**
 * Runs a step with its output.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv }} [options]
 * @throws Error that names the step, where it fails.
 */
function step(command, args, options = {}) {
  console.log(`\n> ${[command, ...args].join(' ')}`)
  const { status, signal, error } = spawnSync(command, args, { cwd: top, stdio: 'inherit', ...options })
  if (status !== 0) throw new Error(`${[command, ...args].join(' ')}: ${error?.message ?? signal ?? `exit code ${status}`}`)
}

/** @param {string} why */
function requireClean(why) {
  const changed = git('status', '--porcelain')
  if (changed !== '') throw new Error(`${why}; commit or remove these first:\n${changed}`)
}

/**
 * @param {string} file
 * @param {string} to
 */
function sign(file, to) {
  try {
    step('gpg', ['--batch', '--yes', '--armor', `--local-user=${key}`, '--output', to, '--detach-sign', file])
  } catch (cause) {
    throw new Error(`GPGKEY=${key} can't sign (gpg --list-secret-keys has the keys that could): ${/** @type {Error} */ (cause).message}`, {
      cause,
    })
  }
}

try {
  requireClean('a release is made of what is committed')
  if (git('tag', '--list', `v${version}`) !== '')
    throw new Error(`v${version} is tagged already; raise the version: npm version --no-git-tag-version VERSION`)
  // Rather than after all tests.
  if (key) sign('package.json', '/dev/null')
  step('npm', ['ci'])
  step('npm', ['run', 'generate'])
  requireClean('the table has changed what is generated')
  // Packages first, then checks, and tests what was packaged. In CI nothing is skipped.
  const env = { ...process.env, CI: 'true', CRAY_IMS_EVERY_CASE: '1' }
  step('npm', ['test'], { env })
  step('npm', ['run', 'test:executable'], { env })
  // What was tested is what was packaged; the next steps write the sums again.
  step('sha256sum', ['--check', '--strict', sumsFile], { cwd: out })
  step('npm', ['run', 'package:system'])
  requireClean('the tests have changed files')
  step(process.execPath, ['scripts/provenance.mjs'])
  if (key) {
    sign(join(out, sumsFile), join(out, signatureFile))
    step('gpg', ['--verify', signatureFile, sumsFile], { cwd: out })
  }

  const dated = new RegExp(`^## ${version.replaceAll('.', '\\.')} - \\d{4}-\\d\\d-\\d\\d$`, 'm').test(
    readFileSync(join(top, 'CHANGELOG.md'), 'utf8'),
  )
  const first = dated ? [] : [`date "## ${version}" in CHANGELOG.md, commit it, and run this again`]
  const next = [
    ...first,
    `git tag --annotate v${version} --message '${name} ${version}' && git push origin v${version}`,
    `npm publish package/${name}-${version}.tgz`,
    'attach all files in package/ to the release of that tag, with its section of CHANGELOG.md',
  ]
  console.log(
    `\n${name} ${version} of ${git('rev-parse', '--short', 'HEAD')} is in package/. Nothing is published. Next:\n${next.map((line, at) => `  ${at + 1}. ${line}`).join('\n')}`,
  )
} catch (error) {
  console.error(`npm run release: ${error instanceof Error ? error.message : error}`)
  process.exitCode = 1
}
