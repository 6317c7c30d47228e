import type { Proxy } from './proxy.ts'
import type { Timeouts } from './transport.ts'
import type { Trust } from './trust.ts'

/** How connections of undici's are made. */
export interface AgentOptions {
  /** Whom to trust; none is no verification. */
  trust?: Trust
  patience: Timeouts
  signal?: AbortSignal
  proxy?: Proxy
  /** Whom to trust as a proxy over TLS, which is always verified. */
  proxyTrust?: Trust
  /** The process is ours and short: its WebAssembly is compiled for a quick start. */
  brief?: boolean
}
