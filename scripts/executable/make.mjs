import { execFileSync } from 'node:child_process'
import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { rolldown } from 'rolldown'
import config from '../../rolldown.config.mjs'

const top = join(import.meta.dirname, '../..')

/**
 * Bundles the program once more, as the ES modules that Bun compiles ahead.
 *
 * @param {string} work a folder for it.
 * @returns path of what the executables run.
 */
export async function bundleForExecutables(work) {
  const { output, input: _, ...settings } = /** @type {import('rolldown').RolldownOptions} */ (config)
  const input = { 'cray-ims': join(import.meta.dirname, 'launcher.mjs') }
  const { groups } = /** @type {{ codeSplitting: { groups: import('rolldown').CodeSplittingGroup[] } }} */ (output).codeSplitting
  // Most requests go by `fetch`: what loads node:http is apart.
  const nodeHttp = { name: 'node-http', test: /src\/http\/node-transport/, includeDependenciesRecursively: false }
  const bundle = await rolldown({
    ...settings,
    cwd: top,
    input,
    transform: { define: { 'import.meta.isExecutable': 'true' } },
    preserveEntrySignatures: 'allow-extension',
    checks: { ineffectiveDynamicImport: false },
  })
  await bundle.write({ ...output, codeSplitting: { groups: [nodeHttp, ...groups] }, dir: work, format: 'esm' })
  await bundle.close()
  return join(work, 'cray-ims.js')
}

/**
 * Puts the program into a copy of a runtime. The same files give the same bytes.
 *
 * @param {string} to the executable.
 * @param {object} from
 * @param {string} from.launcher what it runs.
 * @param {string} from.bun path of a Bun for this machine.
 * @param {string} from.runtime path of the Bun that it consists of.
 * @param {string} from.target what Bun calls that one's kind of machine.
 */
export function makeExecutable(to, { launcher, bun, runtime, target }) {
  const renamed = `${runtime}-renamed`
  writeFileSync(renamed, withoutSha1(withoutVariables(readFileSync(runtime))))
  const settings = [
    '--compile',
    '--bytecode',
    '--format=esm',
    '--splitting',
    // ssh2 tells its classes apart by their names.
    '--keep-names',
    // The program ends before code that was compiled for long use could pay.
    '--compile-jit-policy=4',
    // Files in the folder that it is called in are not meant for it.
    '--no-compile-autoload-dotenv',
    '--no-compile-autoload-bunfig',
    `--compile-executable-path=${renamed}`,
    `--target=${target}`,
    `--outfile=${to}`,
  ]
  // Nothing that the caller has set for their own Bun is meant for this one.
  execFileSync(bun, ['build', ...settings, basename(launcher)], {
    // Paths become part of it.
    cwd: dirname(launcher),
    env: { PATH: process.env.PATH },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  chmodSync(to, 0o755)
}

/** Variables that would make Bun itself of it, have it run other code, or write what it sends to a terminal. */
const variables = [
  'BUN_BE_BUN',
  'BUN_OPTIONS',
  'BUN_INSPECT',
  'BUN_CONFIG_VERBOSE_FETCH',
  'BUN_CRASH_REPORT_URL',
  'BUN_TRACE',
  '\0NODE_EXTRA_CA_CERTS',
]

/**
 * A Bun that looks for these under names that none has.
 *
 * @param {Buffer} runtime
 */
function withoutVariables(runtime) {
  for (const name of variables) {
    const first = runtime.indexOf(name)
    if (first < 0) throw new Error(`this Bun reads no variable ${name}`)
    const other = name.replace(/[A-Z]/, '=')
    for (let at = first; at >= 0; at = runtime.indexOf(name, at + 1)) runtime.write(other, at, 'latin1')
  }
  return runtime
}

/** Signatures with SHA-1, by RSA and by ECDSA, as Bun's BoringSSL knows them, and names that nothing has, at the same place in its order. */
const overSha1 = [
  ['2a864886f70d010105', '2a864886f70d010106'],
  ['2a8648ce3d0401', '2a8648ce3d0402'],
]

/**
 * A Bun that knows no certificate signed with SHA-1, which can be forged: Node's OpenSSL takes none, BoringSSL does.
 *
 * @param {Buffer} runtime
 */
function withoutSha1(runtime) {
  for (const [own, other] of overSha1.map((both) => both.map((hex) => Buffer.from(hex, 'hex')))) {
    const places = []
    for (let at = runtime.indexOf(own); at >= 0; at = runtime.indexOf(own, at + 1)) {
      // Behind a header it is part of a certificate that Bun has with it.
      if (runtime[at - 2] !== 0x06 || runtime[at - 1] !== own.length) places.push(at)
    }
    if (places.length !== 1) throw new Error(`this Bun knows signatures with SHA-1 at ${places.length} places`)
    other.copy(runtime, places[0])
  }
  return runtime
}
