import { Failure } from '../errors.ts'
import { listCommand, mayHaveHappened } from './resource-paths.ts'
import { stalled, type FaultKind, type TransportFault } from '../http/transport-error.ts'
import { isRead, longestSilence, wholeAnswer, type HttpRequest, type Patience } from '../http/transport.ts'

const kinds: ReadonlySet<FaultKind> = new Set<FaultKind>(['connect-timeout', 'idle-timeout', 'answer-timeout'])

/**
 * That a time limit of ours passed; undefined for any other fault.
 *
 * @param whom as messages name the server, with the proxy before it.
 */
export function timeLimitFailure(fault: TransportFault, request: HttpRequest, whom: string, patience: Patience): Failure | undefined {
  // The system has a limit of its own for connections.
  if (!kinds.has(fault.kind) || fault.code === 'ETIMEDOUT') return undefined
  const connecting = fault.kind === 'connect-timeout'
  const silence = longestSilence(request, patience)
  const limit = connecting ? patience.connect : fault.kind === 'answer-timeout' ? silence * wholeAnswer : silence
  const [option, value] = connecting ? ['--connect-timeout', patience.connect] as const : ['--request-timeout', silence] as const
  const tries = fault.tries > 1 ? `, tried ${fault.tries} times` : ''
  const list = isRead(request) || !fault.sent ? undefined : listCommand(request.url.pathname)
  return new Failure(`${wordsOf(fault, whom)} within ${shown(limit)}${tries}`, {
    more: [
      `The time limit is ${connecting ? option : `${option}${limit === silence ? '' : `, times ${wholeAnswer} for a whole answer`}`} (${shown(value)}).`,
      ...(connecting || !request.url.pathname.includes('/apis/ims/') ? [] : ['The service answers one request at a time, and takes minutes to delete or restore a large image.']),
      ...(fault.sent ? mayHaveHappened(request) : []),
    ],
    next: list ?? `the same command with ${option} ${shown(value * 2)}`,
    cause: fault,
  })
}

function wordsOf({ kind, message }: TransportFault, whom: string): string {
  if (kind === 'connect-timeout') return `no connection to ${whom}`
  if (kind === 'answer-timeout') return `the answer of ${whom} did not end`
  return message === stalled ? `the answer of ${whom} stopped: nothing more came` : `${whom} did not answer`
}

/** Milliseconds as the options take them: `90s`, `15m`. */
function shown(milliseconds: number): string {
  const seconds = milliseconds / 1000
  return seconds >= 60 && seconds % 60 === 0 ? `${seconds / 60}m` : `${seconds}s`
}
