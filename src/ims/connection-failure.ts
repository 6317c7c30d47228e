import { Failure } from '../errors.ts'

// The original's words, which scripts know.
const message = 'Unable to connect to cray. Please verify your cray hostname:'
const commands = ['', '\tcray config get core.hostname', '\tcray config set core hostname=cray_hostname', '']

/** That the service can't be reached, and why. */
export function connectionFailure(why: readonly string[], details: { next?: string; cause?: unknown } = {}): Failure {
  return new Failure(message, { ...details, more: [...commands, ...why] })
}
