import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { rootCertificates } from 'node:tls'
import { X509Certificate } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createTrust, type Trust } from '../../src/http/trust.ts'
import { makeCa } from '../support/certificates.ts'

let folder: string
let one: string
let two: string
const nowhere = { site: [], system: [] }
const file = (name: string, content: string | Buffer) => {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}
const last = (trust: Trust) => {
  for (let level = 0; ; level++) if (!trust.set(level)) return level - 1
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ims-trust-'))
  one = (await makeCa('One')).cert
  two = (await makeCa('Two')).cert
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('reads only as far as it is asked', () => {
  const named = file('named.pem', one)
  const site = file('site.pem', `${one}\n${two}`)
  const system = file('system.pem', two)
  const trust = createTrust({ named: [{ path: named, source: '--ca-file' }], env: {}, wellKnown: { site: [site], system: [system] } })
  expect(trust.tried).toEqual([])
  const seen = [0, 1, 2, 3].map((level) => {
    expect(trust.set(level)).toBeDefined()
    return trust.tried.length
  })
  expect(seen).toEqual([1, 2, 3, 4])
  expect(trust.set(4)).toBeUndefined()
  expect(trust.tried).toEqual([
    { path: named, source: '--ca-file', found: 1 },
    { path: site, found: 2 },
    { path: system, found: 1 },
    { path: "Node's own", found: rootCertificates.length },
  ])
})

test('passes over sets that add nothing', () => {
  const missing = join(folder, 'missing.pem')
  const trust = createTrust({ env: { SSL_CERT_FILE: missing }, wellKnown: { site: [missing], system: [file('system.pem', one)] } })
  expect(last(trust)).toBe(1)
})

test('a named file that is a whole bundle comes after the site', () => {
  const bundle = file('bundle.pem', `${one}\n${'#'.repeat(70_000)}\n`)
  const site = file('site.pem', two)
  const trust = createTrust({ env: { SSL_CERT_FILE: bundle }, wellKnown: { site: [site], system: [bundle] } })
  trust.set(0)
  expect(trust.tried.map(({ path }) => path)).toEqual([site])
  trust.set(1)
  expect(trust.tried.map(({ path }) => path)).toEqual([site, bundle])
})

test('a file named twice is read once', () => {
  const path = file('ca.pem', one)
  const trust = createTrust({
    named: [{ path, source: '--ca-file' }],
    env: { SSL_CERT_FILE: path, REQUESTS_CA_BUNDLE: path },
    wellKnown: nowhere,
  })
  trust.set(0)
  expect(trust.tried).toEqual([{ path, source: '--ca-file', found: 1 }])
})

describe('what is named and of no use is warned of', () => {
  test.each<[string, () => string, string]>([
    ['missing', () => join(folder, 'no.pem'), 'missing'],
    ['empty', () => file('empty.pem', ''), 'no certificate in it'],
    ['no certificate', () => file('text.pem', 'hello'), 'no certificate in it'],
  ])('%s', (_what, path, why) => {
    const warnings: string[] = []
    const trust = createTrust({
      env: { REQUESTS_CA_BUNDLE: path() },
      wellKnown: { site: [join(folder, 'also-missing')], system: [] },
      warn: (line) => warnings.push(line),
    })
    trust.set(0)
    expect(warnings).toEqual([`Warning: REQUESTS_CA_BUNDLE: ${path()}: ${why}`])
  })

  test.skipIf(process.getuid?.() === 0)('unreadable', () => {
    const path = file('secret.pem', one)
    chmodSync(path, 0)
    const warnings: string[] = []
    createTrust({ env: { SSL_CERT_FILE: path }, wellKnown: nowhere, warn: (line) => warnings.push(line) }).set(0)
    expect(warnings).toEqual([`Warning: SSL_CERT_FILE: ${path}: unreadable (EACCES)`])
  })
})

test.each<[string, () => string, number]>([
  ['DER', () => file('ca.der', new X509Certificate(one).raw), 1],
  [
    'a folder',
    () => {
      const path = join(folder, 'hashed')
      mkdirSync(path, { recursive: true })
      writeFileSync(join(path, 'a.0'), one)
      writeFileSync(join(path, 'b.0'), two)
      writeFileSync(join(path, 'README'), 'x')
      return path
    },
    2,
  ],
  ['CRLF and remarks', () => file('crlf.pem', `# One\r\n${one.replaceAll('\n', '\r\n')}`), 1],
  ['a broken one before a good one', () => file('broken.pem', `-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n${one}`), 2],
])('reads %s', (_what, path, found) => {
  const trust = createTrust({ env: { SSL_CERT_FILE: path() }, wellKnown: nowhere })
  for (let level = 0; trust.tried.length === 0 || !trust.tried.some((tried) => tried.source); level++) trust.set(level)
  expect(trust.tried.find((tried) => tried.source)).toMatchObject({ found })
})
