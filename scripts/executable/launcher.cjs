'use strict'
// The launcher inside the single executable: the program's files are assets there, each under its own name.
const { getRawAsset } = require('node:sea')
const { Script } = require('node:vm')

/**
 * What Node reads before anything of ours runs, or looks up later. It is meant for the user's own Node: ours would log
 * requests, skip verification or write files. What has no effect in here isn't listed: see make.mjs.
 */
const meantForNode = [
  'NODE_COMPILE_CACHE',
  'NODE_DEBUG',
  'NODE_DEBUG_NATIVE',
  'NODE_ICU_DATA',
  'NODE_PENDING_DEPRECATION',
  'NODE_REDIRECT_WARNINGS',
  'NODE_TEST_CONTEXT',
  'NODE_TLS_REJECT_UNAUTHORIZED',
  'NODE_USE_ENV_PROXY',
  'NODE_V8_COVERAGE',
  'WATCH_REPORT_DEPENDENCIES',
]

/** Holds them, for the programs that we start, while we run again without them. */
const keeper = 'CRAY_IMS_MEANT_FOR_NODE'

/**
 * The environment as the user set it. Where it would change how Node works, the process begins again without that.
 *
 * @param {NodeJS.Process} process
 */
function userEnvironment({ argv0, argv, env, execPath }) {
  const kept = env[keeper]
  // Node has dropped NODE_UNIQUE_ID by now, and taken us for a worker, which can't listen by itself.
  const isWorker = process.listenerCount('disconnect') > 0
  if (kept !== undefined) {
    delete env[keeper]
    return { ...env, ...JSON.parse(kept) }
  }
  const set = meantForNode.filter((name) => env[name] !== undefined)
  if (set.length === 0 && !isWorker) return env
  /** @type {NodeJS.ProcessEnv} */
  const without = { ...env, [keeper]: JSON.stringify(Object.fromEntries(set.map((name) => [name, env[name]]))) }
  for (const name of set) delete without[name]
  return /** @type {any} */ (process).execve(execPath, [argv0, ...argv.slice(2)], without)
}

const env = userEnvironment(process)
/** @type {Map<string, { exports: any }>} */
const loaded = new Map()

/** @param {string} name */
function load(name) {
  const known = loaded.get(name)
  if (known) return known.exports
  const module = { exports: {} }
  loaded.set(name, module)
  const { source, cachedData } = compiled(name) ?? { source: wrap(assetOf(name).toString()) }
  const script = new Script(source, { filename: name, cachedData })
  script.runInThisContext().call(module.exports, module.exports, demand, module, name, '.')
  return module.exports
}

/** @param {string} name */
const assetOf = (name) => Buffer.from(/** @type {ArrayBuffer} */ (getRawAsset(name)))

/** @param {string} source */
const wrap = (source) => `(function (exports, require, module, __filename, __dirname) {${source}\n})`

/**
 * As the launcher of the npm package has it: what was compiled, the wrapped source, its length.
 *
 * @param {string} name
 */
function compiled(name) {
  let kept
  try {
    kept = assetOf(`${name}.${process.version}-${process.arch}.cache`)
  } catch {
    return undefined
  }
  const end = kept.length - 4
  const start = end - kept.readUInt32LE(end)
  return { source: kept.toString('latin1', start, end), cachedData: kept.subarray(0, start) }
}

/**
 * `require` for the program's files, which name each other by paths, and for Node's own modules: in here it has no others.
 *
 * @param {string} id
 */
function demand(id) {
  return id.startsWith('.') ? load(id.slice(id.lastIndexOf('/') + 1)) : require(id)
}

const { main } = load('main.js')

main(process, env).then((/** @type {number} */ code) => process.exit(code))
