// Runs what most commands run, so that the launcher need not compile it. What is kept is good for the version of Node
// that made it; any other compiles as usual.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const program = join(import.meta.dirname, '../bin/cray-ims.js')
const keep = join(import.meta.dirname, 'keep-compiled.cjs')
const { NODE_EXTRA_CA_CERTS, NODE_OPTIONS, ...env } = process.env

const mock = spawn(process.execPath, [program, 'mock', '--tls'], { stdio: ['ignore', 'pipe', 'inherit'], env })
const ended = once(mock, 'exit').then(([code]) => Promise.reject(new Error(`the mock ended with ${code}`)))
ended.catch(() => {})
try {
  const [ready] = await Promise.race([once(mock.stdout, 'data'), ended])
  const { configDir } = JSON.parse(ready)
  for (const line of [['--help'], ['images', 'list'], ['images', 'list', '--format', 'json']]) {
    const { status, stderr } = spawnSync(process.execPath, ['--require', keep, program, ...line], {
      env: { PATH: env.PATH, HOME: tmpdir(), CRAY_CONFIG_DIR: configDir },
      encoding: 'utf8',
    })
    if (status !== 0) throw new Error(`${line.join(' ')}: ${stderr}`)
  }
} catch (error) {
  // Where nothing may listen on loopback, as in some builds of packages, the program works all the same.
  console.warn(`Nothing is kept of what was compiled, and the program starts slower: ${error.message}`)
} finally {
  mock.kill()
}
