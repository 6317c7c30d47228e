import { execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'

const binary = ['/usr/sbin/sshd', '/usr/local/sbin/sshd', '/usr/bin/sshd'].find((path) => existsSync(path))

/** Whether OpenSSH's server can be started here for root, whom jobs know alone. */
export const hasSshd = binary !== undefined && process.getuid?.() === 0

/**
 * Starts it on loopback.
 *
 * @param {string} folder that it keeps its files in
 * @param {string} authorized the file of the public key that may log in
 */
export async function startSshd(folder, authorized) {
  const port = await freePort()
  const hostKey = join(folder, 'host_key')
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', hostKey])
  const settings = {
    Port: port,
    ListenAddress: '127.0.0.1',
    HostKey: hostKey,
    AuthorizedKeysFile: authorized,
    StrictModes: 'no',
    PermitRootLogin: 'prohibit-password',
    PasswordAuthentication: 'no',
    UsePAM: 'no',
    PidFile: 'none',
    PrintMotd: 'no',
    PrintLastLog: 'no',
  }
  const file = join(folder, 'sshd_config')
  writeFileSync(
    file,
    Object.entries(settings)
      .map(([name, value]) => `${name} ${value}\n`)
      .join(''),
  )
  mkdirSync('/run/sshd', { recursive: true })
  const child = spawn(/** @type {string} */ (binary), ['-D', '-e', '-f', file], { stdio: ['ignore', 'ignore', 'pipe'] })
  await new Promise((done, fail) => {
    let log = ''
    child.stderr.on('data', (text) => (log += text).includes('Server listening') && done(undefined))
    child.on('exit', () => fail(new Error(`sshd ended: ${log}`)))
  })
  return { port, stop: () => (child.removeAllListeners('exit'), child.kill()) }
}

/** @returns {Promise<number>} a port of loopback that nobody listens on */
function freePort() {
  return new Promise((done) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
      server.close(() => done(port))
    })
  })
}
