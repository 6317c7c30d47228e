// What the executable runs: as its launcher does for the npm package, in an environment that nobody set up for it.
import { main } from '../../src/main.ts'

/** What the runtime reads when it is first asked for HTTP or TLS. All else has no effect in here: see make.mjs. */
const meantForNode = ['NODE_DEBUG', 'NODE_DEBUG_NATIVE', 'NODE_EXTRA_CA_CERTS', 'NODE_TLS_REJECT_UNAUTHORIZED', 'NODE_UNIQUE_ID']

const env = { ...process.env }
for (const name of meantForNode) delete process.env[name]
// The name that it was called by: `cray` or `cray-ims`.
process.argv[1] = process.argv0

void main(process, env, process.execPath).then((code) => process.exit(code))
