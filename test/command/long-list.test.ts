import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { serveHttp, type Loopback } from '../support/loopback.ts'
import { program, run } from '../support/program.ts'

const image = (number: number) => ({
  id: `id-${number}`,
  name: `é ${number}`,
  link: { path: 's3://x', etag: '' },
  metadata: { a: '1', b: ' x' },
  created: null,
})
const list = JSON.stringify(Array.from({ length: 5000 }, (_, number) => image(number)))
let body: string
let cut: boolean
let server: Loopback
let folder: string

beforeAll(async () => {
  server = await serveHttp((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) })
    if (cut) response.write(body.slice(0, -1), () => response.destroy())
    else response.end(body)
  })
  folder = mkdtempSync(join(tmpdir(), 'long-list-'))
  const configurations = join(folder, '.config/cray/configurations')
  mkdirSync(configurations, { recursive: true })
  writeFileSync(join(configurations, 'default'), `[core]\nhostname = "${server.url}"\n`)
})
afterAll(async () => {
  await server.close()
  rmSync(folder, { recursive: true, force: true })
})
beforeEach(() => {
  body = list
  cut = false
})

const env = () => ({ PATH: process.env.PATH!, HOME: folder })
const images = (...options: string[]) => run(['images', 'list', ...options], { cwd: folder, env: env() })

test.each(['json', 'toml', 'yaml'])('a long list is printed as %s as what is read as a whole', async (format) => {
  const outcome = await images('--format', format)
  // The third -v asks for the size of the whole.
  const whole = await images('--format', format, '-vvv')
  expect(outcome).toMatchObject({ exit: 0, stderr: '' })
  expect(outcome.stdout.length).toBeGreaterThan(2 ** 18)
  expect(outcome.stdout === whole.stdout).toBe(true)
})

test('of a list that breaks off, nothing is printed', async () => {
  cut = true
  expect(await images('--retries', '1')).toMatchObject({ exit: 2, stdout: '', stderr: expect.stringContaining('broke off') })
})

test('of a list that is no JSON, nothing is printed', async () => {
  body = list.replace('"id-4999"', 'id')
  expect(await images()).toMatchObject({ exit: 2, stdout: '', stderr: expect.stringContaining('expected a value at line 1 column') })
})

test('a list that is not of tables alone is printed as toml, too', async () => {
  body = list.replace(/\]$/, ',1]')
  const outcome = await images()
  expect(outcome).toMatchObject({ exit: 0, stderr: '' })
  expect(outcome.stdout.startsWith('results = [ {')).toBe(true)
  expect(outcome.stdout.endsWith(', 1,]\n\n')).toBe(true)
})

test('a reader that is slow gets all of it', async () => {
  const child = spawn(process.execPath, [program, 'images', 'list', '--format', 'json'], {
    cwd: folder,
    env: env(),
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await new Promise((done) => setTimeout(done, 1000))
  const { stdout } = await images('--format', 'json')
  let text = ''
  for await (const chunk of child.stdout.setEncoding('utf8')) text += chunk
  expect(text === stdout).toBe(true)
})
