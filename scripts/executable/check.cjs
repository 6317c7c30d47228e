'use strict'
// Checks what was compiled before it goes into the executable: its launcher does without, and says nothing.
const { readFileSync } = require('node:fs')
const Module = require('node:module')
const { Script } = require('node:vm')

for (const path of process.argv.slice(2)) {
  const content = readFileSync(path.replace(/\.cache$/, ''), 'utf8')
  const { cachedDataRejected } = new Script(Module.wrap(content), { cachedData: readFileSync(path) })
  if (cachedDataRejected) throw new Error(`${path} is not for Node ${process.version}`)
}
