'use strict'
// Checks what was compiled before it goes into the executable: its launcher does without, and says nothing.
const { readFileSync } = require('node:fs')
const { Script } = require('node:vm')

for (const path of process.argv.slice(2)) {
  const kept = readFileSync(path)
  const end = kept.length - 4
  const start = end - kept.readUInt32LE(end)
  const { cachedDataRejected } = new Script(kept.toString('latin1', start, end), { cachedData: kept.subarray(0, start) })
  if (cachedDataRejected) throw new Error(`${path} is not for Node ${process.version}`)
}
