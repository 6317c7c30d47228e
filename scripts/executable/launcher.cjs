'use strict'
// The launcher inside the single executable: the program's files are assets there, each under its own name.
const Module = require('node:module')
const { getRawAsset } = require('node:sea')
const { Script } = require('node:vm')

const loaded = new Map()

function load(name) {
  const known = loaded.get(name)
  if (known) return known.exports
  const module = { exports: {} }
  loaded.set(name, module)
  const content = Buffer.from(getRawAsset(name)).toString()
  const script = new Script(Module.wrap(content), { filename: name, cachedData: compiled(name) })
  script.runInThisContext().call(module.exports, module.exports, demand, module, name, '.')
  return module.exports
}

function compiled(name) {
  try {
    return new Uint8Array(getRawAsset(`${name}.cache`))
  } catch {
    return undefined
  }
}

/** `require` for the program's files, which name each other by paths, and for Node's own modules. */
function demand(id) {
  return id.startsWith('.') ? load(id.slice(id.lastIndexOf('/') + 1)) : require(id)
}

const { main } = load('main.js')

main(process).then((code) => {
  process.exitCode = code
})
