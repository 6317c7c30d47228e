import { Failure } from '../errors.ts'

// The original's words, which scripts know.
const message = [
  'Unable to connect to cray. Please verify your cray hostname:',
  '',
  '\tcray config get core.hostname',
  '\tcray config set core hostname=cray_hostname',
].join('\n')

/** That the service can't be reached, and why. */
export function connectionFailure(why: readonly string[], details: { next?: string; cause?: unknown } = {}): Failure {
  return new Failure(message, { ...details, more: ['', ...why] })
}
