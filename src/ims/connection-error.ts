import { CliError, type NextStep } from '../errors.ts'

const message = 'Unable to connect to cray. Please verify your cray hostname:'

/** What the original says below it, which scripts know. */
export const hostnameCommands: readonly string[] = [
  '',
  '\tcray config get core.hostname',
  '\tcray config set core hostname=cray_hostname',
  '',
]

/** That the service can't be reached, and why. */
export function connectionError(why: readonly string[], details: { next?: NextStep; cause?: unknown } = {}): CliError {
  return new CliError(message, { ...details, more: [...hostnameCommands, ...why] })
}
