// Loaded before the launcher, keeps what V8 compiled of each file: all functions that ran, now or when it was last kept.
const { writeFileSync } = require('node:fs')
const { join, relative } = require('node:path')
const vm = require('node:vm')

const top = join(__dirname, '..')
const scripts = new Map()

vm.Script = class extends vm.Script {
  /**
   * @param {string} source
   * @param {import('node:vm').ScriptOptions & { filename: string }} options
   */
  constructor(source, options) {
    // Traces of errors will have this name, wherever it is installed. A part of a string would keep all of it.
    const filename = Buffer.from(relative(top, options.filename)).toString()
    super(source, { ...options, filename })
    scripts.set(options.filename, { source, script: this })
  }
}

// Nothing comes too late here: on a slow machine the same functions run as on any other.
const { setTimeout } = globalThis
globalThis.setTimeout = Object.assign(
  (/** @type {(...args: unknown[]) => void} */ callback, _ = 0, /** @type {unknown[]} */ ...args) => setTimeout(callback, 1e9, ...args),
  setTimeout,
)

process.on('exit', () => {
  for (const [path, { source, script }] of scripts) {
    if (/[^\x00-\x7f]/.test(source)) throw new Error(`${path} is not all ASCII`)
    const length = Buffer.alloc(4)
    length.writeUInt32LE(source.length)
    writeFileSync(
      `${path}.${process.version}-${process.arch}.cache`,
      Buffer.concat([script.createCachedData(), Buffer.from(source, 'latin1'), length]),
    )
  }
})
