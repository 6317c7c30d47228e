import { readFileSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { build } from 'rolldown'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { CliError } from '../../src/errors.ts'
import { reach } from '../../src/ssh/banner.ts'
import { checkHostKey } from '../../src/ssh/host-keys.ts'
import { readKnownHosts, rememberHostKeys } from '../../src/ssh/known-hosts.ts'
import { sshArguments, sshConfig, sshLine, type OpenSshWay } from '../../src/ssh/openssh.ts'
import { fingerprint, parsePublicKey, publicKeyLine, type PublicKey } from '../../src/ssh/public-key.ts'
import { checkServer, type VerifyHostKey } from '../../src/ssh/session.ts'
import { run } from '../support/program.ts'
import { describeWithSshd } from '../support/describe-with-sshd.ts'
import { freePort, makeKey, startAgent, startSshd, temporaryFolder, type Sshd } from '../support/sshd.ts'
import { logIn } from '../support/ssh-login.ts'

const jobId = 'ad5163d2-398d-4e93-94f0-2f439f114fe7'

describeWithSshd('the hosts of jobs', () => {
  const folder = temporaryFolder()
  const own = makeKey(join(folder.path, 'id'))
  let server: Sshd
  let ownKeys: PublicKey[]
  beforeAll(async () => {
    server = await startSshd({ authorized: [own.publicKey], hostKeyTypes: ['rsa', 'ecdsa', 'ed25519'] })
    ownKeys = server.hostKeys.map((line) => parsePublicKey(line)!)
  })
  afterAll(async () => {
    await server.stop()
    folder.remove()
  })

  let count = 0
  const newFile = () => join(folder.path, `known_${count++}`)

  /** Judges as `jobs debug` does, with a file of known hosts. */
  const judge =
    (file: string, containersOwn?: () => Promise<PublicKey[]>, seen: string[] = []): VerifyHostKey =>
    async (key) => {
      const verdict = await checkHostKey({ jobId, key, known: readKnownHosts(file).keys, containersOwn, policy: 'accept-new' })
      seen.push(verdict.why)
      if (!verdict.accept) throw new CliError(`refused: ${verdict.why}`)
      if (verdict.remember.length > 0)
        await rememberHostKeys(file, jobId, verdict.remember, { now: Date.now(), compared: verdict.compared })
    }
  const connect = async (to: Sshd, verifyHostKey: VerifyHostKey) => {
    await (await logIn(to, { file: own.path, publicKey: own.publicKey, verifyHostKey })).close()
  }

  test('new, then known, then changed: no login', async () => {
    const file = newFile()
    const seen: string[] = []
    await connect(server, judge(file, undefined, seen))
    await connect(server, judge(file, undefined, seen))
    const other = await startSshd({ authorized: [own.publicKey] })
    try {
      await expect(connect(other, judge(file, undefined, seen))).rejects.toThrow('refused: changed')
    } finally {
      await other.stop()
    }
    expect(seen).toEqual(['new, accepted', 'known', 'changed'])
  })

  test("the container's own keys, or another's", async () => {
    const file = newFile()
    const seen: string[] = []
    await expect(
      connect(
        server,
        judge(file, async () => [parsePublicKey(own.publicKey)!], seen),
      ),
    ).rejects.toThrow("refused: differs from the pod's")
    expect(readKnownHosts(file).keys).toEqual([])
    await connect(
      server,
      judge(file, async () => ownKeys, seen),
    )
    expect(seen).toEqual(["differs from the pod's", "new, same as the pod's"])
    expect(readKnownHosts(file).keys).toHaveLength(3)
  })

  test('a host key is judged without logging in', async () => {
    const file = newFile()
    const { socket } = await reach([{ name: 'customer', host: '127.0.0.1', port: server.port }]).won
    await checkServer({ socket, verifyHostKey: judge(file) })
    const [known] = readKnownHosts(file).keys
    expect(ownKeys.map(({ blob }) => fingerprint(blob))).toContain(fingerprint(known!.key.blob))
  })

  test('a server that comes up late', async () => {
    const port = await freePort()
    let late: Promise<Sshd> | undefined
    const race = reach([{ name: 'customer', host: '127.0.0.1', port }], {
      patience: 30_000,
      pause: 50,
      onAttempt: () => {
        late ??= startSshd({ authorized: [own.publicKey], port })
      },
    })
    const { socket, banner } = await race.won
    socket.destroy()
    expect(banner).toMatch(/^SSH-2\.0-OpenSSH_/)
    await (await late!).stop()
  })

  test('a way that was left for a reason, and then closes without one', async () => {
    const closing = createServer((socket) => socket.destroy())
    await new Promise<void>((listening) => closing.listen(0, '127.0.0.1', listening))
    const forward = { name: 'port-forward', host: '127.0.0.1', port: (closing.address() as AddressInfo).port } as const
    const attempts: string[] = []
    const race = reach([], { patience: 3000, pause: 50, onAttempt: ({ reason }) => attempts.push(reason) })
    race.add(forward)('lost connection to pod')
    race.add(forward)
    await expect(race.won).rejects.toMatchObject({
      more: [expect.stringMatching(/^ {2}port-forward \S+ {2}lost connection to pod \(tried \d+×\)$/)],
    })
    expect(attempts).toContain('closed before an SSH banner')
    closing.close()
  })

  const wayTo = (to: Sshd, knownHosts: string, more: Partial<OpenSshWay> = {}): OpenSshWay => ({
    jobId,
    host: '127.0.0.1',
    port: to.port,
    identity: { kind: 'file', path: own.path, encrypted: false },
    knownHosts,
    hostKeyIsKnown: false,
    ...more,
  })
  // Jobs know root only; the server of the tests whoever runs them.
  const asUser = (words: string[]) => words.map((word) => word.replace(/^root@/, `${server.user}@`))
  const ssh = (words: string[], env: Record<string, string> = {}) =>
    run(words, { cwd: folder.path, env: { PATH: process.env.PATH!, HOME: folder.path, ...env }, command: ['ssh'] })

  test("the system's ssh takes the same decisions", async () => {
    const file = newFile()
    const words = { command: ['echo', '$((40 + 2));', 'exit', '3'] }
    expect(await ssh(asUser(sshArguments(wayTo(server, file), words)))).toMatchObject({ exit: 3, stdout: '42\n' })
    // What it accepted we know, too, and the other way round.
    expect(readKnownHosts(file).keys).toMatchObject([{ jobId, at: undefined, compared: false }])
    const seen: string[] = []
    await rememberHostKeys(file, jobId, ownKeys, { now: Date.now(), compared: true })
    await connect(server, judge(file, undefined, seen))
    expect(seen).toEqual(['known'])
    expect(await ssh(asUser(sshArguments(wayTo(server, file, { hostKeyIsKnown: true }), words)))).toMatchObject({ exit: 3 })
  })

  test("the system's ssh refuses a changed key", async () => {
    const file = newFile()
    await rememberHostKeys(file, jobId, [parsePublicKey(own.publicKey)!], { now: Date.now(), compared: false })
    const { exit, stderr } = await ssh(asUser(sshArguments(wayTo(server, file, { hostKeyIsKnown: true }), { command: ['true'] })))
    expect({ exit, stderr }).toEqual({ exit: 255, stderr: expect.stringContaining('verification failed') })
  })

  test("the system's ssh with a key of the agent", async () => {
    const agent = await startAgent(folder.path)
    try {
      agent.add(own.path)
      const way = wayTo(server, newFile(), { identity: undefined })
      expect(await ssh(asUser(sshArguments(way, { command: ['true'] })), { SSH_AUTH_SOCK: agent.socket })).toMatchObject({ exit: 0 })
    } finally {
      agent.stop()
    }
  })

  test('the line can be pasted, the Host block works', async () => {
    const file = join(folder.path, "it's a folder")
    const line = sshLine(wayTo(server, file), { command: ['exit', '4'] }).replace('root@', `${server.user}@`)
    expect(
      await run(['-c', line], { cwd: folder.path, env: { PATH: process.env.PATH!, HOME: folder.path }, command: ['sh'] }),
    ).toMatchObject({ exit: 4 })
    expect(readFileSync(file, 'utf8')).toContain(publicKeyLine(ownKeys[2]!))
    const config = join(folder.path, 'ssh_config')
    writeFileSync(config, sshConfig(wayTo(server, file, { hostKeyIsKnown: true }), 'the-job').replace('User root', `User ${server.user}`))
    expect(await ssh(['-F', config, 'the-job', 'exit 5'])).toMatchObject({ exit: 5 })
  })

  test('runOpenSsh gives its streams and exit code through; where there is no ssh it says so', async () => {
    const [source, program] = [join(folder.path, 'open.ts'), join(folder.path, 'open.cjs')]
    writeFileSync(
      source,
      [
        `import { runOpenSsh } from '${join(import.meta.dirname, '../../src/ssh/openssh.ts')}'`,
        'const [way, options] = process.argv.slice(2).map((text) => JSON.parse(text))',
        'runOpenSsh(way, { ...options, env: process.env }).then((exit) => { process.exitCode = exit }, (failure) => { console.error(failure.message); process.exitCode = failure.exit })',
      ].join('\n'),
    )
    await build({ input: source, platform: 'node', output: { file: program, format: 'cjs' }, logLevel: 'silent' })
    const start = (options: object, stdin = '') =>
      run([JSON.stringify(wayTo(server, newFile())), JSON.stringify(options)], {
        cwd: folder.path,
        env: { PATH: process.env.PATH!, HOME: folder.path },
        stdin,
        command: [process.execPath, program],
      })
    if (server.user === 'root')
      expect(await start({ command: ['cat;', 'exit', '6'] }, 'through')).toMatchObject({ exit: 6, stdout: 'through' })
    expect(await start({ ssh: 'no-such-ssh' })).toMatchObject({ exit: 255, stderr: 'ssh is not installed\n' })
  })
})
