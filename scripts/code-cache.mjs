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
try {
  const [ready] = await once(mock.stdout, 'data')
  const { configDir } = JSON.parse(ready)
  for (const line of [['--help'], ['images', 'list'], ['images', 'list', '--format', 'json']]) {
    const { status, stderr } = spawnSync(process.execPath, ['--require', keep, program, ...line], {
      env: { PATH: env.PATH, HOME: tmpdir(), CRAY_CONFIG_DIR: configDir },
      encoding: 'utf8',
    })
    if (status !== 0) throw new Error(`${line.join(' ')}: ${stderr}`)
  }
} finally {
  mock.kill()
}
