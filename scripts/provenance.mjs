// Writes package/provenance.json: of what, and with what, the files beside it were made, as SLSA's provenance in a statement of
// in-toto. It has no time and no path: the same commit and tools give the same bytes.
//
//   node scripts/provenance.mjs    (a step of npm run release)
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { packageUrl } from './bill-of-materials.mjs'
import { runtimes } from './runtimes.mjs'
import { filesIn, sha256, writeSums } from './sums.mjs'

const top = join(import.meta.dirname, '..')
const out = join(top, 'package')
const file = 'provenance.json'
/** @type {{ name: string, repository?: { url: string } }} */
const { name, repository } = JSON.parse(readFileSync(join(top, 'package.json'), 'utf8'))

/** @param {string[]} line */
const output = ([command, ...args]) => execFileSync(command, args, { cwd: top, encoding: 'utf8' }).trim()
/** @param {string} program */
const versionOf = (program) => /\d[\w.+~-]*/.exec(output([program, '--version']))?.[0]

const source = { name: 'source', uri: repository?.url, digest: { gitCommit: output(['git', 'rev-parse', 'HEAD']) } }
const libraries = { name: 'package-lock.json', digest: { sha256: sha256(join(top, 'package-lock.json')) } }
const programs = runtimes.bun.map((runtime) => ({
  uri: packageUrl(runtime),
  digest: { sha512: Buffer.from(runtime.integrity.replace('sha512-', ''), 'base64').toString('hex') },
}))
const statement = {
  _type: 'https://in-toto.io/Statement/v1',
  subject: filesIn(out)
    .filter((each) => each !== file)
    .map((each) => ({ name: each, digest: { sha256: sha256(join(out, each)) } })),
  predicateType: 'https://slsa.dev/provenance/v1',
  predicate: {
    buildDefinition: {
      buildType: `urn:${name}:npm-run-release:1`,
      externalParameters: { command: 'npm run release' },
      internalParameters: { arch: process.arch },
      resolvedDependencies: [source, libraries, ...programs],
    },
    runDetails: {
      builder: {
        // No service vouches for the build: whoever signs the sums does.
        id: `urn:${name}:maintainer`,
        version: { node: process.version, npm: versionOf('npm'), rpmbuild: versionOf('rpmbuild'), 'dpkg-deb': versionOf('dpkg-deb') },
      },
    },
  },
}
writeFileSync(join(out, file), `${JSON.stringify(statement, null, 2)}\n`)
writeSums(out)
