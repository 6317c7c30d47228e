import type { HttpRequest, HttpResponse } from './transport.ts'

/** Why a request is not sent, or the redirect that it brought not followed. */
export type Refusal =
  | { readonly kind: 'plain-http' }
  /** The proxy that a variable of the environment names has no address that can be read, or a scheme that can't be spoken. */
  | { readonly kind: 'proxy'; readonly variable: string; readonly scheme: string | undefined }
  | Redirect

/** A redirect that isn't followed: there were too many; it has no address; it leads to another origin; it would turn a write into a read. */
export interface Redirect {
  readonly kind: 'redirect'
  readonly reason: 'loop' | 'no-address' | 'other-origin' | 'write'
  readonly request: HttpRequest
  readonly response: Pick<HttpResponse, 'status' | 'reason'>
  /** Without user name and password. */
  readonly target: URL | undefined
}

/** A request that was refused here, for what would become of it. */
export class RequestError extends Error {
  readonly refusal: Refusal

  constructor(refusal: Refusal) {
    super(`refused: ${refusal.kind}`)
    this.name = 'RequestError'
    this.refusal = refusal
  }
}
