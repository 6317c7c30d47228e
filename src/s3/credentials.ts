import { CliError, usageError } from '../errors.ts'
import type { Api } from '../ims/api.ts'
import { isTransient } from '../ims/availability.ts'
import { toData, type Value } from '../json/value.ts'

/** Keys that requests to an S3 are signed with. */
export interface Keys {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
  /** When they end; none is never. */
  readonly expiration?: Date
}

/** Where keys come from, and what for. */
export interface Credentials {
  /** The address of the S3. */
  readonly endpoint: string
  /** Keys that are good now: new ones where those before end soon. @throws CliError where there are none. */
  keys(): Promise<Keys>
  /** What they are, in words, without what is secret of them. */
  inWords(): string
}

/** Whether a text is the address of an S3. */
function isAddress(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)
}

/** The longest time before keys end at which they are renewed, in milliseconds. */
const early = 300_000

/** How long is waited before the gateway is asked again, in milliseconds. */
const waits = [500, 1000, 2000, 5000, 10_000]

/** Where the gateway gives credentials. */
export const stsPath = '/apis/sts/token'

/**
 * Credentials that the system's gateway gives for the user's token, renewed before they end.
 *
 * @throws CliError where it gives none.
 */
export async function serviceCredentials(
  api: Pick<Api, 'send'>,
  { now, sleep }: { now: () => number; sleep: (milliseconds: number) => Promise<void> },
): Promise<Credentials> {
  // A gateway that restarts ends no upload that has gone on for hours.
  const send = async (again = 0): Promise<Value | undefined> => {
    try {
      return await api.send({ method: 'PUT', path: stsPath })
    } catch (error) {
      if (!isTransient(error) || again === waits.length) throw error
      await sleep(waits[again]!)
      return send(again + 1)
    }
  }
  const ask = async () => ({ ...readCredentials(await send()), begun: now() })
  let current = await ask()
  let renewal: Promise<void> | undefined
  const endsSoon = () => {
    const end = current.keys.expiration?.getTime() ?? Infinity
    return end - now() < Math.min(early, (end - current.begun) / 2)
  }
  return {
    endpoint: current.endpoint,
    async keys() {
      if (endsSoon()) {
        renewal ??= ask()
          .then((next) => void (current = next))
          .finally(() => (renewal = undefined))
        await renewal
      }
      return current.keys
    },
    inWords: () => `those of PUT ${stsPath}${until(current.keys, now())}`,
  }
}

function until({ expiration }: Keys, now: number): string {
  if (!expiration) return ''
  return expiration.getTime() > now ? `, good until ${expiration.toISOString()}` : `, which ended ${expiration.toISOString()}`
}

function readCredentials(answer: Value | undefined): { keys: Keys; endpoint: string } {
  const data = (answer === undefined ? undefined : toData(answer)) as { Credentials?: Record<string, unknown> } | undefined
  const given = data?.Credentials ?? {}
  const text = (name: string): string => {
    const value = given[name]
    if (typeof value === 'string' && value !== '') return value
    throw new CliError(`PUT ${stsPath} gave credentials without ${name}`, { more: ['Nothing was sent to the S3.'] })
  }
  const endpoint = text('EndpointURL')
  if (!isAddress(endpoint)) {
    throw new CliError(`PUT ${stsPath} gave an EndpointURL that is not an address: ${JSON.stringify(endpoint)}`)
  }
  const expiration = new Date(text('Expiration'))
  return {
    endpoint,
    keys: {
      accessKeyId: text('AccessKeyId'),
      secretAccessKey: text('SecretAccessKey'),
      sessionToken: text('SessionToken'),
      ...(!Number.isNaN(expiration.getTime()) && { expiration }),
    },
  }
}

/**
 * Credentials of the usual variables (`AWS_ACCESS_KEY_ID`, …) or files (`~/.aws/credentials`, `AWS_PROFILE`, …).
 *
 * @throws CliError where there are none.
 */
export async function ownCredentials(endpoint: string, now: () => number): Promise<Credentials> {
  // It may have a password in it, which isn't shown.
  if (!isAddress(endpoint) || new URL(endpoint).username || new URL(endpoint).password)
    throw usageError("Invalid value for '--s3-endpoint': it is not an address like https://HOST, without user and password.")
  const { fromEnv, fromIni } = await import('./sdk-credentials.ts')
  let source = 'the environment (AWS_ACCESS_KEY_ID)'
  let current: Keys | undefined
  async function read(): Promise<Keys> {
    try {
      return await fromEnv()()
    } catch {
      source = `the profile ${process.env.AWS_PROFILE ?? 'default'} of the AWS files`
    }
    try {
      return await fromIni()()
    } catch {
      throw new CliError(`there are no credentials for the S3 at ${endpoint}`, {
        more: [
          'Neither AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are set, nor has ~/.aws/credentials the profile that AWS_PROFILE names, or default.',
          "Without --s3-endpoint those are taken that the system gives for the user's token.",
        ],
        next: 'export AWS_ACCESS_KEY_ID=KEY AWS_SECRET_ACCESS_KEY=SECRET',
      })
    }
  }
  current = await read()
  return {
    endpoint,
    async keys() {
      if (current!.expiration && current!.expiration.getTime() - now() < early) current = await read()
      return current!
    },
    inWords: () => `those of ${source}${until(current!, now())}`,
  }
}
