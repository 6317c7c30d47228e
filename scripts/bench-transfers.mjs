// Measures uploads and downloads of a large file beside those of curl, against the same S3, in pairs: a RADOS Gateway where
// its programs are installed, else the mock. Nothing here passes or fails.
//
//   npm run bench:transfers [-- MIB [PAIRS]]
import { spawn } from 'node:child_process'
import { createHash, createHmac } from 'node:crypto'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import http from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startMock } from './bench-mock.mjs'
import { machine } from './figures/environment.mjs'
import { median } from './figures/statistics.mjs'
import { loadSupport } from './load-support.mjs'

/** @typedef {{ endpoint: string, keys: { accessKeyId: string, secretAccessKey: string }, close(): Promise<void> }} Gateway */
/** @typedef {{ taken: number, kib: number, stdout: string }} Done */

const [mib = 1024, pairs = 3] = process.argv.slice(2).map(Number)
const program = join(import.meta.dirname, '../bin/cray-ims.js')
const folder = mkdtempSync(join(tmpdir(), 'cray-ims-bench-'))
const bucket = 'boot-images'

/** @param {number} taken */
const rate = (taken) => `${((mib * 1000) / taken).toFixed(0)} MiB/s`

/**
 * Runs a program to its end: milliseconds, and its largest memory.
 *
 * @param {string[]} line
 * @param {{ env?: NodeJS.ProcessEnv, stdin?: string, cwd?: string }} how
 * @returns {Promise<Done>}
 */
function time([command, ...argv], { env = process.env, stdin = '', cwd = folder }) {
  return new Promise((done, fail) => {
    const start = process.hrtime.bigint()
    const child = spawn(command, argv, { env, cwd, stdio: ['pipe', 'pipe', 'pipe'] })
    let [kib, stdout, stderr] = [0, '', '']
    const look = setInterval(() => {
      try {
        kib = Math.max(kib, Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1] ?? 0))
      } catch {
        // It has just ended.
      }
    }, 20)
    child.stdout.on('data', (text) => (stdout += text))
    child.stderr.on('data', (text) => (stderr += text))
    child.on('error', fail)
    child.on('close', (code, signal) => {
      clearInterval(look)
      const taken = Number(process.hrtime.bigint() - start) / 1e6
      if (code === 0) done({ taken, kib, stdout: stdout.trim() })
      else fail(new Error(`${command} ${argv.join(' ')}: ${signal ?? code}\n${stderr}`))
    })
    child.stdin.on('error', () => {})
    child.stdin.end(stdin)
  })
}

/** A gateway as the tests start one; undefined where its programs aren't installed. */
async function startGateway() {
  /** @type {{ hasRadosGateway: boolean, startRadosGateway(bytes: number): Promise<Gateway> }} */
  const { hasRadosGateway, startRadosGateway } = await loadSupport('rados-gateway', folder)
  return hasRadosGateway ? startRadosGateway(mib * 2 ** 20 * 2 * (pairs + 2)) : undefined
}

/**
 * @param {string} url
 * @param {string} token
 */
async function mockCredentials(url, token) {
  const answer = await fetch(`${url}/apis/sts/token`, { method: 'PUT', headers: { Authorization: `Bearer ${token}` } })
  const { Credentials: c } = /** @type {{ Credentials: Record<string, string> }} */ (await answer.json())
  return { endpoint: c.EndpointURL, accessKeyId: c.AccessKeyId, secretAccessKey: c.SecretAccessKey, session: c.SessionToken }
}

/**
 * The headers that sign a request (Signature Version 4), as curl reads them; its own --aws-sigv4 leaves out a port before 8.
 *
 * @param {string} method
 * @param {URL} address
 * @param {{ accessKeyId: string, secretAccessKey: string, session?: string }} keys
 */
function signed(method, address, { accessKeyId, secretAccessKey, session }) {
  const time = new Date().toISOString().replace(/[-:]|\.\d+/g, '')
  const scope = `${time.slice(0, 8)}/us-east-1/s3/aws4_request`
  const headers = [
    ['host', address.host],
    ['x-amz-content-sha256', 'UNSIGNED-PAYLOAD'],
    ['x-amz-date', time],
    ...(session ? [['x-amz-security-token', session]] : []),
  ]
  const names = headers.map(([name]) => name).join(';')
  const canonical = [method, address.pathname, '', ...headers.map((pair) => pair.join(':')), '', names, 'UNSIGNED-PAYLOAD'].join('\n')
  const text = ['AWS4-HMAC-SHA256', time, scope, createHash('sha256').update(canonical).digest('hex')].join('\n')
  /** @type {(key: string | Buffer, data: string) => Buffer} */
  const sign = (key, data) => createHmac('sha256', key).update(data).digest()
  const signature = sign(scope.split('/').reduce(sign, Buffer.from(`AWS4${secretAccessKey}`)), text).toString('hex')
  const authorization = `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope}, SignedHeaders=${names}, Signature=${signature}`
  return [...headers.slice(1), ['Authorization', authorization]].map(([name, value]) => `header = "${name}: ${value}"\n`).join('')
}

/**
 * Passes requests on to an S3, and counts them. What signs a request signs its Host, which stays.
 *
 * @param {string} target
 */
async function startCounter(target) {
  const counted = { requests: 0 }
  const agent = new http.Agent({ keepAlive: true })
  const server = http.createServer((from, to) => {
    counted.requests++
    const onward = http.request(target + from.url, { method: from.method, headers: from.headers, agent }, (answer) => {
      to.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(to)
    })
    onward.on('error', () => to.destroy())
    from.pipe(onward)
  })
  await new Promise((done) => server.listen(0, '127.0.0.1', () => done(undefined)))
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
  return { url: `http://127.0.0.1:${port}`, counted, stop: () => (server.closeAllConnections(), server.close(), agent.destroy()) }
}

/** A file of so many MiB that is no squashfs, and not compressible. */
function makeFile() {
  const file = openSync(join(folder, 'rootfs'), 'w')
  let block = createHash('sha512').update('bench').digest()
  for (let at = 0; at < mib; at++) {
    const piece = Buffer.alloc(2 ** 20, (block = createHash('sha512').update(block).digest()))
    writeSync(file, piece)
  }
  closeSync(file)
}

/**
 * @param {string} what
 * @param {{ ours: Done, theirs: Done, sum: Done }[]} found
 */
function tell(what, found) {
  const ratios = found.map(({ ours, theirs }) => ours.taken / theirs.taken)
  const honest = found.map(({ ours, theirs, sum }) => ours.taken / (theirs.taken + sum.taken))
  const [ours, theirs] = [median(found.map((one) => one.ours.taken)), median(found.map((one) => one.theirs.taken))]
  console.log(`${what}: ${rate(ours)}, curl ${rate(theirs)}`)
  console.log(
    `  ours / curl, pair by pair            ${ratios.map((one) => one.toFixed(2)).join('  ')}   median ${median(ratios).toFixed(2)}`,
  )
  console.log(
    `  ours / (curl and md5sum)             ${honest.map((one) => one.toFixed(2)).join('  ')}   median ${median(honest).toFixed(2)}`,
  )
  console.log(
    `  largest memory                       ${(Math.max(...found.map((one) => one.ours.kib)) / 1024).toFixed(0)} MiB, curl ${(Math.max(...found.map((one) => one.theirs.kib)) / 1024).toFixed(0)} MiB`,
  )
}

const gateway = await startGateway()
const mock = await startMock()
try {
  console.log(`${machine()}; ${mib} MiB, ${pairs} pairs, against ${gateway ? 'a RADOS Gateway' : "the mock's S3"}\n`)
  const token = readFileSync(mock.tokenFile, 'utf8').trim()
  const given = gateway ? { endpoint: gateway.endpoint, ...gateway.keys, session: undefined } : await mockCredentials(mock.url, token)
  const env = {
    PATH: process.env.PATH,
    HOME: folder,
    CRAY_CONFIG_DIR: mock.configDir,
    AWS_ACCESS_KEY_ID: given.accessKeyId,
    AWS_SECRET_ACCESS_KEY: given.secretAccessKey,
    ...(given.session && { AWS_SESSION_TOKEN: given.session }),
  }
  // What is secret comes by stdin: others see a line's words.
  /**
   * @param {string} method
   * @param {string} address
   * @param {string[]} words
   */
  const curl = (method, address, ...words) =>
    time(['curl', '-sSf', '-K', '-', ...words, address], { stdin: signed(method, new URL(address), given) })
  /** @param {string[]} words */
  const ims = (...words) => time([process.execPath, program, 'images', ...words, '--quiet'], { env })
  if (gateway) await curl('PUT', `${given.endpoint}/${bucket}`, '-X', 'PUT')
  makeFile()

  const [ups, downs] = [
    /** @type {{ ours: Done, theirs: Done, sum: Done }[]} */ ([]),
    /** @type {{ ours: Done, theirs: Done, sum: Done }[]} */ ([]),
  ]
  let [up, down] = [0, 0]
  for (let pair = 0; pair <= pairs; pair++) {
    const address = `${given.endpoint}/${bucket}/curl`
    const sum = await time(['md5sum', 'rootfs'], {})
    const theirs = await curl('PUT', address, '-T', join(folder, 'rootfs'))
    const back = await curl('GET', address, '-o', join(folder, 'curled'))
    await curl('DELETE', address, '-X', 'DELETE')
    rmSync(join(folder, 'curled'))
    // The last one is only counted.
    const counter = pair === pairs ? await startCounter(given.endpoint) : undefined
    const at = ['--s3-endpoint', counter?.url ?? given.endpoint]
    const ours = await ims('import', '--name', `image-${pair}`, '--rootfs', 'rootfs', ...at)
    up = counter?.counted.requests ?? 0
    const exported = await ims('export', ours.stdout, '--dir', `out-${pair}`, ...at)
    down = (counter?.counted.requests ?? 0) - up
    counter?.stop()
    rmSync(join(folder, `out-${pair}`), { recursive: true })
    await curl('DELETE', `${given.endpoint}/${bucket}/${ours.stdout}/rootfs`, '-X', 'DELETE')
    if (counter) continue
    ups.push({ ours, theirs, sum })
    downs.push({ ours: exported, theirs: back, sum })
  }
  tell('upload: images import, curl -T', ups)
  console.log(`  requests to the S3                   ${up}, curl 1`)
  tell('download: images export, curl -o', downs)
  console.log(`  requests to the S3                   ${down}, curl 1`)
} finally {
  await mock.stop()
  await gateway?.close()
  rmSync(folder, { recursive: true, force: true })
}
