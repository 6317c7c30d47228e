import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CliError } from '../../src/errors.ts'
import { runCommand } from '../../src/ssh/command.ts'
import { touch } from '../../src/ssh/remote-files.ts'
import { describeWithSshd } from '../support/describe-with-sshd.ts'
import { makeKey, startAgent, startSshd, temporaryFolder, type KeyOptions, type Sshd } from '../support/sshd.ts'
import { logIn } from '../support/ssh-login.ts'
import { testStreams } from '../support/ssh-streams.ts'

const sftpServer = ['/usr/lib/openssh/sftp-server', '/usr/libexec/openssh/sftp-server', '/usr/lib/ssh/sftp-server'].find((path) =>
  existsSync(path),
)

describeWithSshd('logging in to OpenSSH', () => {
  const folder = temporaryFolder()
  const key = (name: string, options?: KeyOptions) => makeKey(join(folder.path, name), options)
  afterAll(folder.remove)

  describe('keys', () => {
    const cases: Record<string, KeyOptions> = {
      ed25519: { type: 'ed25519' },
      'ecdsa 256': { type: 'ecdsa', bits: 256 },
      'ecdsa 384': { type: 'ecdsa', bits: 384 },
      'ecdsa 521': { type: 'ecdsa', bits: 521 },
      'rsa 3072': { type: 'rsa', bits: 3072 },
      'rsa PEM': { type: 'rsa', bits: 2048, format: 'PEM' },
      'ecdsa PKCS8': { type: 'ecdsa', bits: 256, format: 'PKCS8' },
      'rsa PKCS8': { type: 'rsa', bits: 2048, format: 'PKCS8' },
      'ed25519 encrypted': { type: 'ed25519', passphrase: 'open sesame' },
      'ecdsa encrypted': { type: 'ecdsa', passphrase: 'open sesame' },
      'rsa encrypted': { type: 'rsa', bits: 2048, passphrase: 'open sesame' },
      'rsa PEM encrypted': { type: 'rsa', bits: 2048, format: 'PEM', passphrase: 'open sesame' },
      'rsa PKCS8 encrypted': { type: 'rsa', bits: 2048, format: 'PKCS8', passphrase: 'open sesame' },
    }
    const keys = new Map<string, ReturnType<typeof makeKey>>()
    let server: Sshd
    beforeAll(async () => {
      for (const [name, options] of Object.entries(cases)) keys.set(name, key(name.replaceAll(' ', '_'), options))
      server = await startSshd({ authorized: [...keys.values()].map(({ publicKey }) => publicKey) })
    })
    afterAll(() => server.stop())

    test.each(Object.keys(cases))('%s', async (name) => {
      const { path, publicKey } = keys.get(name)!
      const asked: string[] = []
      const session = await logIn(server, { file: path, publicKey, ask: async (question) => (asked.push(question), 'open sesame') })
      expect(asked).toEqual(cases[name]!.passphrase ? [`Passphrase of ${path}: `] : [])
      expect(session.lost()).toBeUndefined()
      await session.close()
      expect(session.lost()).toBeUndefined()
    })

    test.each(['ed25519', 'ecdsa 384', 'rsa 3072'])('%s in an agent, after others that the server would count', async (name) => {
      const agent = await startAgent(temporary())
      try {
        // OpenSSH's server ends a connection after six keys.
        for (let n = 0; n < 7; n++) agent.add(key(`other_${name.replaceAll(' ', '_')}_${n}`).path)
        agent.add(keys.get(name)!.path)
        const session = await logIn(server, { agentSocket: agent.socket, publicKey: keys.get(name)!.publicKey })
        await session.close()
      } finally {
        agent.stop()
      }
    })

    test('a hundred, four at a time', async () => {
      const { path, publicKey } = keys.get('ed25519')!
      const lane = async (at: number) => {
        for (let n = at; n < 100; n += 4) {
          const session = await logIn(server, { file: path, publicKey })
          const streams = testStreams()
          streams.stdin.end()
          expect(await runCommand(session, `echo ${n}`, streams)).toEqual({ code: 0 })
          expect(streams.out().toString()).toBe(`${n}\n`)
          await session.close()
        }
      }
      await Promise.all([0, 1, 2, 3].map(lane))
    })

    let agents = 0
    const temporary = () => {
      const path = join(folder.path, `agent_${agents++}`)
      mkdirSync(path)
      return path
    }
  })

  describe('what is refused', () => {
    const own = key('own')
    const stranger = key('stranger')
    let server: Sshd
    beforeAll(async () => {
      server = await startSshd({ authorized: [own.publicKey], hostKeyTypes: ['ed25519', 'ecdsa', 'rsa'] })
    })
    afterAll(() => server.stop())

    test('a key: which one', async () => {
      const failure = await logIn(server, { file: stranger.path, publicKey: stranger.publicKey, next: ['again'] }).catch((error) => error)
      expect(failure).toBeInstanceOf(CliError)
      expect(failure.message).toMatch(/^no SSH login: the server refused the key ssh-ed25519 SHA256:/)
      expect(failure).toMatchObject({ exit: 255, next: ['again'] })
    })

    test('a host key, by whoever judges it; nothing was sent to log in', async () => {
      const refusal = new CliError('changed')
      await expect(
        logIn(server, { file: own.path, publicKey: own.publicKey, verifyHostKey: async () => Promise.reject(refusal) }),
      ).rejects.toBe(refusal)
    })

    test('a login that takes too long', async () => {
      const never = () => new Promise<void>(() => {})
      await expect(logIn(server, { file: own.path, publicKey: own.publicKey, verifyHostKey: never, readyTimeout: 200 })).rejects.toThrow(
        'no SSH login: not within 0.2 s',
      )
    })

    test('an interruption ends it', async () => {
      const interruption = new AbortController()
      const verifyHostKey = async () => {
        interruption.abort(new CliError('Interrupted by SIGINT', { exit: 130 }))
        await new Promise(() => {})
      }
      await expect(logIn(server, { file: own.path, publicKey: own.publicKey, verifyHostKey, signal: interruption.signal })).rejects.toThrow(
        'Interrupted by SIGINT',
      )
    })
  })

  test.each(['ed25519', 'ecdsa', 'rsa'] as const)('a server whose only host key is %s', async (type) => {
    const own = key(`for_${type}`)
    const server = await startSshd({ authorized: [own.publicKey], hostKeyTypes: [type] })
    try {
      const seen: string[] = []
      const session = await logIn(server, {
        file: own.path,
        publicKey: own.publicKey,
        verifyHostKey: async (blob) => void seen.push(blob.toString('base64')),
      })
      await session.close()
      expect(seen).toEqual([server.hostKeys[0]!.split(' ')[1]])
    } finally {
      await server.stop()
    }
  })

  test('a connection without answers is lost after some signs of life', async () => {
    const own = key('frozen')
    const server = await startSshd({ authorized: [own.publicKey] })
    try {
      const session = await logIn(server, { file: own.path, publicKey: own.publicKey, keepalive: 100 })
      const streams = testStreams()
      const ended = runCommand(session, 'echo here; sleep 60', streams)
      while (streams.out().length === 0) await new Promise((again) => setTimeout(again, 10))
      server.freezeAll()
      expect(await ended).toEqual({ lost: 'no response from the server for 0.4 s' })
      await session.close()
    } finally {
      await server.stop()
    }
  })

  describe('touching a file', () => {
    const own = key('toucher')
    test.each([
      ['by command', []],
      [
        'by SFTP where the shell is missing',
        [
          `ForceCommand case "$SSH_ORIGINAL_COMMAND" in *sftp*) exec ${sftpServer};; *) echo '/bin/bash: No such file or directory' >&2; exit 1;; esac`,
        ],
      ],
      ['by SFTP where only that is allowed', ['ForceCommand internal-sftp']],
    ])('%s', async (how, config) => {
      const server = await startSshd({ authorized: [own.publicKey], config })
      try {
        const session = await logIn(server, { file: own.path, publicKey: own.publicKey })
        // Services before ims-sshd 1.9 have none that works.
        if (how === 'by command') session.client.sftp = () => expect.unreachable('SFTP was asked for')
        const path = join(folder.path, `it's "done" ${how}`)
        await touch(session, path)
        expect(existsSync(path)).toBe(true)
        expect(readFileSync(path, 'utf8')).toBe('')
        const failure = await touch(session, '/nonexistent/complete').catch((error) => error)
        expect(failure).toMatchObject({ message: "/nonexistent/complete couldn't be touched", exit: 1 })
        expect(failure.more.join()).toMatch(/No such file/i)
        await session.close()
      } finally {
        await server.stop()
      }
    })
  })
})
