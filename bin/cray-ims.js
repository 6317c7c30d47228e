#!/usr/bin/env node
'use strict'
const { readFileSync } = require('node:fs')
const { dirname, join } = require('node:path')
const { Script } = require('node:vm')

const loaded = new Map()

/** Loads a file of ours as `require` would, but sooner: it isn't looked for, and was compiled when we were built. */
function load(path) {
  const known = loaded.get(path)
  if (known) return known.exports
  const { source, cachedData } = compiled(path) ?? { source: wrap(readFileSync(path, 'utf8')) }
  const module = { exports: {} }
  loaded.set(path, module)
  const folder = dirname(path)
  const requireFrom = (id) => (id.startsWith('.') ? load(join(folder, id)) : require(id))
  const run = new Script(source, { filename: path, cachedData }).runInThisContext()
  run.call(module.exports, module.exports, requireFrom, module, path, folder)
  return module.exports
}

const opening = '(function (exports, require, module, __filename, __dirname) {'
const wrap = (source) => `${opening}${source}\n})`

/**
 * A file's wrapped source, all ASCII, behind what V8 made of it, and its length. Another version of Node doesn't take
 * what V8 made, and compiles the source.
 */
function compiled(path) {
  try {
    const kept = readFileSync(`${path}.cache`)
    const end = kept.length - 4
    const start = end - kept.readUInt32LE(end)
    const source = kept.latin1Slice(start, end)
    return source.startsWith(opening) ? { source, cachedData: kept.subarray(0, start) } : undefined
  } catch {
    return undefined
  }
}

const { main } = load(join(__dirname, '../dist/main.js'))

// To wait for what is left, connections that the server will close, takes longer than most commands.
main(process).then((code) => process.exit(code))
