#!/usr/bin/env sh
':' //; case $NODE_OPTIONS in *-bundled-ca*) exec node "$0" "$@" ;; esac; exec node --use-openssl-ca "$0" "$@"
'use strict'
// The shell's line is a string and a comment here. Node would parse its own hundred CAs before those of ours, which are
// all that we ever trust.
const { readFileSync } = require('node:fs')
const { dirname, join, sep } = require('node:path')
const { Script } = require('node:vm')

const dist = join(__dirname, '../dist')
/** @type {Map<string, { exports: any }>} */
const loaded = new Map()

/**
 * Loads a file of ours as `require` would, but sooner: it isn't looked for, and was compiled when we were built.
 *
 * @param {string} path
 */
function load(path) {
  const known = loaded.get(path)
  if (known) return known.exports
  const { source, cachedData } = compiled(path) ?? { source: wrap(readFileSync(path, 'utf8')) }
  const module = { exports: {} }
  loaded.set(path, module)
  const folder = dirname(path)
  const run = new Script(source, { filename: path, cachedData }).runInThisContext()
  run.call(module.exports, module.exports, (/** @type {string} */ id) => demand(folder, id), module, path, folder)
  return module.exports
}

/**
 * `require` for files of ours: other files of ours, and Node's own modules by their whole names. Anything else would be
 * looked for in NODE_PATH, in ~/.node_modules and above the package, and code found there would run as ours.
 *
 * @param {string} folder
 * @param {string} id
 */
function demand(folder, id) {
  if (id.startsWith('node:')) return require(id)
  const path = id.startsWith('.') ? join(folder, id) : ''
  if (path.startsWith(dist + sep)) return load(path)
  throw Object.assign(new Error(`${id} is not part of cray-ims`), { code: 'MODULE_NOT_FOUND' })
}

const opening = '(function (exports, require, module, __filename, __dirname) {'
/** @param {string} source */
const wrap = (source) => `${opening}${source}\n})`

/**
 * A script of a file: V8's compiled code, the wrapped source (ASCII), and the length of the source. The file is kept by Node's
 * version: V8 also takes what another patch release compiled, and then runs it wrongly.
 *
 * @param {string} path
 */
function compiled(path) {
  try {
    const kept = /** @type {Buffer & { latin1Slice(start: number, end: number): string }} */ (
      readFileSync(`${path}.${process.version}-${process.arch}.cache`)
    )
    const end = kept.length - 4
    const start = end - kept.readUInt32LE(end)
    const source = kept.latin1Slice(start, end)
    return source.startsWith(opening) ? { source, cachedData: kept.subarray(0, start) } : undefined
  } catch {
    return undefined
  }
}

const { main } = load(join(dist, 'main.js'))

// To wait for what is left, connections that the server will close, takes longer than most commands.
main(process).then((/** @type {number} */ code) => process.exit(code))
