import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import type { IncomingHttpHeaders } from 'node:http'
import http from 'node:http'
import https from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { readJson } from '../../src/json/read.ts'
import { run } from '../support/program.ts'
import { deviationsOf, type Content, type Recorded } from './recorded.ts'

/** A certificate for 127.0.0.1 that signs itself, and where it lies. */
export interface Certificate {
  key: string
  cert: string
  file: string
}

interface Sent {
  method: string
  path: string
  query: string
  headers: IncomingHttpHeaders
  body: string
}

export interface Asked {
  /** What a case of our own asks of stderr: what it says, and what it doesn't. */
  says?: readonly (string | { not: string })[]
  /** What to run in place of the built program. */
  command?: readonly string[]
  /** PATH, where it isn't ours. */
  path?: string
}

/** Runs one case against the built program and says in what it differs; nothing where it doesn't. */
export async function replay(
  recorded: Recorded,
  certificate: Certificate,
  { says = [], command, path = process.env.PATH! }: Asked = {},
): Promise<string[]> {
  const home = mkdtempSync(join(tmpdir(), 'golden-'))
  const served = await serve(recorded, certificate)
  const { port } = served.server.address() as AddressInfo
  const fill = filler({
    '@HOST@': `127.0.0.1:${port}`,
    '@HOSTNAME_@': `127_0_0_1:${port}`,
    '@HOST_URLENC@': encodeURIComponent(`127.0.0.1:${port}`),
    '@PORT@': String(port),
    '@HOME@': home,
    '@SCHEME@': recorded.tls ? 'https' : 'http',
  })
  const { wanted, skipped } = withDeviations(fill(recorded))
  served.answers.push(...wanted.responses)
  try {
    layOut(home, wanted)
    const before = snapshot(home)
    const base: Record<string, string> = {
      PATH: path,
      HOME: home,
      CRAY_CONFIG_DIR: home,
      LANG: 'C.UTF-8',
      // The original never tries again.
      CRAY_IMS_RETRIES: '0',
      SSL_CERT_FILE: certificate.file,
      REQUESTS_CA_BUNDLE: certificate.file,
    }
    const env = Object.fromEntries(
      Object.entries({ ...base, ...wanted.env }).filter((entry): entry is [string, string] => entry[1] !== null),
    )
    const outcome = await run(wanted.argv, { cwd: home, env, stdin: wanted.stdin ?? '', command })
    const check = (what: Parameters<typeof skipped.has>[0], problems: () => string[]) => (skipped.has(what) ? [] : problems())
    return [
      ...check('exit', () => differ('exit', outcome.exit, wanted.exit)),
      ...check('stdout', () => (wanted.stdout === null ? [] : differ('stdout', outcome.stdout, bytes(wanted.stdout).toString()))),
      ...check('requests', () => compareRequests(served.sent, wanted.requests)),
      ...check('stderr', () => compareErrors(outcome.stderr, wanted)),
      ...says.flatMap((text) =>
        (typeof text === 'string' ? outcome.stderr.includes(text) : !outcome.stderr.includes(text.not))
          ? []
          : [`stderr: ${JSON.stringify(text)}: ${outcome.stderr}`],
      ),
      ...check('files', () => compareFiles(before, snapshot(home), wanted)),
    ]
  } finally {
    served.server.closeAllConnections()
    served.server.close()
    rmSync(home, { recursive: true, force: true })
  }
}

const bytes = (content: Content): Buffer => (typeof content === 'string' ? Buffer.from(content) : Buffer.from(content.base64, 'base64'))
const differ = (what: string, got: unknown, wanted: unknown): string[] =>
  isDeepStrictEqual(got, wanted) ? [] : [`${what} is ${JSON.stringify(got)}, not ${JSON.stringify(wanted)}`]

/** Fills in the placeholders of all texts and keys in a value. */
function filler(places: Record<string, string>): <T>(value: T) => T {
  const text = (given: string) => given.replace(/@[A-Z_]+@/g, (name) => places[name] ?? name)
  const fill = (value: unknown): unknown => {
    if (typeof value === 'string') return text(value)
    if (Array.isArray(value)) return value.map(fill)
    if (value && typeof value === 'object') return Object.fromEntries(Object.entries(value).map(([key, item]) => [text(key), fill(item)]))
    return value
  }
  return fill as <T>(value: T) => T
}

function withDeviations(recorded: Recorded) {
  const found = deviationsOf(recorded.name)
  const wanted = { ...recorded }
  for (const { want } of found) {
    const { path, ...fields } = want ?? {}
    Object.assign(wanted, fields)
    if (path) wanted.requests = [{ ...recorded.requests[0]!, path, query: '' }, ...recorded.requests.slice(1)]
    // What is said instead is ours to choose.
    wanted.stderr = undefined
  }
  return { wanted, skipped: new Set(found.flatMap(({ skip }) => skip ?? [])) }
}

function layOut(home: string, { files, file_modes }: Recorded): void {
  for (const [path, content] of Object.entries(files)) {
    const target = join(home, path)
    mkdirSync(dirname(target), { recursive: true })
    writeFileSync(target, bytes(content))
    chmodSync(target, Number(file_modes?.[path] ?? '0o600'))
  }
}

type Files = Map<string, { mode: number; text: string }>

function snapshot(home: string): Files {
  const entries = readdirSync(home, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  return new Map(
    entries.map((entry) => {
      const path = join(entry.parentPath, entry.name)
      return [relative(home, path), { mode: statSync(path).mode & 0o777, text: readFileSync(path, 'utf8') }]
    }),
  )
}

async function serve({ tls }: Recorded, certificate: Certificate) {
  const sent: Sent[] = []
  const answers: Recorded['responses'] = []
  const listener: http.RequestListener = (request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const [path = '', query = ''] = request.url!.split('?')
      sent.push({ method: request.method!, path, query, headers: request.headers, body: Buffer.concat(chunks).toString() })
      const { status, reason, headers, body } = answers.shift() ?? { status: 599, reason: 'Nothing More Recorded', headers: {}, body: '' }
      const empty = status === 204
      const content = bytes(body)
      const all = empty ? headers : { ...headers, 'content-length': String(content.length) }
      response.writeHead(status, reason, all).end(empty ? undefined : content)
    })
  }
  const server = tls ? https.createServer(certificate, listener) : http.createServer(listener)
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return { server, sent, answers }
}

function compareRequests(sent: Sent[], wanted: Recorded['requests']): string[] {
  const lines = (all: readonly { method: string; path: string }[]) => all.map(({ method, path }) => `${method} ${path}`)
  const problems = differ('requests', lines(sent), lines(wanted))
  return problems.length > 0 ? problems : sent.flatMap((got, at) => compareRequest(got, wanted[at]!))
}

const pairs = (text: string) => [...new URLSearchParams(text)].map((pair) => pair.join('=')).sort()
// The original's login form leaks the names of its own objects, and a client may name itself in either place.
const leaked = /^(token_updater|auto_refresh_url|auto_refresh_kwargs|client_id)=/
const clientAlone = `Basic ${Buffer.from('shasta:').toString('base64')}`

function compareRequest(got: Sent, wanted: Recorded['requests'][number]): string[] {
  const headers = Object.fromEntries(Object.entries(wanted.headers).map(([name, value]) => [name.toLowerCase(), value]))
  const type = (value: string | undefined) => (value ?? '').split(';')[0]
  const namesClient = headers.authorization === clientAlone && /(^|&)client_id=shasta(&|$)/.test(got.body)
  return [
    ...differ('query', pairs(got.query), pairs(wanted.query)),
    ...(namesClient ? [] : differ('authorization', got.headers.authorization, headers.authorization)),
    ...differ('tenant', got.headers['cray-tenant-name'], headers['cray-tenant-name']),
    ...(wanted.raw_body ? differ('content type', type(got.headers['content-type']), type(headers['content-type'])) : []),
    ...(type(headers['content-type'])?.includes('urlencoded')
      ? differ(
          'form',
          pairs(got.body).filter((pair) => !leaked.test(pair)),
          pairs(wanted.raw_body).filter((pair) => !leaked.test(pair)),
        )
      : differ('body', data(got.body), data(wanted.raw_body))),
  ]
}

// Numbers are compared as they are written: as numbers, 99999999999999999999 would be 1e20.
const data = (text: string) => (text === '' ? undefined : readJson(text))

/** What stderr must say: the original's message; for a wrong command line the option or word that is wrong. */
function compareErrors(got: string, wanted: Recorded): string[] {
  if (wanted.exit === 0) return silent(got, wanted)
  if (got.trim() === '') return ['failed without a word on stderr']
  const [, message] = /^Error: (.*)$/m.exec(wanted.stderr ?? '') ?? []
  if (!message) return []
  const typed = wanted.requests.length === 0 && /^(err|fmt|list|public-key|req|bool|conf-env|conf-quiet)-/.test(wanted.name)
  const needed = typed ? (/--[a-z-]+|'[^']+'/.exec(message)?.[0] ?? '').replaceAll("'", '') : message
  return got.includes(needed) ? [] : [`stderr lacks ${JSON.stringify(needed)}: ${got}`]
}

/** A command that succeeds says nothing but warnings, unless it is asked to, or asks. */
function silent(got: string, { argv, env, name }: Recorded): string[] {
  const asked =
    argv.some((word) => /^(-v+|--verbose)$/.test(word)) || name === 'conf-table-verbose' || ['init', 'auth', 'config'].includes(argv[0]!)
  const lines = got.split('\n').filter((line) => line !== '' && !line.startsWith('Warning: '))
  return asked || lines.length === 0 ? [] : [`stderr is not empty: ${got} (${JSON.stringify(env)})`]
}

function compareFiles(before: Files, after: Files, { files_written = {}, files_removed = [] }: Recorded): string[] {
  const written = Object.entries(files_written).filter(([path]) => !path.endsWith('/'))
  return [
    ...written.flatMap(([path, wanted]) => {
      const got = after.get(path)
      if (!got) return [`did not write ${path}`]
      const wider = got.mode & ~Number(wanted.mode)
      return [...(wider ? [`${path} has mode ${got.mode.toString(8)}`] : []), ...differ(path, token(got.text), token(wanted.text))]
    }),
    ...[...before].flatMap(([path, { text }]) => {
      if (!after.has(path)) return files_removed.includes(path) ? [] : [`removed ${path}`]
      return path in files_written || after.get(path)!.text === text ? [] : [`changed ${path}`]
    }),
  ]
}

/** A token file's data, the time at which it expires checked to be as far away as it says; any other text as it is. */
function token(text: string): unknown {
  try {
    const { expires_at, ...rest } = JSON.parse(text) as Record<string, unknown>
    const due = Date.now() / 1000 + Number(rest.expires_in ?? 0)
    const right = typeof expires_at === 'string' || Math.abs(Number(expires_at) - due) < 30
    return { ...rest, expires: expires_at === undefined ? 'never' : right ? 'when it says' : expires_at }
  } catch {
    return text
  }
}
