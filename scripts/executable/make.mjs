import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, join } from 'node:path'

// What Node's documentation says to mark it with.
const fuse = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2'

/**
 * Puts the program into a copy of the runtime.
 *
 * @param {string} to the executable.
 * @param {object} from
 * @param {string} from.runtime path of a Node for this machine.
 * @param {string} from.unpacked the unpacked npm tarball. Its compiled files are made anew, by the runtime.
 * @param {string} from.work a folder for what lies between.
 */
export function makeExecutable(to, { runtime, unpacked, work }) {
  /**
   * Nothing that the caller has set for their own Node is meant for this one.
   *
   * @param {string[]} args
   */
  const run = (...args) => execFileSync(runtime, args, { env: { PATH: process.env.PATH }, stdio: ['ignore', 'ignore', 'pipe'] })
  const files = () =>
    ['dist', 'dist/chunks'].flatMap((folder) => readdirSync(join(unpacked, folder)).map((name) => join(unpacked, folder, name)))

  for (const path of files()) if (path.endsWith('.cache')) rmSync(path)
  mkdirSync(join(unpacked, 'scripts'))
  for (const name of ['code-cache.mjs', 'keep-compiled.cjs', 'through-socket.cjs'])
    copyFileSync(join(import.meta.dirname, '..', name), join(unpacked, 'scripts', name))
  run(join(unpacked, 'scripts/code-cache.mjs'))
  run(join(import.meta.dirname, 'check.cjs'), ...files().filter((path) => path.endsWith('.cache')))

  const [config, blob] = [join(work, 'executable.json'), join(work, 'executable.blob')]
  const settings = {
    main: join(import.meta.dirname, 'launcher.cjs'),
    output: blob,
    disableExperimentalSEAWarning: true,
    // NODE_OPTIONS are for the user's own Node: one that this Node doesn't know would end it.
    execArgvExtension: 'none',
    execArgv: [
      // Whoever gives CAs by name has Node parse all of its own all the same, unless its default is the system's. We give
      // all that are trusted by name.
      '--use-openssl-ca',
      // A configuration of OpenSSL (OPENSSL_CONF) names libraries to load.
      '--openssl-config=/dev/null',
      // The end of the process joins V8's threads. One that compiles may then wait for the main thread to collect garbage,
      // for ever, and signals have no effect any more.
      '--no-concurrent-recompilation',
      '--no-concurrent-sparkplug',
    ],
    assets: Object.fromEntries(
      files()
        .filter((path) => /\.(js|cache)$/.test(path))
        .map((path) => [basename(path), path]),
    ),
  }
  writeFileSync(config, JSON.stringify(settings))
  run('--experimental-sea-config', config)

  writeFileSync(to, withoutVariables(readFileSync(runtime)), { mode: 0o755 })
  chmodSync(to, 0o755)
  // Symbols are a seventh of it, and serve nobody. Where there is no `strip` they stay.
  spawnSync('strip', ['--strip-all', to])
  const postject = createRequire(import.meta.url).resolve('postject/dist/cli.js')
  execFileSync(process.execPath, [postject, to, 'NODE_SEA_BLOB', blob, '--sentinel-fuse', fuse], { stdio: ['ignore', 'ignore', 'pipe'] })
}

/** Variables that Node reads before our launcher runs: two would end it at once, the third is read by us. */
const read = ['NODE_USE_SYSTEM_CA', 'NODE_REPL_EXTERNAL_MODULE', 'NODE_EXTRA_CA_CERTS']

/**
 * A Node that looks for these under a name that none has. The first place is that of the program's own constants.
 *
 * @param {Buffer} program
 */
function withoutVariables(program) {
  for (const name of read) {
    const at = program.indexOf(`\0${name}\0`)
    if (at < 0) throw new Error(`this Node reads no variable ${name}`)
    program.write('=', at + 1, 'latin1')
  }
  return program
}
