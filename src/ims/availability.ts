import { CliError } from '../errors.ts'
import { TransportError, type TransportErrorKind } from '../http/transport-error.ts'
import { ServerError } from './server-error.ts'
import { busy } from '../http/retry.ts'

const passing: ReadonlySet<TransportErrorKind> = new Set<TransportErrorKind>([
  'refused',
  'unreachable',
  'dns',
  'dns-temporary',
  'connect-timeout',
  'idle-timeout',
  'answer-timeout',
  'reset',
  'truncated',
  'proxy',
])

/** Whether a failure means that the service is away for a while: its gateway restarts, or the network is down. */
export function isUnavailable(error: unknown): error is Error {
  if (error instanceof ServerError) return busy.has(error.status)
  const cause = error instanceof Error ? error.cause : undefined
  return cause instanceof TransportError && passing.has(cause.kind)
}

/**
 * Whether a read that failed so may succeed a little later: the service is away, its answer was an error of its own (500), or the
 * gateway knows no way to it (a 404 that isn't the service's).
 */
export function isTransient(error: unknown): error is Error {
  if (error instanceof ServerError) return busy.has(error.status) || error.status === 500 || (error.status === 404 && !error.ofService)
  return isUnavailable(error)
}

/** Statuses after which a write may have been carried out all the same, or still is. */
const inDoubt: ReadonlySet<number> = new Set([502, 503, 504])

/** Whether a write that failed so may have been carried out. */
export function isInDoubt(error: unknown): error is CliError {
  if (error instanceof ServerError) return inDoubt.has(error.status)
  if (!(error instanceof CliError)) return false
  return error.inDoubt || (error.cause instanceof TransportError && error.cause.sent)
}

/** Whether a host's name isn't known: of a service that never answered, most often a typing error. */
export function isUnknownHost(error: unknown): boolean {
  return error instanceof Error && error.cause instanceof TransportError && error.cause.kind === 'dns'
}

/** Why the service is away, in a few words. */
export function unavailableReason({ cause, message }: Error): string {
  return cause instanceof TransportError ? cause.message : message.split('\n')[0]!
}
