import { execFileSync, spawnSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { commandText } from '../../src/ssh/command.ts'
import { createEscapes } from '../../src/ssh/escapes.ts'
import { sshArguments, sshConfig, sshLine, type OpenSshWay } from '../../src/ssh/openssh.ts'
import { fingerprint, parsePublicKey, publicKeyOf } from '../../src/ssh/public-key.ts'
import { pastedWords, shellWords } from '../../src/text/shell-words.ts'

describe('escapes in what is typed', () => {
  const type = (...chunks: string[]) => {
    const escapes = createEscapes()
    const results = chunks.map((chunk) => escapes(Buffer.from(chunk, 'latin1')))
    return [Buffer.concat(results.map(({ bytes }) => bytes)).toString('latin1'), results.flatMap(({ asked }) => asked)]
  }
  test.each<[string[], string, string[]]>([
    [['ls\r'], 'ls\r', []],
    [['~.'], '', ['disconnect']],
    [['~', '.'], '', ['disconnect']],
    [['ls\r~.'], 'ls\r', ['disconnect']],
    [['ls\n~.'], 'ls\n', ['disconnect']],
    [['ls ~.'], 'ls ~.', []],
    [['cd ~\r'], 'cd ~\r', []],
    [['~~.'], '~.', []],
    [['~~\r~.'], '~\r', ['disconnect']],
    [['~?'], '', ['help']],
    [['~?~.'], '', ['help', 'disconnect']],
    [['~\x1a'], '', ['suspend']],
    [['ls\r~\x1apwd\r'], 'ls\rpwd\r', ['suspend']],
    [['~x'], '~x', []],
    [['~\r~.'], '~\r', ['disconnect']],
    [['~', '/', 'bin\r'], '~/bin\r', []],
    [['\x1b[A\x00\xff\xfe'], '\x1b[A\x00\xff\xfe', []],
  ])('%j', (chunks, sent, asked) => {
    expect(type(...chunks)).toEqual([sent, asked])
  })
})

describe('words of a line to paste', () => {
  const odd = [
    'a',
    'b c',
    "it's",
    '$HOME',
    '`id`',
    '',
    'é',
    '*',
    '-x',
    '~',
    'a\nb',
    '\\',
    '"',
    '!',
    '\x1b[31m',
    "x\r\n'y\\",
    '\u202eabc',
    '\ta',
    '\u20661f',
    '😀\u200d',
  ]
  const shells = ['bash', 'zsh'].filter((shell) => process.env.CI === 'true' || spawnSync(shell, ['-c', ':']).status === 0)
  test.each(shells)('%s takes them apart again', (shell) => {
    const line = pastedWords(odd)
    expect(line).not.toMatch(/[\x00-\x1f\x7f\u202e\u2066]/)
    const out = execFileSync(shell, ['-c', `printf '%s\\0' ${line}`], {
      encoding: 'utf8',
      env: { LANG: 'C.UTF-8', PATH: process.env.PATH },
    })
    expect(out.split('\0').slice(0, -1)).toEqual(odd)
  })
})

describe('words for a shell', () => {
  test.each([[['a', 'b c', "it's", '$HOME', '`id`', '', 'é', '*', '-x', '~', 'a\nb', '\\', '"', '!']]])('%j', (words) => {
    const out = execFileSync('sh', ['-c', `printf '%s\\0' ${shellWords(words)}`], { encoding: 'utf8' })
    expect(out.split('\0').slice(0, -1)).toEqual(words)
  })

  test('plain words stay as they are', () => {
    expect(shellWords(['ssh', '-p', '22', 'root@a.b', 'UserKnownHostsFile=/x'])).toBe('ssh -p 22 root@a.b UserKnownHostsFile=/x')
  })

  test.each([
    [[], undefined],
    [['ls'], 'ls'],
    [['echo "$HOME"; exit 3'], 'echo "$HOME"; exit 3'],
    [['echo', 'a  b', '$HOME', "it's", ''], `echo 'a  b' '$HOME' 'it'\\''s' ''`],
  ])('one word is a line for the shell there, several stay words: %j', (words, text) => {
    expect(commandText(words)).toBe(text)
  })
})

describe('what OpenSSH is told', () => {
  const way: OpenSshWay = {
    jobId: 'ad5163d2-398d-4e93-94f0-2f439f114fe7',
    host: 'ad51.ims.cmn.site',
    port: 22,
    identity: { kind: 'file', path: '/home/jane/.ssh/id_ed25519', encrypted: false },
    knownHosts: '/home/jane/.config/cray/ims_known_hosts',
    hostKeyIsKnown: false,
  }

  test('a line', () => {
    expect(sshLine(way, { command: ['cat', '/mnt/image/kiwi.log'], terminal: true })).toMatch(
      /^ssh -F none -o .* -o IdentityFile=\/home\/jane\/\.ssh\/id_ed25519 -o IdentitiesOnly=yes .* -t -p 22 root@ad51\.ims\.cmn\.site -- cat \/mnt\/image\/kiwi\.log$/,
    )
  })

  test('a Host block', () => {
    expect(sshConfig({ ...way, hostKeyIsKnown: true }, 'ims-ad51')).toBe(`Host ims-ad51
  HostName ad51.ims.cmn.site
  Port 22
  User root
  IgnoreUnknown ForkAfterAuthentication,GSSAPIKeyExchange,IdentityAgent,KnownHostsCommand,ProxyJump,RemoteCommand,SessionType,StdinNull
  AddKeysToAgent no
  CanonicalizeHostname no
  ClearAllForwardings yes
  ControlMaster no
  ControlPath none
  ForkAfterAuthentication no
  ForwardAgent no
  ForwardX11 no
  ForwardX11Trusted no
  GSSAPIAuthentication no
  GSSAPIDelegateCredentials no
  GSSAPIKeyExchange no
  IdentityAgent SSH_AUTH_SOCK
  KnownHostsCommand none
  NoHostAuthenticationForLocalhost no
  PermitLocalCommand no
  ProxyCommand none
  ProxyJump none
  RemoteCommand none
  SendEnv -*
  SessionType default
  StdinNull no
  Tunnel no
  UpdateHostKeys no
  VerifyHostKeyDNS no
  IdentityFile /home/jane/.ssh/id_ed25519
  IdentitiesOnly yes
  UserKnownHostsFile /home/jane/.config/cray/ims_known_hosts
  GlobalKnownHostsFile /dev/null
  HostKeyAlias ad5163d2-398d-4e93-94f0-2f439f114fe7
  StrictHostKeyChecking yes
  HashKnownHosts no
  CheckHostIP no
  ServerAliveInterval 15
  PubkeyAuthentication yes
  PreferredAuthentications publickey
`)
  })

  test('a key that only the agent has is left to the agent', () => {
    const { identity: _, ...rest } = way
    expect(sshArguments({ ...rest, identity: undefined }).join(' ')).not.toMatch(/IdentityFile|IdentitiesOnly/)
  })

  const hasSsh = spawnSync('ssh', ['-V']).status === 0
  test.skipIf(!hasSsh && process.env.CI !== 'true').each(['/a b/key', "/it's/key", '/50%/key', '/a"b/key'])(
    'ssh itself reads the path %s',
    (path) => {
      const text = execFileSync('ssh', ['-G', ...sshArguments({ ...way, identity: { kind: 'file', path, encrypted: false } })], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      })
      expect(text.split('\n')).toContain(`identityfile ${path.replaceAll('%', '%%')}`)
    },
  )
})

describe('public keys', () => {
  const line = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl'
  test.each([line, `${line} jane@work`, `\n${line}\r\n`, `restrict,command="x" ${line} c`])('%j', (text) => {
    expect(parsePublicKey(text)).toMatchObject({ type: 'ssh-ed25519' })
  })
  test.each(['', 'ssh-ed25519', 'ssh-ed25519 AAAA', line.replace('ssh-ed25519', 'ssh-rsa'), '-----BEGIN X-----'])('no key: %j', (text) => {
    expect(parsePublicKey(text)).toBeUndefined()
  })
  // As `ssh-keygen -lf` shows GitHub's published key.
  test("the fingerprint is OpenSSH's", () => {
    expect(fingerprint(parsePublicKey(line)!.blob)).toBe('SHA256:+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU')
  })
  test('of garbage', () => {
    expect(publicKeyOf(Buffer.from([1])).type).toBe('unknown')
  })
})
