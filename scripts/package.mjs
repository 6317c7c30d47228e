// Makes in package/ what is given to others: the npm tarball, and one executable for Linux x64 that needs no Node.
//
//   npm run package
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeExecutable } from './executable/make.mjs'
import { fetchRuntime } from './executable/runtime.mjs'

const top = join(import.meta.dirname, '..')
const out = join(top, 'package')
const work = mkdtempSync(join(tmpdir(), 'cray-ims-package-'))

/** @param {string[]} args */
const npm = (...args) => execFileSync('npm', args, { cwd: top, stdio: ['ignore', 'ignore', 'pipe'] })
const files = () => readdirSync(out).sort()

try {
  // What is left there from an older build would be taken for this one's.
  rmSync(out, { recursive: true, force: true })
  mkdirSync(out)
  npm('pack', '--pack-destination', out)
  const [tarball] = files()

  if (process.platform !== 'linux' || process.arch !== 'x64') throw new Error('the executable is for Linux x64, and can only be made there')
  const runtime = fetchRuntime(npm, work)
  execFileSync('tar', ['-xzf', join(out, tarball), '-C', work])
  makeExecutable(join(out, 'cray-ims'), { runtime: runtime.program, unpacked: join(work, 'package'), work })
  const notices = [join(top, 'LICENSE'), join(work, 'package/dist/LICENCES.txt'), runtime.licence]
  writeFileSync(
    join(out, 'LICENCES.txt'),
    notices.map((path) => readFileSync(path, 'utf8').trim()).join(`\n\n${'-'.repeat(80)}\n\n`) + '\n',
  )

  const sums = files().map(
    (name) =>
      `${createHash('sha256')
        .update(readFileSync(join(out, name)))
        .digest('hex')}  ${name}\n`,
  )
  writeFileSync(join(out, 'SHA256SUMS'), sums.join(''))
  for (const name of files()) console.log(`${(statSync(join(out, name)).size / 1e6).toFixed(1).padStart(6)} MB  package/${name}`)
} catch (error) {
  console.error(`npm run package: ${/** @type {Error} */ (error).message}`)
  process.exitCode = 1
} finally {
  rmSync(work, { recursive: true, force: true })
}
