import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { statusOf } from './status.ts'

/** Lets a server of node:http or node:https answer by a function of Request and Response, streams included. */
export function listenerOf(handle: (request: Request) => Promise<Response>): RequestListener {
  return (incoming, outgoing) => void respond(handle, incoming, outgoing)
}

async function respond(
  handle: (request: Request) => Promise<Response>,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  incoming.resume()
  try {
    const headers = new Headers()
    for (const [name, value] of Object.entries(incoming.headers)) if (value !== undefined) headers.set(name, String(value))
    const response = await handle(new Request(new URL(incoming.url ?? '/', 'http://kubernetes'), { method: incoming.method, headers }))
    outgoing.writeHead(response.status, Object.fromEntries(response.headers))
    if (!response.body) return void outgoing.end()
    outgoing.flushHeaders()
    await pipeline(Readable.fromWeb(response.body as Parameters<typeof Readable.fromWeb>[0]), outgoing)
  } catch {
    // The client went away.
    outgoing.destroy()
  }
}

const refusal = statusOf(401, 'Unauthorized', 'Unauthorized')

/** Answers as Kubernetes does to credentials that it doesn't know. */
export function unauthorized(outgoing: ServerResponse): void {
  outgoing.writeHead(401, { 'Content-Type': 'application/json', Connection: 'close' })
  outgoing.end(refusal)
}

/** The same answer to whoever wants another protocol. */
export const unauthorizedText = `HTTP/1.1 401 Unauthorized\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: ${refusal.length}\r\n\r\n${refusal}`
