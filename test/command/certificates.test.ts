import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { makeCa, makeServerCertificate, type Pair } from '../support/certificates.ts'
import { serveHttp } from '../support/loopback.ts'
import { run } from '../support/program.ts'
import { temporaryFolder } from '../support/sshd.ts'

// What a server presents, its own certificate first, what the user trusts, and what comes of it.
let home: ReturnType<typeof temporaryFolder>
beforeEach(() => void (home = temporaryFolder()))
afterEach(() => home.remove())

const write = (path: string, text: string) => {
  mkdirSync(dirname(join(home.path, path)), { recursive: true })
  writeFileSync(join(home.path, path), text)
  return join(home.path, path)
}

/** Lists images of a server, in one request; and describes two, over connections that are held. */
async function ask(presented: readonly Pair[], trusted: readonly string[], host = '127.0.0.1') {
  let requests = 0
  const [{ key }] = presented as [Pair]
  const cert = presented.map((pair) => pair.cert).join('\n')
  const server = await serveHttp(
    (_, response) => {
      requests++
      response.writeHead(200, { 'Content-Type': 'application/json' }).end('[]')
    },
    // A server may present what nobody should take.
    { key, cert, ciphers: 'DEFAULT@SECLEVEL=0' },
  )
  try {
    write('.config/cray/configurations/default', `[core]\nhostname = "https://${host}:${server.port}"\n`)
    const env = { PATH: process.env.PATH!, HOME: home.path, CRAY_IMS_CA_FILE: write('ca.pem', trusted.join('\n')), CRAY_IMS_RETRIES: '0' }
    const listed = await run(['images', 'list'], { cwd: home.path, env })
    const after = requests
    const named = await run(['images', 'describe', 'a', 'b'], { cwd: home.path, env })
    return { listed, after, named, requests }
  } finally {
    await server.close()
  }
}

interface Case {
  name: string
  /** @param ca one that nobody trusts yet. */
  make(ca: Pair): Promise<{ presented: readonly Pair[]; trusted: readonly string[] }>
  host?: 'localhost'
}

const sameName = 'a CA'
const broken = '-----BEGIN CERTIFICATE-----\nMIIBnonsense\n-----END CERTIFICATE-----'

/** A server's certificate of a CA that is trusted. */
const certified = (of: Parameters<typeof makeServerCertificate>[0]) => async (ca: Pair) => ({
  presented: [await makeServerCertificate({ ca, ...of })],
  trusted: [ca.cert],
})

/** One of a CA that a trusted one has certified. */
const overAnother = (of: Parameters<typeof makeCa>[1]) => async (ca: Pair) => {
  const between = await makeCa('between', { ca, ...of })
  return { presented: [await makeServerCertificate({ ca: between }), between], trusted: [ca.cert] }
}

/** One of a CA that is not among the trusted. */
const withOthers = (trusted: (ca: Pair) => Promise<readonly string[]>) => async (ca: Pair) => ({
  presented: [await makeServerCertificate({ ca })],
  trusted: await trusted(ca),
})

const taken: readonly Case[] = [
  { name: 'of a trusted CA', make: certified({}) },
  { name: 'for a name', make: certified({}), host: 'localhost' },
  { name: 'of a CA that a trusted one has certified', make: overAnother({}) },
  { name: 'of a CA behind a broken one', make: withOthers(async ({ cert }) => [broken, cert]) },
  {
    name: 'of a CA in a file of many',
    make: withOthers(async ({ cert }) => [
      ...(await Promise.all(numbers.map((number) => makeCa(`CA ${number}`)))).map((ca) => ca.cert),
      cert,
    ]),
  },
  {
    name: 'that is trusted itself',
    async make() {
      const own = await makeServerCertificate({})
      return { presented: [own], trusted: [own.cert] }
    },
  },
]
const numbers = Array.from({ length: 120 }, (_, number) => number)

test.each(taken)('a certificate $name is taken', { timeout: 60_000 }, async ({ make, host }) => {
  const { presented, trusted } = await make(await makeCa(sameName))
  const { listed, after, named, requests } = await ask(presented, trusted, host)
  expect(listed).toEqual({ exit: 0, stdout: 'results = []\n\n', stderr: '' })
  expect(after).toBe(1)
  expect(named.stderr).toContain('no image matches "a"')
  expect(requests).toBeGreaterThan(after)
})

const refused: readonly (Case & { why: string | RegExp })[] = [
  { name: 'of another CA', why: 'not trusted', make: withOthers(async () => [(await makeCa('another CA')).cert]) },
  { name: 'of another CA of the same name', why: 'not trusted', make: withOthers(async () => [(await makeCa(sameName)).cert]) },
  {
    name: 'of another CA of the same name, which is presented as well',
    why: 'not trusted',
    make: async (ca) => ({ presented: [await makeServerCertificate({ ca }), ca], trusted: [(await makeCa(sameName)).cert] }),
  },
  { name: 'for another name', why: 'for another name', make: certified({ name: 'elsewhere.local' }), host: 'localhost' },
  { name: 'for a name that is written as the address', why: 'for another name', make: certified({ name: '127.0.0.1' }) },
  { name: 'for all names', why: 'for another name', make: certified({ name: '*' }), host: 'localhost' },
  { name: 'that has expired', why: 'expired', make: certified({ from: -3 }) },
  { name: 'that is not valid yet', why: 'not yet valid', make: certified({ from: 1 }) },
  { name: 'that is signed with SHA-1', why: 'signed with SHA-1', make: certified({ algorithm: 'sha1' }) },
  { name: 'of a CA whose certificate is signed with SHA-1', why: 'signed with SHA-1', make: overAnother({ algorithm: 'sha1' }) },
  { name: 'for clients', why: /not trusted|TLS|failed/, make: certified({ onlyForClients: true }) },
  {
    name: 'that another server has signed',
    why: /not trusted|TLS/,
    async make(ca) {
      const server = await makeServerCertificate({ ca })
      return { presented: [await makeServerCertificate({ ca: server }), server], trusted: [ca.cert] }
    },
  },
]

test.each(refused)('a certificate $name is refused, and nothing is sent', async ({ why, make, host }) => {
  const { presented, trusted } = await make(await makeCa(sameName))
  const { listed, named, requests } = await ask(presented, trusted, host)
  for (const { exit, stdout, stderr } of [listed, named]) {
    expect({ exit, stdout }).toEqual({ exit: 2, stdout: '' })
    expect(stderr).toMatch(why)
  }
  expect(requests).toBe(0)
})

test("a proxy's certificate that is signed with SHA-1 is refused, too", async () => {
  const ca = await makeCa(sameName)
  const pair = await makeServerCertificate({ ca, algorithm: 'sha1' })
  const proxy = await serveHttp(() => {}, { ...pair, ciphers: 'DEFAULT@SECLEVEL=0' })
  try {
    write('.config/cray/configurations/default', '[core]\nhostname = "https://h.invalid"\n')
    const { exit, stderr } = await run(['images', 'list'], {
      cwd: home.path,
      env: { PATH: process.env.PATH!, HOME: home.path, CRAY_IMS_CA_FILE: write('ca.pem', ca.cert), HTTPS_PROXY: proxy.url },
    })
    expect(exit).toBe(2)
    expect(stderr).toContain('certificate of the proxy (HTTPS_PROXY) signed with SHA-1')
  } finally {
    await proxy.close()
  }
})
