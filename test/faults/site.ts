import { existsSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import net, { type AddressInfo, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { buffer } from 'node:stream/consumers'
import tls from 'node:tls'
import { tokenPath } from '../../src/config/tokens.ts'
import { createMock, type Mock, type Seed } from '../../src/mock/library.ts'
import { createDoors } from '../../src/mock/ssh/doors.ts'
import { createShells } from '../../src/mock/ssh/shells.ts'
import { tokenPath as tokenEndpoint } from '../../src/mock/token.ts'
import type { Pair } from '../support/certificates.ts'

/** What a whole suite makes once: certificates, and the user's keys. */
export interface Made {
  readonly ca: Pair
  readonly server: Pair
  readonly keys: Readonly<Record<string, string>>
}

/** A request that a fault strikes. */
export interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly socket: Socket
  /** Address of the server. */
  readonly url: string
  /** Has the service do what it is asked; its answer. */
  serve(): Promise<Response>
  /** Sends that. */
  send(answer: Response): Promise<void>
}

/** What a server does wrong. */
export interface ServerFault {
  /** In place of an answer. */
  readonly act?: (exchange: Exchange) => void | Promise<void>
  /** With a connection, before TLS. */
  readonly connect?: (socket: Socket) => void
  /** How often: 1, or Infinity. */
  readonly times: number
  /** The command's environment. */
  readonly env?: Record<string, string>
}

/** A user's home and a service of one cell of the table. */
export interface FaultSite {
  readonly home: string
  readonly url: string
  /** The file of the user's token. */
  readonly token: string
  readonly mock: Mock
  readonly env: Record<string, string>
  /** How many requests came that the fault is for. */
  readonly struck: () => number
  /** Resolves when the first of them is there. */
  readonly firstStruck: Promise<void>
  /** Files of the home, with their modes. */
  files(): Record<string, string>
  /** How many records of each kind the service has. */
  records(): Record<string, number>
  close(): Promise<void>
}

export const configurationFile = '.config/cray/configurations/default'

export async function startFaultSite(
  { ca, server: pair, keys }: Made,
  { fault, strikes, seed, shells }: { fault: ServerFault | undefined; strikes: RegExp; seed: Seed; shells: boolean },
): Promise<FaultSite> {
  const home = mkdtempSync(join(tmpdir(), 'fault-'))
  const doors = shells ? createDoors() : undefined
  const mock = createMock({ seed, speed: 3000, ...(doors && { holdPort: doors.hold }) })
  const opened = doors && (await createShells(mock, doors))
  let left = fault?.times ?? 0
  let struck = 0
  let strike = () => {}
  const firstStruck = new Promise<void>((resolve) => (strike = resolve))

  const http = createServer((request, response) => {
    void answer(request, response).catch(() => request.socket.destroy())
  })
  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url: path = '', headers, socket } = request
    // Read at once: a service does what it was asked also when who asked is gone by then.
    const sent = buffer(request)
    sent.catch(() => {})
    const serve = async () => {
      const bytes = await sent
      const body = bytes.length > 0 ? { body: bytes } : {}
      return mock.handle(new Request(`${url}${path}`, { method, headers: headers as Record<string, string>, ...body }))
    }
    const send = async (answer: Response) => {
      const bytes = Buffer.from(await answer.arrayBuffer())
      if (response.destroyed) return
      const length = request.method === 'HEAD' ? {} : { 'Content-Length': bytes.length }
      response.writeHead(answer.status, answer.statusText, { ...Object.fromEntries(answer.headers), ...length }).end(bytes)
    }
    if (!strikes.test(`${method} ${path}`)) return send(await serve())
    struck++
    strike()
    if (!fault?.act || left === 0) return send(await serve())
    left--
    await fault.act({ request, response, socket, url, serve, send })
  }
  // A command that tries again after a while may meet a server that closes its connection at that moment.
  http.keepAliveTimeout = 0
  const secure = tls.createServer({ cert: pair.cert, key: pair.key, ALPNProtocols: ['http/1.1'] }, (socket) =>
    http.emit('connection', socket),
  )
  const open = new Set<Socket>()
  const gate = net.createServer((socket) => {
    open.add(socket)
    socket.on('close', () => open.delete(socket)).on('error', () => {})
    if (!fault?.connect || left === 0) return void secure.emit('connection', socket)
    left--
    fault.connect(socket)
  })
  secure.on('tlsClientError', () => {})
  await new Promise<void>((listening) => gate.listen(0, '127.0.0.1', listening))
  const url = `https://127.0.0.1:${(gate.address() as AddressInfo).port}`

  const put = (name: string, text: string) => {
    mkdirSync(dirname(join(home, name)), { recursive: true, mode: 0o700 })
    writeFileSync(join(home, name), text, { mode: 0o600 })
  }
  put(configurationFile, `[core]\nhostname = "${url}"\n\n[auth.login]\nusername = "jane"\n`)
  put('.config/cray/active_config', 'default')
  const token = tokenPath({ CRAY_CONFIG_DIR: home }, url, 'jane')
  put(relative(home, token), JSON.stringify(await logIn(mock, url)))
  for (const [name, text] of Object.entries(keys)) put(`.ssh/${name}`, text)
  put('ca.pem', ca.cert)
  put(
    'recipe/config.xml',
    '<?xml version="1.0"?>\n<image schemaversion="7.4" name="x"><repository><source path="https://repo/x"/></repository></image>\n',
  )
  put('images.yaml', 'images:\n  - {name: first, recipe: good}\n  - {name: second, recipe: good}\n')

  return {
    home,
    url,
    token,
    mock,
    env: {
      PATH: '/usr/bin:/bin',
      HOME: home,
      USER: 'jane',
      LANG: 'C.UTF-8',
      CRAY_IMS_CA_FILE: join(home, 'ca.pem'),
      CRAY_IMS_RETRIES: '1',
    },
    struck: () => struck,
    firstStruck,
    files: () => (existsSync(home) ? filesBelow(home) : {}),
    records: () => Object.fromEntries(Object.entries(mock.records()).map(([kind, all]) => [kind, (all as unknown[]).length])),
    async close() {
      const closed = new Promise((done) => gate.close(done))
      for (const socket of open) socket.destroy()
      http.closeAllConnections()
      await closed
      await opened?.close()
      await doors?.close()
      mock.close()
      rmSync(home, { recursive: true, force: true })
    },
  }
}

async function logIn(mock: Mock, url: string): Promise<object> {
  const answer = await mock.answer({
    method: 'POST',
    path: tokenEndpoint,
    query: '',
    contentType: 'application/x-www-form-urlencoded',
    authorization: undefined,
    origin: url,
    body: 'grant_type=password&client_id=shasta&username=jane&password=right',
  })
  const { expires_in: lasts, ...token } = JSON.parse(answer.body)
  return { ...token, expires_in: lasts, expires_at: Date.now() / 1000 + lasts, client_id: 'shasta' }
}

function filesBelow(home: string): Record<string, string> {
  const entries = readdirSync(home, { recursive: true, withFileTypes: true }).filter((entry) => !entry.isDirectory())
  const paths = entries.map((entry) => join(entry.parentPath, entry.name))
  return Object.fromEntries(paths.map((path) => [path.slice(home.length + 1), contentOf(path)]))
}

function contentOf(path: string): string {
  const found = lstatSync(path)
  if (found.isSymbolicLink()) return `-> ${readlinkSync(path)}`
  return `${(found.mode & 0o777).toString(8)} ${found.isFile() ? readFileSync(path, 'utf8') : ''}`
}
