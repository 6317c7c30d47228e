'use strict'
// The launcher inside the single executable: the program's files are assets there, each under its own name.
const { getRawAsset } = require('node:sea')
const { Script } = require('node:vm')

const loaded = new Map()

function load(name) {
  const known = loaded.get(name)
  if (known) return known.exports
  const module = { exports: {} }
  loaded.set(name, module)
  const { source, cachedData } = compiled(name) ?? { source: wrap(Buffer.from(getRawAsset(name)).toString()) }
  const script = new Script(source, { filename: name, cachedData })
  script.runInThisContext().call(module.exports, module.exports, demand, module, name, '.')
  return module.exports
}

const wrap = (source) => `(function (exports, require, module, __filename, __dirname) {${source}\n})`

/** As the launcher of the npm package has it: what was compiled, the wrapped source, its length. */
function compiled(name) {
  let kept
  try {
    kept = Buffer.from(getRawAsset(`${name}.cache`))
  } catch {
    return undefined
  }
  const end = kept.length - 4
  const start = end - kept.readUInt32LE(end)
  return { source: kept.latin1Slice(start, end), cachedData: kept.subarray(0, start) }
}

/** `require` for the program's files, which name each other by paths, and for Node's own modules. */
function demand(id) {
  return id.startsWith('.') ? load(id.slice(id.lastIndexOf('/') + 1)) : require(id)
}

const { main } = load('main.js')

main(process).then((code) => process.exit(code))
