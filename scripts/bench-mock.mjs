import { spawn } from 'node:child_process'
import { join } from 'node:path'

/** @typedef {{ url: string, caFile: string, tokenFile: string, configDir: string, kubeconfig: string, curlConfig: string }} Ready what the mock prints when it listens */

/**
 * A mock in a process of its own, as users start it, and what ends it.
 *
 * @param {string[]} options
 */
export async function startMock(options = []) {
  const program = join(import.meta.dirname, '../bin/cray-ims.js')
  const mock = spawn(process.execPath, [program, 'mock', ...options], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ready = await new Promise((/** @type {(ready: Ready) => void} */ done, fail) => {
    let text = ''
    mock.on('exit', () => fail(new Error('the mock ended')))
    mock.stdout.on('data', (chunk) => {
      text += chunk
      if (text.includes('\n')) done(JSON.parse(text))
    })
  })
  return {
    ...ready,
    async stop() {
      mock.removeAllListeners('exit')
      mock.kill()
      await new Promise((done) => mock.once('exit', done))
    },
  }
}
