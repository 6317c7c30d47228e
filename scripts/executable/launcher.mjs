// What the executables run; the npm package has bin/cray-ims.js.
import { main } from '../../src/main.ts'

/** Variables that Bun reads when it first loads HTTP or TLS; make.mjs has those that it reads before. */
const meantForNode = ['NODE_DEBUG', 'NODE_DEBUG_NATIVE', 'NODE_EXTRA_CA_CERTS', 'NODE_TLS_REJECT_UNAUTHORIZED', 'NODE_UNIQUE_ID']

const env = { ...process.env }
for (const name of meantForNode) delete process.env[name]
// The name that it was called by: `cray` or `cray-ims`.
process.argv[1] = process.argv0

// The more memory a machine has, the more garbage Bun's engine keeps: what is streamed would leave 170 MiB of it. It is
// collected for as long as memory changes; what is in use, and idle, is left alone.
const { Bun } = /** @type {{ Bun: { gc(atOnce: boolean): void } }} */ (/** @type {unknown} */ (globalThis))
const plenty = 90e6
let before = 0
setInterval(() => {
  const held = process.memoryUsage.rss()
  if (held > plenty && held !== before) Bun.gc(false)
  before = held
}, 25).unref()

void main(process, env, process.execPath).then((code) => process.exit(code))
