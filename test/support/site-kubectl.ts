import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Pod } from '../../src/kubernetes/pod.ts'
import { list } from './pods.ts'
import type { StandIn } from './stand-in-kubectl.ts'

/** What answers in the place of a cluster: what of it isn't given is empty. */
export const standInCluster = `
case "$1" in
get) if [ "$2" = pods ]; then cat "$DIR/pods" 2>/dev/null || echo '{"items":[]}'; else echo '{"items":[]}'; fi ;;
logs) cat "$DIR/log.$C" 2>/dev/null ;;
exec) cat "$DIR/keys" 2>/dev/null || exit 1 ;;
port-forward) echo $$ >>"$DIR/forwards"; exec node "$DIR/forward.cjs" "$@" ;;
esac`

/** Forwards as kubectl does, though to a port of this machine; it ends as kubectl does when the pod refuses a connection. */
const forward = `
const { existsSync, readFileSync, writeFileSync } = require('node:fs')
const net = require('node:net')
const remote = Number(process.argv.at(-1).slice(1))
const { refusals, oneEach } = JSON.parse(readFileSync(__dirname + '/mortality', 'utf8'))
const before = existsSync(__dirname + '/refused') ? Number(readFileSync(__dirname + '/refused', 'utf8')) : 0
const end = (why = '') => (process.stderr.write(why + 'error: lost connection to pod\\n'), process.exit(1))
const server = net.createServer((from) => {
  if (before < refusals) {
    writeFileSync(__dirname + '/refused', String(before + 1))
    from.destroy()
    end('E0101 00:00:00.000000    1 portforward.go:413] an error occurred forwarding 1 -> 22: error forwarding port 22 to pod x, uid : failed to execute portforward in network namespace: failed to connect to localhost:22 inside namespace: dial tcp4 127.0.0.1:22: connect: connection refused\\n')
  }
  const to = net.connect(remote, '127.0.0.1')
  for (const [one, other] of [[from, to], [to, from]]) one.on('error', () => other.destroy()).pipe(other)
  if (oneEach) from.on('close', () => end())
})
server.listen(0, '127.0.0.1', () => console.log('Forwarding from 127.0.0.1:' + server.address().port + ' -> ' + remote))
`

/** What the cluster holds. */
export interface ClusterContents {
  pod?: Pod
  /** By container. */
  logs?: Record<string, string>
  /** Public host keys, as their files have them. */
  hostKeys?: string
  /** How many port-forwards end at their first connection, which the pod refuses. */
  refusals?: number
  /** Each port-forward ends with its first connection. */
  oneEach?: boolean
}

/** Fills a stand-in of {@link standInCluster}. */
export function fillCluster({ folder }: StandIn, { pod, logs = {}, hostKeys, refusals = 0, oneEach = false }: ClusterContents): void {
  writeFileSync(join(folder, 'forward.cjs'), forward)
  writeFileSync(join(folder, 'mortality'), JSON.stringify({ refusals, oneEach }))
  if (pod) writeFileSync(join(folder, 'pods'), list(pod))
  for (const [container, text] of Object.entries(logs)) writeFileSync(join(folder, `log.${container}`), text)
  if (hostKeys !== undefined) writeFileSync(join(folder, 'keys'), hostKeys)
}
