import { usualLimits } from '../time/limits.ts'
import type { CommandDefinition, OptionDefinition } from './definition.ts'
import { formats } from './formats.ts'

const { connect, read, write } = usualLimits

/** In seconds. Other programs take 0 for no limit; here nothing would ever be in time. */
const leastWait = 0.01

/** Options that every command takes, anywhere on the line. The first five are the original's. */
export const globalOptions = [
  {
    flag: '--configuration',
    type: 'text',
    placeholder: 'NAME',
    complete: 'configuration',
    help: 'Configuration to use (CRAY_CONFIG)',
  },
  { flag: '--quiet', type: 'flag', help: 'Print no messages, only the result (CRAY_QUIET)' },
  {
    flag: '--format',
    short: '-o',
    type: 'choice',
    placeholder: 'FORMAT',
    choices: formats,
    help: 'How the result is printed (CRAY_FORMAT); toml by default',
  },
  { flag: '--token', type: 'path', placeholder: 'FILE', help: 'Token file to use (CRAY_CREDENTIALS)' },
  { flag: '--verbose', short: '-v', type: 'level', help: 'Log requests to stderr; more with -vv, -vvv' },
  { flag: '--query', type: 'text', placeholder: 'EXPR', help: 'Print only what this JMESPath expression picks' },
  { flag: '--ca-file', type: 'path', placeholder: 'FILE', help: 'Certificates to trust besides the usual (CRAY_IMS_CA_FILE)' },
  {
    flag: '--insecure',
    type: 'flag',
    help: 'Do not verify the server (CRAY_IMS_INSECURE=1); secrets are sent only if this is typed',
  },
  {
    flag: '--connect-timeout',
    type: 'duration',
    placeholder: 'TIME',
    min: leastWait,
    help: `Longest wait for a connection; ${connect}s by default`,
  },
  {
    flag: '--request-timeout',
    type: 'duration',
    placeholder: 'TIME',
    min: leastWait,
    help: `Longest wait for the next byte; ${read}s by default, ${write}s for a write; ten times that for a whole answer`,
  },
  { flag: '--retries', type: 'count', placeholder: 'N', help: 'How often a failed read is retried (CRAY_IMS_RETRIES); 3 by default' },
] as const satisfies readonly OptionDefinition[]

/** Environment variables of global options that aren't made from the command's name. */
export const globalEnvironment: Readonly<Record<string, string>> = {
  configuration: 'CRAY_CONFIG',
  quiet: 'CRAY_QUIET',
  format: 'CRAY_FORMAT',
  token: 'CRAY_CREDENTIALS',
  ca_file: 'CRAY_IMS_CA_FILE',
  insecure: 'CRAY_IMS_INSECURE',
  connect_timeout: 'CRAY_IMS_CONNECT_TIMEOUT',
  request_timeout: 'CRAY_IMS_REQUEST_TIMEOUT',
  retries: 'CRAY_IMS_RETRIES',
}

/** All options of a command: its own, and the global ones that it doesn't redefine. */
export function optionsOf(command: CommandDefinition): { own: readonly OptionDefinition[]; inherited: readonly OptionDefinition[] } {
  const own = command.options ?? []
  const inherited: readonly OptionDefinition[] = globalOptions.filter((option) => !own.some((other) => other.flag === option.flag))
  return {
    own,
    inherited: inherited.map((option) =>
      own.some(({ short }) => short && short === option.short) ? { ...option, short: undefined } : option,
    ),
  }
}
