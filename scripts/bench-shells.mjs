// Measures the shells and waits of jobs, and in the same run the system's ssh: against OpenSSH's server where it can be
// started, else against the mock's, which takes longer than both. Nothing here passes or fails.
//
//   npm run bench:shells [-- RUNS]
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import https from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startMock } from './bench-mock.mjs'
import { median } from './figures/statistics.mjs'
import { limit } from './limit.mjs'
import { loadSupport } from './load-support.mjs'

/** @typedef {import('./bench-mock.mjs').Ready} Ready */
/** @typedef {NodeJS.ProcessEnv} Env */

const runs = Number(process.argv[2] ?? 7)
const program = join(import.meta.dirname, '../bin/cray-ims.js')
const folder = mkdtempSync(join(tmpdir(), 'cray-ims-bench-'))
const gibibyte = 2 ** 30

/**
 * @param {string} what
 * @param {string} figure
 * @param {string} aim
 */
const line = (what, figure, aim) => console.log(`${what.padEnd(58)} ${figure.padStart(9)}   ${aim}`)

/**
 * Seconds that a command takes; its stdout, where that is wanted.
 *
 * @param {string[]} line
 * @param {Env} env
 */
function run([command, ...argv], env, { keep = false, exit = 0 } = {}) {
  const start = process.hrtime.bigint()
  const { status, stdout, stderr, error } = spawnSync(command, argv, { ...limit, env, stdio: ['ignore', keep ? 'pipe' : 'ignore', 'pipe'] })
  if (status !== exit) throw new Error(`${command} ${argv.join(' ')}: ${error ?? status}: ${stderr}`)
  return { seconds: Number(process.hrtime.bigint() - start) / 1e9, stdout: String(stdout ?? '').trim(), stderr: String(stderr) }
}

/**
 * Asks the mock; over a connection that it had just closed, again.
 *
 * @param {Ready} ready
 */
function api({ url, caFile, tokenFile }) {
  const agent = new https.Agent({ keepAlive: true, ca: readFileSync(caFile) })
  const authorization = `Bearer ${readFileSync(tokenFile, 'utf8').trim()}`
  /**
   * @param {string} method
   * @param {string} path
   * @param {object} [body]
   * @returns {Promise<any>}
   */
  const call = (method, path, body) =>
    new Promise((done, fail) => {
      const headers = { authorization, ...(body && { 'content-type': 'application/json' }) }
      const request = https.request(`${url}/apis/ims/v3${path}`, { method, agent, headers }, (response) => {
        let text = ''
        response.on('data', (chunk) => (text += chunk)).on('end', () => done(JSON.parse(text)))
      })
      const failed = (/** @type {NodeJS.ErrnoException} */ error) =>
        request.reusedSocket && error.code === 'ECONNRESET' ? call(method, path, body).then(done, fail) : fail(error)
      request.on('error', failed).end(body && JSON.stringify(body))
    })
  return call
}

/** @param {string[]} argv */
const cray = (...argv) => [process.execPath, program, ...argv]

/** @typedef {{ id: string, name: string }} Recipe */

/** @param {Ready} ready */
async function measure(ready) {
  const env = { PATH: process.env.PATH, HOME: folder, CRAY_CONFIG_DIR: ready.configDir, KUBECONFIG: join(folder, 'none') }
  const call = api(ready)
  const key = await call('POST', '/public-keys', { name: 'bench', public_key: readFileSync(join(folder, '.ssh/id_ed25519.pub'), 'utf8') })
  /** @type {Recipe[]} */
  const recipes = await call('GET', '/recipes')
  const [failing, hangs] = ['broken', 'hangs'].map((name) => recipes.find((recipe) => recipe.name === name))
  if (!failing || !hangs) throw new Error('the mock has not the recipes of the seed')
  /**
   * @param {string} name
   * @param {Recipe} recipe
   * @param {boolean} debug
   */
  const create = (name, recipe, debug) =>
    call('POST', '/jobs', {
      job_type: 'create',
      artifact_id: recipe.id,
      public_key_id: key.id,
      image_root_archive_name: name,
      enable_debug: debug,
    })

  /** @type {number[]} */
  const turns = []
  for (let round = 0; round < runs; round++) {
    const { id } = await create(`turn-${round}`, failing, true)
    const shell = spawn(
      cray()[0],
      [...cray('jobs', 'debug', id, '--interval', '1s', '--on-exit', 'delete', '--', 'date', '+%s.%N').slice(1)],
      { ...limit, env, stdio: ['ignore', 'pipe', 'ignore'] },
    )
    const first = new Promise((/** @type {(seconds: number) => void} */ done) => shell.stdout.once('data', (text) => done(Number(text))))
    const ended = new Promise((/** @type {(nothing?: undefined) => void} */ done, fail) =>
      shell.once('close', (code, signal) => (code === 0 ? done() : fail(new Error(`jobs debug ended with ${code ?? signal}`)))),
    )
    while ((await call('GET', `/jobs/${id}`)).status !== 'waiting_on_user') await new Promise((done) => setTimeout(done, 10))
    const turned = Date.now() / 1000
    turns.push((await Promise.race([first, ended.then(() => first)])) - turned)
    await ended
  }

  const { id } = sshd ? ofSshd : await create('open', failing, true)
  run(cray('jobs', 'wait', id, '--for', 'ready', '--interval', '1s'), env, {})
  const ssh = run(cray('jobs', 'debug', id, '--print-command'), env, { keep: true }).stdout
  /** @param {string} command */
  const ours = (command) => cray('jobs', 'debug', id, '--on-exit', 'later', '--', command)
  /** @param {string} command */
  const theirs = (command) => ['sh', '-c', `exec ${ssh} '${command}'`]
  /**
   * @param {string} command
   * @param {number} count
   */
  const both = (command, count) => {
    const times = { ours: /** @type {number[]} */ ([]), theirs: /** @type {number[]} */ ([]) }
    for (let round = 0; round < count; round++) {
      times.ours.push(run(ours(command), env).seconds)
      times.theirs.push(run(theirs(command), env).seconds)
    }
    return {
      ours: median(times.ours),
      theirs: median(times.theirs),
      ratio: median(times.ours.map((taken, round) => taken / times.theirs[round])),
    }
  }
  console.log(`shells of ${sshd ? "OpenSSH's server" : 'the mock: no sshd, or not root'}`)
  const connect = both('true', runs)
  line(
    'status turned → first byte of the shell, interval 1 s',
    `${median(turns).toFixed(2)} s`,
    `at most 1 s + 1.5 × ssh (${(1 + 1.5 * connect.theirs).toFixed(2)} s)`,
  )
  line('jobs debug -- true', `${connect.ratio.toFixed(2)} ×`, 'ssh, whole process, look at the job included')
  const stream = both(`head -c ${gibibyte} /dev/zero`, 3)
  line('1 GiB through jobs debug --', `${stream.ratio.toFixed(2)} ×`, `ssh's time; ${(1024 / stream.ours).toFixed(0)} MiB/s`)
  const probe = join(folder, 'probe.cjs')
  writeFileSync(
    probe,
    `process.on('exit', () => require('fs').writeFileSync(${JSON.stringify(join(folder, 'peak'))}, String(process.resourceUsage().maxRSS)))`,
  )
  const [node, ...argv] = ours(`head -c ${gibibyte} /dev/zero`)
  run([node, '--require', probe, ...argv], env)
  line('  peak memory', `${(Number(readFileSync(join(folder, 'peak'), 'utf8')) / 1024).toFixed(0)} MiB`, 'at most 150')

  const hanging = await Promise.all(Array.from({ length: 500 }, (_, at) => create(`many-${at}`, hangs, false)))
  const many = run(cray('jobs', 'wait', ...hanging.map((job) => job.id), '--timeout', '5s', '--interval', '1s', '-v'), env, { exit: 3 })
  const requests = many.stderr.split('\n').filter((text) => /GET .*\/apis\/ims\/v3\/jobs/.test(text)).length
  line('jobs wait on 500 jobs, 5 s, a look a second', `${requests} GETs`, 'one to find them, one a look')
}

mkdirSync(join(folder, '.ssh'))
execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, '.ssh/id_ed25519')])
/**
 * @param {string} name
 * @param {string} builds
 */
const recipe = (name, builds) => ({
  name,
  recipe_type: 'kiwi-ng',
  linux_distribution: 'sles15',
  link: { path: `s3://ims/${name}`, etag: '', type: 's3' },
  mock: { builds },
})
const publicKey = join(folder, '.ssh/id_ed25519.pub')
/** @type {{ hasSshd: boolean, startSshd(options: { authorized: string[] }): Promise<{ port: number, stop(): Promise<void> }> }} */
const { hasSshd, startSshd } = await loadSupport('sshd', folder)
// Jobs know root alone.
const sshd = hasSshd && process.getuid?.() === 0 ? await startSshd({ authorized: [readFileSync(publicKey, 'utf8').trim()] }) : undefined
const keyId = '30000000-0000-4000-8000-000000000001'
/** A job whose shell OpenSSH's server is. */
const ofSshd = {
  id: '40000000-0000-4000-8000-000000000001',
  job_type: 'create',
  status: 'waiting_on_user',
  artifact_id: '10000000-0000-4000-8000-000000000001',
  public_key_id: keyId,
  image_root_archive_name: 'open',
  enable_debug: true,
  ssh_containers: [
    { name: 'debug', jail: false, status: 'pending', connection_info: { customer_access: { host: '127.0.0.1', port: sshd?.port } } },
  ],
}
writeFileSync(
  join(folder, 'seed.json'),
  JSON.stringify({
    recipes: [{ id: ofSshd.artifact_id, ...recipe('broken', 'fails') }, recipe('hangs', 'hangs')],
    public_keys: [{ id: keyId, name: 'seeded', public_key: readFileSync(publicKey, 'utf8') }],
    jobs: sshd ? [ofSshd] : [],
  }),
)
try {
  const mock = await startMock(['--tls', '--speed', '300', '--seed', join(folder, 'seed.json')])
  try {
    await measure(mock)
  } finally {
    await mock.stop()
  }
} finally {
  await sshd?.stop()
  rmSync(folder, { recursive: true, force: true })
}
