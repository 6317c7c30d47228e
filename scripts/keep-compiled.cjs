// Loaded before the launcher, keeps what V8 compiled of each file: all functions that ran, now or when it was last kept.
const { writeFileSync } = require('node:fs')
const vm = require('node:vm')

const scripts = new Map()

vm.Script = class extends vm.Script {
  /**
   * @param {string} source
   * @param {import('node:vm').ScriptOptions & { filename: string }} options
   */
  constructor(source, options) {
    super(source, options)
    scripts.set(options.filename, { source, script: this })
  }
}

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
