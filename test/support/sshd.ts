import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'

const binary = ['/usr/sbin/sshd', '/usr/local/sbin/sshd', '/usr/bin/sshd'].find((path) => existsSync(path))

/** Whether OpenSSH's server is installed. */
export const hasSshd = binary !== undefined

/** A folder for one file of tests. */
export function temporaryFolder(): { path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'cray-ims-ssh-'))
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}

export interface KeyOptions {
  type?: 'ed25519' | 'ecdsa' | 'rsa'
  bits?: number
  passphrase?: string
  format?: 'PEM' | 'PKCS8'
  /** As `ssh -Q cipher` has it. */
  cipher?: string
  comment?: string
}

/** Makes a key pair with OpenSSH's own tool. */
export function makeKey(
  path: string,
  { type = 'ed25519', bits, passphrase = '', format, cipher, comment = 'test key' }: KeyOptions = {},
): { path: string; publicKey: string } {
  execFileSync('ssh-keygen', [
    '-q',
    '-t',
    type,
    ...(bits ? ['-b', String(bits)] : []),
    ...(format ? ['-m', format] : []),
    ...(cipher ? ['-Z', cipher, '-a', '1'] : []),
    '-N',
    passphrase,
    '-C',
    comment,
    '-f',
    path,
  ])
  return { path, publicKey: readFileSync(`${path}.pub`, 'utf8').trim() }
}

/** A port of loopback that nobody listens on. */
export function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })
}

export interface Sshd {
  readonly port: number
  readonly user: string
  /** Its public host keys, one a line. */
  readonly hostKeys: readonly string[]
  /** Drops all connections, as when a container goes away. */
  dropAll(): void
  /** Breaks off all connections: what runs behind them goes on. */
  cutAll(): void
  /** Freezes all connections: they are there, but nothing answers. */
  freezeAll(): void
  stop(): Promise<void>
}

export interface SshdOptions {
  /** Public keys that may log in. */
  authorized: readonly string[]
  hostKeyTypes?: readonly KeyOptions['type'][]
  port?: number
  /** Further lines of sshd_config. */
  config?: readonly string[]
}

/** Starts an OpenSSH server of our own on loopback. */
export async function startSshd({ authorized, hostKeyTypes = ['ed25519'], port, config = [] }: SshdOptions): Promise<Sshd> {
  const { path: folder, remove } = temporaryFolder()
  const keys = hostKeyTypes.map((type) => makeKey(join(folder, `host_${type}`), { type }))
  writeFileSync(join(folder, 'authorized_keys'), `${authorized.join('\n')}\n`, { mode: 0o600 })
  const at = port ?? (await freePort())
  const lines = [
    `Port ${at}`,
    'ListenAddress 127.0.0.1',
    ...keys.map(({ path }) => `HostKey ${path}`),
    `AuthorizedKeysFile ${join(folder, 'authorized_keys')}`,
    'StrictModes no',
    'PermitRootLogin prohibit-password',
    'PasswordAuthentication no',
    'UsePAM no',
    'PidFile none',
    'PrintMotd no',
    'PrintLastLog no',
    'MaxStartups 200',
    'Subsystem sftp internal-sftp',
    // What the user's own shell is set up to do would only be in the way.
    `SetEnv HOME=${folder}`,
    ...(version() >= 9.8 ? ['PerSourcePenalties no'] : []),
  ]
  // The first value of a keyword counts.
  writeFileSync(join(folder, 'sshd_config'), `${[...config, ...lines].join('\n')}\n`)
  if (userInfo().uid === 0) spawnSync('mkdir', ['-p', '/run/sshd'])
  const child = spawn(binary!, ['-D', '-e', '-f', join(folder, 'sshd_config')], { stdio: ['ignore', 'ignore', 'pipe'] })
  let log = ''
  const listening = new Promise<void>((resolve, reject) => {
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      log += text
      if (log.includes('Server listening')) resolve()
    })
    child.once('exit', () => reject(new Error(`sshd ended: ${log}`)))
  })
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  await listening
  const signalAll = (name: NodeJS.Signals) => descendants(child.pid!).forEach((pid) => signal(pid, name))
  return {
    port: at,
    user: userInfo().username,
    hostKeys: keys.map(({ publicKey }) => publicKey),
    dropAll: () => signalAll('SIGKILL'),
    cutAll: () =>
      descendants(child.pid!)
        .filter((pid) => nameOf(pid).startsWith('sshd'))
        .forEach((pid) => signal(pid, 'SIGKILL')),
    freezeAll: () => signalAll('SIGSTOP'),
    async stop() {
      signalAll('SIGKILL')
      child.kill('SIGKILL')
      await gone
      remove()
    },
  }
}

export interface TestAgent {
  readonly socket: string
  add(path: string): void
  stop(): void
}

/** Starts OpenSSH's agent. */
export async function startAgent(folder: string): Promise<TestAgent> {
  const socket = join(folder, 'agent.sock')
  const child = spawn('ssh-agent', ['-D', '-a', socket], { stdio: 'ignore' })
  while (!existsSync(socket)) await new Promise((again) => setTimeout(again, 10))
  return {
    socket,
    add: (path) => void execFileSync('ssh-add', ['-q', path], { env: { ...process.env, SSH_AUTH_SOCK: socket }, stdio: 'ignore' }),
    stop: () => void child.kill(),
  }
}

function version(): number {
  return Number(/OpenSSH_(\d+\.\d+)/.exec(spawnSync('ssh', ['-V'], { encoding: 'utf8' }).stderr)?.[1] ?? 0)
}

function descendants(pid: number): number[] {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number)
    return children.flatMap((child) => [child, ...descendants(child)])
  } catch {
    return []
  }
}

function nameOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8')
  } catch {
    // It ended by itself.
    return ''
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch {
    // It ended by itself.
  }
}
