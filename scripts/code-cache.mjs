// Runs what most commands run, so that the launcher need not compile it. What is kept is good for the version of Node
// that made it; any other compiles as usual. The same files give the same bytes.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const program = join(import.meta.dirname, '../bin/cray-ims.js')
/** @param {string} name */
const preload = (name) => ['--require', join(import.meta.dirname, name)]
const { NODE_EXTRA_CA_CERTS, NODE_OPTIONS, ...env } = process.env
// For us alone: a port is everybody's.
const folder = mkdtempSync(join(tmpdir(), 'cray-ims-build-'))
// A person who types waits for it.
const completion = ['__complete', 'zsh', '', 'cray-ims', 'images', 'describe', '']
const throughSocket = { CRAY_IMS_BUILD_SOCKET: join(folder, 'mock') }

const mock = spawn(process.execPath, [...preload('through-socket.cjs'), program, 'mock', '--tls'], {
  stdio: ['ignore', 'pipe', 'inherit'],
  env: { ...env, ...throughSocket },
})
const ended = once(mock, 'exit')
const failed = ended.then(([code]) => Promise.reject(new Error(`the mock ended with ${code}`)))
failed.catch(() => {})
try {
  const [ready] = await Promise.race([once(mock.stdout, 'data'), failed])
  const { configDir } = JSON.parse(ready)
  for (const line of [['--help'], ['images', 'list'], ['images', 'list', '--format', 'json'], completion]) {
    const { status, stderr } = spawnSync(
      process.execPath,
      // Else V8's hashes of names, which are kept with its code, would be others each time.
      ['--random-seed=1', ...preload('through-socket.cjs'), ...preload('keep-compiled.cjs'), program, ...line],
      {
        env: { PATH: env.PATH, HOME: tmpdir(), CRAY_CONFIG_DIR: configDir, ...throughSocket },
        encoding: 'utf8',
        timeout: 60_000,
        killSignal: 'SIGKILL',
      },
    )
    if (status !== 0) throw new Error(`${line.join(' ')}: ${stderr}`)
  }
} catch (error) {
  // Where there are no sockets, as in some builds of packages, the program works all the same.
  console.warn(`Nothing is kept of what was compiled, and the program starts slower: ${/** @type {Error} */ (error).message}`)
} finally {
  mock.kill()
  await ended
  rmSync(folder, { recursive: true, force: true })
}
