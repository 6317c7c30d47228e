// Makes in package/ what is given to others: the npm tarball, and executables for Linux that need no Node. The same files
// give the same bytes.
//
//   npm run package
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { component } from './bill-of-materials.mjs'
import { copyCheckout } from './copy-checkout.mjs'
import { bundleForExecutables, makeExecutable } from './executable/make.mjs'
import { executableName, ownRuntime, runtimeLicence } from './executable/runtime.mjs'
import { fetchRuntime, runtimes } from './runtimes.mjs'
import { writeSums } from './sums.mjs'

const top = join(import.meta.dirname, '..')
const out = join(top, 'package')
const licences = join(import.meta.dirname, 'executable/licences')
const runtimeLicences = ['Bun.txt', 'LGPL-2.txt', 'LGPL-2.1.txt', 'Apache-2.0.txt'].map((name) => join(licences, name))
const work = mkdtempSync(join(tmpdir(), 'cray-ims-package-'))

/**
 * @param {string} checkout
 * @param {string} to a folder.
 * @returns the tarball.
 */
function pack(checkout, to) {
  execFileSync('npm', ['pack', '--pack-destination', to], { cwd: checkout, stdio: ['ignore', 'ignore', 'pipe'] })
  const name = readdirSync(to).find((file) => file.endsWith('.tgz'))
  return readFileSync(join(to, /** @type {string} */ (name)))
}

/** Builds and packs once more, elsewhere. */
function packCopy() {
  const [checkout, to] = [join(work, 'another/checkout'), join(work, 'another/package')]
  copyCheckout(checkout)
  mkdirSync(to)
  return pack(checkout, to)
}

/**
 * @param {string} what
 * @param {Buffer} one
 * @param {Buffer} other
 * @throws Error where they differ.
 */
function requireSame(what, one, other) {
  if (!one.equals(other)) throw new Error(`the same files gave two ${what} that differ`)
}

try {
  // What is left there from an older build would be taken for this one's.
  rmSync(out, { recursive: true, force: true })
  mkdirSync(out)
  requireSame('npm packages', pack(top, out), packCopy())

  const own = ownRuntime()
  const programs = new Map(runtimes.bun.map((runtime) => [runtime, fetchRuntime('bun', runtime, work)]))
  const bun = /** @type {string} */ (programs.get(own))
  const launcher = await bundleForExecutables(join(work, 'bundle'))
  for (const [{ arch, target }, runtime] of programs)
    makeExecutable(join(out, executableName({ arch })), { launcher, bun, runtime, target })
  const name = executableName(own)
  const again = join(work, name)
  makeExecutable(again, {
    launcher: await bundleForExecutables(join(work, 'another/bundle')),
    bun,
    runtime: bun,
    target: own.target,
  })
  requireSame('executables', readFileSync(again), readFileSync(join(out, name)))
  const notices = [join(top, 'LICENSE'), join(top, 'dist/LICENCES.txt'), ...runtimeLicences]
  writeFileSync(
    join(out, 'LICENCES.txt'),
    notices.map((path) => readFileSync(path, 'utf8').trim()).join(`\n\n${'-'.repeat(80)}\n\n`) + '\n',
  )

  const sbom = JSON.parse(readFileSync(join(top, 'dist/sbom.json'), 'utf8'))
  sbom.components.push(...runtimes.bun.map((runtime) => component({ ...runtime, license: runtimeLicence })))
  writeFileSync(join(out, 'sbom.json'), `${JSON.stringify(sbom, null, 2)}\n`)

  writeSums(out)
} catch (error) {
  console.error(`npm run package: ${/** @type {Error} */ (error).message}`)
  process.exitCode = 1
} finally {
  rmSync(work, { recursive: true, force: true })
}
