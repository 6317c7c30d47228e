import { connect } from 'node:net'
import { createSpdyServer, type SpdyStream } from './spdy.ts'
import type { WebSocketEnd } from './websocket.ts'

/** How `kubectl` forwards ports through a WebSocket: its streams are SPDY's. */
export const forwardProtocols = ['SPDY/3.1+portforward.k8s.io'] as const

/** The two streams of a connection. */
interface Pair {
  error?: SpdyStream
  data?: SpdyStream
}

/**
 * Connects a client with ports of a pod.
 *
 * @param portOf the port of loopback that stands for a port of the pod; undefined where nobody listens
 */
export function serveForward(client: WebSocketEnd, portOf: (port: number) => number | undefined): void {
  const pairs = new Map<string, Pair>()
  const spdy = createSpdyServer(client.send, opened, client.close)
  client.onMessage(spdy.receive)
  client.onClose(spdy.close)

  function opened(stream: SpdyStream): void {
    const [request = '', type] = [stream.headers.get('requestid'), stream.headers.get('streamtype')]
    const pair = pairs.get(request) ?? {}
    pairs.set(request, pair)
    if (type === 'error') pair.error = stream
    else pair.data = stream
    if (!pair.error || !pair.data) return
    pairs.delete(request)
    void join(pair.data, pair.error, Number(stream.headers.get('port')))
  }

  async function join(data: SpdyStream, error: SpdyStream, asked: number): Promise<void> {
    const port = portOf(asked)
    let over = false
    const end = (why?: string) => {
      if (over) return
      over = true
      if (why !== undefined) void error.write(Buffer.from(why))
      error.end()
      data.end()
    }
    const nobody = `error forwarding port ${asked} to pod: connection refused`
    if (port === undefined) return end(nobody)
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => end(nobody))
    socket.on('end', () => end())
    socket.on('close', () => end())
    data.onReset(() => socket.destroy())
    data.onData((bytes) => void (bytes ? socket.write(bytes) : socket.end()))
    try {
      for await (const chunk of socket) await data.write(chunk as Buffer)
    } catch {
      // It broke off.
    }
  }
}
