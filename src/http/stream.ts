import type { Readable } from 'node:stream'

/** A request whose body and whose response's body are never in memory as a whole. */
export interface StreamRequest {
  method: string
  url: URL
  headers: Record<string, string>
  body?: Uint8Array | string
  signal?: AbortSignal
}

export interface StreamResponse {
  status: number
  reason: string
  headers: Record<string, string>
  /** Has to be read to its end, or destroyed. Its errors are TransportErrors. */
  body: Readable
}

/** Sends requests to one origin over connections that are held, each way with a limit on silence. */
export interface StreamTransport {
  /** @throws TransportError where no response comes; the reason of a signal. */
  send(request: StreamRequest): Promise<StreamResponse>
  close(): Promise<void>
}
