import { STATUS_CODES } from 'node:http'
import { usageError } from '../errors.ts'
import { gatewayAnswer, type Answer, type Call } from './answer.ts'
import { problem } from './problem.ts'

/** A wrong answer, and which requests get it. */
export interface Fault {
  /** Undefined for any. */
  readonly method: string | undefined
  /** `/jobs/*`: of any version of the API, unless it starts with `/apis` or `/keycloak`; `s3://boot-images/**`: of the S3. */
  readonly path: string
  /** How often; Infinity unless said. */
  readonly times: number
  /** `service`: as long as the service takes for the request. */
  readonly delayMilliseconds: number | 'service'
  readonly status: number | undefined
  readonly broken: 'reset' | 'truncate' | undefined
}

const form = 'METHOD PATH, then what happens: a status, delay=2s, delay=service, reset, truncate; x3 for the first three only'
const example = ['mock', '--fault', 'GET /jobs 503 x3']
const units = { ms: 1, s: 1000, m: 60_000 }

/**
 * A fault from its text: `GET /jobs 503 x3`, `* /images/* delay=2s`, `/recipes reset`.
 * @throws CliError of the command line when it can't be read
 */
export function parseFault(text: string): Fault {
  const wrong = (why: string) =>
    usageError(`Invalid value for '--fault': ${JSON.stringify(text)}: ${why}`, { more: [`It is ${form}.`], next: example })
  const words = text.trim().split(/\s+/)
  const method = isPath(words[0]!) ? '*' : words.shift()!.toUpperCase()
  if (!/^(\*|GET|HEAD|OPTIONS|POST|PATCH|PUT|DELETE)$/.test(method)) throw wrong(`${JSON.stringify(method)} is not a method`)
  const path = words.shift()
  if (path === undefined || !isPath(path)) throw wrong('it names no path that starts with / or s3://')

  let times = Infinity
  let delayMilliseconds: Fault['delayMilliseconds'] = 0
  let status: number | undefined
  let broken: Fault['broken']
  for (const word of words) {
    const delay = /^delay=(\d+(?:\.\d+)?)(ms|s|m)?$/.exec(word)
    if (/^x[1-9]\d*$/.test(word)) times = Number(word.slice(1))
    else if (/^[2-5]\d\d$/.test(word) && STATUS_CODES[word]) status = Number(word)
    else if (word === 'delay=service') delayMilliseconds = 'service'
    else if (delay) delayMilliseconds = Number(delay[1]) * units[(delay[2] ?? 's') as keyof typeof units]
    else if (word === 'reset' || word === 'truncate') broken = word
    else throw wrong(`${JSON.stringify(word)} is not a fault`)
  }
  if (status === undefined && broken === undefined && delayMilliseconds === 0) throw wrong('nothing happens')
  if (broken === 'reset' && status !== undefined) throw wrong('a connection that is reset has no status')
  return { method: method === '*' ? undefined : method, path, times, delayMilliseconds, status, broken }
}

const isPath = (word: string) => word.startsWith('/') || word.startsWith('s3://')

/** Gives each request the first fault that is meant for it and isn't used up. */
export function createFaults(faults: readonly Fault[]): (call: Pick<Call, 'method' | 'path'>) => Fault | undefined {
  const left = faults.map((fault) => ({ fault, matches: matcher(fault), times: fault.times }))
  return (call) => {
    const next = left.find((one) => one.times > 0 && one.matches(call))
    if (next) next.times -= 1
    return next?.fault
  }
}

/** The answer that a fault gives in place of the service's; undefined when it lets the service answer. */
export function faultAnswer({ status, broken }: Fault): Answer | undefined {
  if (broken === 'reset') return { ...gatewayAnswer(502, ''), broken }
  if (status === undefined) return undefined
  const wrong =
    status === 429 || status > 500
      ? gatewayAnswer(status, 'upstream connect error or disconnect/reset before headers')
      : problem(status, 'The mock was told to answer so.')
  return broken ? { ...wrong, broken } : wrong
}

function matcher({ method, path }: Fault): (call: Pick<Call, 'method' | 'path'>) => boolean {
  const whole = /^(\/(apis|keycloak)(\/|$)|s3:\/\/)/.test(path)
  const body = path
    .split(/(\*+)/)
    .map((part) => (part === '*' ? '[^/]*' : part.startsWith('*') ? '.*' : part.replace(/[.+?^${}()|[\]\\]/g, '\\$&')))
    .join('')
  const pattern = new RegExp(`^${whole ? '' : '/apis/ims(?:/v[23])?'}${body}$`)
  return (call) => (method === undefined || method === call.method) && pattern.test(call.path)
}
