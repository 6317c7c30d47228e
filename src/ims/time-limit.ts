import { CliError } from '../errors.ts'
import { mayHaveHappened } from './resource-paths.ts'
import { stalled, type TransportErrorKind, type TransportError } from '../http/transport-error.ts'
import { longestSilence, wholeAnswer, type HttpRequest, type Timeouts } from '../http/transport.ts'

const kinds: ReadonlySet<TransportErrorKind> = new Set<TransportErrorKind>(['connect-timeout', 'idle-timeout', 'answer-timeout'])

/**
 * That a time limit of ours passed; undefined for any other fault.
 *
 * @param whom as messages name the server, with the proxy before it.
 */
export function timeLimitError(fault: TransportError, request: HttpRequest, whom: string, patience: Timeouts): CliError | undefined {
  // The system has a limit of its own for connections.
  if (!kinds.has(fault.kind) || fault.code === 'ETIMEDOUT') return undefined
  const connecting = fault.kind === 'connect-timeout'
  const silence = longestSilence(request, patience)
  const limit = connecting ? patience.connect : fault.kind === 'answer-timeout' ? silence * wholeAnswer : silence
  const [option, value] = connecting ? (['--connect-timeout', patience.connect] as const) : (['--request-timeout', silence] as const)
  const tries = fault.tries > 1 ? `, tried ${fault.tries} times` : ''
  const { lines = [], next }: Partial<ReturnType<typeof mayHaveHappened>> = fault.sent ? mayHaveHappened(request) : {}
  return new CliError(`${wordsOf(fault, whom)} within ${shown(limit)}${tries}`, {
    more: [
      `The time limit is ${connecting ? option : `${option}${limit === silence ? '' : `, times ${wholeAnswer} for a whole answer`}`} (${shown(value)}).`,
      ...(connecting || !request.url.pathname.includes('/apis/ims/')
        ? []
        : ['The service answers one request at a time, and takes minutes to delete or restore a large image.']),
      ...lines,
    ],
    next: next ?? `the same command with ${option} ${shown(value * 2)}`,
    cause: fault,
  })
}

function wordsOf({ kind, message }: TransportError, whom: string): string {
  if (kind === 'connect-timeout') return `no connection to ${whom}`
  if (kind === 'answer-timeout') return `the answer of ${whom} did not end`
  return message === stalled ? `the answer of ${whom} stopped: nothing more came` : `${whom} did not answer`
}

/** Milliseconds as the options take them: `90s`, `15m`. */
function shown(milliseconds: number): string {
  const seconds = milliseconds / 1000
  return seconds >= 60 && seconds % 60 === 0 ? `${seconds / 60}m` : `${seconds}s`
}
