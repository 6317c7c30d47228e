import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { rememberHostKeys } from '../../src/ssh/known-hosts.ts'
import { sshArguments, sshConfig, type OpenSshWay } from '../../src/ssh/openssh.ts'
import { parsePublicKey } from '../../src/ssh/public-key.ts'
import { run } from '../support/program.ts'
import { describeWithSshd } from '../support/describe-with-sshd.ts'
import { makeKey, startAgent, startSshd, temporaryFolder, type Sshd, type TestAgent } from '../support/sshd.ts'

const jobId = 'ad5163d2-398d-4e93-94f0-2f439f114fe7'

/** What would disclose something or take another way, with what it would do. `MARK` is a file that it would leave here. */
const hostile: readonly (readonly [what: string, ...lines: string[]])[] = [
  ['hand on the agent', 'ForwardAgent yes'],
  ['send variables along', 'SendEnv SECRET CRAY_*'],
  ['set variables', 'SetEnv LEAK=yes'],
  ['run a command here', 'PermitLocalCommand yes', 'LocalCommand touch MARK'],
  ['run another command there', 'RemoteCommand touch MARK'],
  ['ask a command for host keys', 'KnownHostsCommand /usr/bin/touch MARK'],
  ['take another way', 'ProxyCommand sh -c "touch MARK; exit 1"'],
  ['take a host in between', 'ProxyJump nobody@127.0.0.1:1'],
  ['open a port of ours there', 'ExitOnForwardFailure yes', 'RemoteForward 127.0.0.1:PORT 127.0.0.1:1'],
  ['open a port here', 'ExitOnForwardFailure yes', 'LocalForward PORT 127.0.0.1:1'],
  ['open a proxy here', 'ExitOnForwardFailure yes', 'DynamicForward PORT'],
  ['open a tunnel', 'ExitOnForwardFailure yes', 'Tunnel yes'],
  ['have no session', 'SessionType none'],
  ['have no input', 'StdinNull yes'],
  ['use a terminal', 'RequestTTY force'],
  ['use no key', 'PubkeyAuthentication no'],
  ['give the key to the agent', 'AddKeysToAgent yes'],
]

/** What has no effect that could be seen against this server. */
const unseen = `ForwardX11 yes
  ForwardX11Trusted yes
  GSSAPIAuthentication yes
  GSSAPIDelegateCredentials yes
  GSSAPIKeyExchange yes
  ForkAfterAuthentication yes
  CanonicalizeHostname always
  ControlMaster auto
  ControlPath MARK
  NoHostAuthenticationForLocalhost yes
  StrictHostKeyChecking no
  VerifyHostKeyDNS yes
  UpdateHostKeys yes
  UserKnownHostsFile MARK
  GlobalKnownHostsFile MARK
  HostKeyAlias other
  IdentityAgent MARK
`

describeWithSshd('a configuration of the user', () => {
  const folder = temporaryFolder()
  const own = makeKey(join(folder.path, 'id'))
  const mark = join(folder.path, 'mark')
  const home = join(folder.path, 'home')
  const knownHosts = join(folder.path, 'known')
  let server: Sshd
  let agent: TestAgent
  let way: OpenSshWay
  let env: Record<string, string>
  beforeAll(async () => {
    server = await startSshd({
      authorized: [own.publicKey],
      config: ['AcceptEnv *', 'AllowTcpForwarding yes', 'AllowAgentForwarding yes', 'PermitTunnel yes'],
    })
    agent = await startAgent(folder.path)
    await rememberHostKeys(
      knownHosts,
      jobId,
      server.hostKeys.map((line) => parsePublicKey(line)!),
      { now: Date.now(), compared: true },
    )
    way = {
      jobId,
      host: '127.0.0.1',
      port: server.port,
      identity: { kind: 'file', path: own.path, encrypted: false },
      knownHosts,
      hostKeyIsKnown: true,
    }
    env = { PATH: process.env.PATH!, HOME: folder.path, SSH_AUTH_SOCK: agent.socket, SECRET: 'hidden', CRAY_SECRET: 'hidden' }
    mkdirSync(join(home, '.ssh'), { recursive: true, mode: 0o700 })
  })
  afterAll(async () => {
    agent.stop()
    await server.stop()
    folder.remove()
  })

  // OpenSSH takes the home of the user's entry, whatever HOME is.
  const withHome = [
    'unshare',
    ...(userInfo().uid === 0 ? ['-m'] : ['-Urm']),
    'sh',
    '-c',
    'mount --bind "$0" "$1" && shift && exec ssh "$@"',
    home,
    userInfo().uid === 0 ? userInfo().homedir : '/root',
  ]
  const asUser = (word: string) => word.replace(/^root@/, `${server.user}@`).replace('User root', `User ${server.user}`)
  const filled = (text: string) => `Host *\n  ${text.replaceAll('MARK', mark).replaceAll('PORT', String(server.port))}\n`
  // Names alone: their values are those of this machine.
  const asked = 'cat; env | cut -d = -f 1 | sort | tr "\\n" " "'
  const clean = { exit: 0, stdout: expect.stringMatching(/^in(?!.*(?:SECRET|LEAK|SSH_AUTH_SOCK|SSH_TTY))[A-Z_ ]+$/), stderr: '' }
  const ssh = (config: string, words: readonly string[]) => {
    writeFileSync(join(home, '.ssh/config'), config, { mode: 0o600 })
    return run(words, { cwd: folder.path, env, stdin: 'in', command: withHome })
  }
  const noTrace = () => {
    expect(existsSync(mark)).toBe(false)
    expect(spawnSync('ssh-add', ['-l'], { env, encoding: 'utf8' }).stdout).toBe('The agent has no identities.\n')
  }
  afterEach(() => {
    rmSync(mark, { force: true })
    spawnSync('ssh-add', ['-D'], { env })
  })

  test.each(hostile)('that would %s has no effect on the line that is run and printed', async (_, ...lines) => {
    expect(await ssh(filled(lines.join('\n  ')), sshArguments(way, { command: [asked] }).map(asUser))).toEqual(clean)
    noTrace()
  })

  const block = join(folder.path, 'block')
  const settings = (config: string) => execFileSync('ssh', ['-G', '-F', config, 'the-job'], { encoding: 'utf8' })

  test('has no effect on a Host block that is included before it, but for variables and terminals', async () => {
    writeFileSync(block, asUser(sshConfig(way, 'the-job')))
    const others = hostile.map(([, ...lines]) => lines.join('\n  ')).filter((text) => !/^(SendEnv|SetEnv|RequestTTY|ExitOn)/.test(text))
    const forwards = ['RemoteForward PORT 127.0.0.1:1', 'LocalForward PORT 127.0.0.1:1', 'DynamicForward PORT']
    const config = `Include ${block}\n${filled([...others, ...forwards, unseen].join('\n  '))}`
    expect(await ssh(config, ['the-job', asked])).toEqual(clean)
    noTrace()
    writeFileSync(join(folder.path, 'whole'), config)
    const cleared = /^(?:(?:remote|local|dynamic)forward|localcommand) .*\n/gm
    expect(settings(join(folder.path, 'whole')).replace(cleared, '')).toBe(settings(block))
  })

  test('a Host block takes back the variables that would be sent before it', () => {
    writeFileSync(block, `Host *\n  SendEnv SECRET CRAY_*\n${sshConfig(way, 'the-job')}`)
    expect(settings(block)).not.toMatch(/sendenv/)
  })
})
