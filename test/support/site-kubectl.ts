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

/** Forwards as kubectl does, though to a port of this machine. */
const forward = `
const net = require('node:net')
const remote = Number(process.argv.at(-1).slice(1))
const server = net.createServer((from) => {
  const to = net.connect(remote, '127.0.0.1')
  for (const [one, other] of [[from, to], [to, from]]) one.on('error', () => other.destroy()).pipe(other)
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
}

/** Fills a stand-in of {@link standInCluster}. */
export function fillCluster({ folder }: StandIn, { pod, logs = {}, hostKeys }: ClusterContents): void {
  writeFileSync(join(folder, 'forward.cjs'), forward)
  if (pod) writeFileSync(join(folder, 'pods'), list(pod))
  for (const [container, text] of Object.entries(logs)) writeFileSync(join(folder, `log.${container}`), text)
  if (hostKeys !== undefined) writeFileSync(join(folder, 'keys'), hostKeys)
}
