// Compiles the parts that every command loads, so that the launcher need not: V8 keeps the result beside each file, with
// all that `--version` has run of it. It is good for the version of Node that made it; any other compiles as usual.
import { readdirSync, writeFileSync } from 'node:fs'
import Module, { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'
import { Script } from 'node:vm'

const often = /^(main\.js|(start|request|rolldown-runtime)-.*)$/
const scripts = new Map()

Module.prototype._compile = function (content, filename) {
  const script = new Script(Module.wrap(content), { filename })
  if (often.test(basename(filename))) scripts.set(filename, script)
  script.runInThisContext().call(this.exports, this.exports, (id) => this.require(id), this, filename, dirname(filename))
}

const dist = join(import.meta.dirname, '../dist')
const require = createRequire(join(dist, 'main.js'))
const { main } = require('./main.js')
await main({ ...process, env: {}, argv: [process.execPath, 'cray-ims', '--version'], cwd: () => dist })
for (const name of readdirSync(join(dist, 'chunks'))) if (/^request-.*\.js$/.test(name)) require(`./chunks/${name}`)
for (const [filename, script] of scripts) writeFileSync(`${filename}.cache`, script.createCachedData())
