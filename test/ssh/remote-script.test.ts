import { spawn, spawnSync } from 'node:child_process'
import { createHash, randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { attachCommand, attachScript, type Attached, type RemoteScript } from '../../src/builds/remote-script.ts'
import { interpreterOf } from '../../src/builds/script-text.ts'
import { CliError } from '../../src/errors.ts'
import { describeWithSshd } from '../support/describe-with-sshd.ts'
import { makeKey, startSshd, temporaryFolder, type Sshd } from '../support/sshd.ts'
import { logIn } from '../support/ssh-login.ts'

describeWithSshd('a script in an image root, over OpenSSH', () => {
  const folder = temporaryFolder()
  const own = makeKey(join(folder.path, 'id'))
  let server: Sshd
  beforeAll(async () => {
    server = await startSshd({ authorized: [own.publicKey] })
  })
  afterAll(async () => {
    await server.stop()
    folder.remove()
  })

  const place = () => join(mkdtempSync(join(folder.path, 'root-')), '.state')
  const script = (at: string, upload: string, more: Partial<RemoteScript> = {}): RemoteScript => ({
    folder: at,
    root: '',
    complete: `${at}.complete`,
    command: (uploaded) => uploaded,
    upload,
    interpreter: interpreterOf(upload),
    identity: createHash('sha256').update(upload).digest('hex'),
    by: 'jane@here',
    run: randomUUID().replaceAll('-', ''),
    ...more,
  })

  /** Starts or takes up a script over a connection of its own. */
  async function attach(
    one: RemoteScript,
    { at = server, passed = 0, onOutput = (_: string) => {}, signal = new AbortController().signal } = {},
  ): Promise<Attached & { output: string }> {
    const session = await logIn(at, { file: own.path, publicKey: own.publicKey })
    // Services before ims-sshd 1.9 have none that works.
    session.client.sftp = () => expect.unreachable('SFTP was asked for')
    const chunks: Buffer[] = []
    const output = {
      write: async (chunk: string | Uint8Array) => {
        chunks.push(Buffer.from(chunk))
        onOutput(Buffer.concat(chunks).toString())
      },
    }
    try {
      return {
        ...(await attachScript(session, one, { output, passed, onPassed: () => {}, signal })),
        output: Buffer.concat(chunks).toString(),
      }
    } finally {
      await session.close()
    }
  }

  const whenSaid = (text: string, then: () => void) => {
    let said = false
    return (output: string) => {
      if (said || !output.includes(text)) return
      said = true
      then()
    }
  }

  test.each([
    ['exit 0', 0],
    ['exit 7', 7],
    ['exit 255', 255],
    ['kill -9 $$', 137],
    ['no-such-command', 127],
  ])('%s ends with %i', async (text, code) => {
    expect(await attach(script(place(), text))).toMatchObject({ state: 'ended', code, before: false, started: { by: 'jane@here' } })
  })

  test('its output comes whole, both streams, byte by byte', async () => {
    const at = place()
    const { output } = await attach(script(at, "echo out; echo err >&2; printf 'a\\0\\377b\\n'; head -c 3000000 /dev/zero | tr '\\0' x"))
    expect(Buffer.from(output).subarray(0, 9).toString('latin1')).toBe('out\nerr\na')
    expect(readFileSync(join(at, 'out')).subarray(9, 13).toString('latin1')).toBe('\0\xffb\n')
    expect(output.endsWith('x'.repeat(3_000_000))).toBe(true)
  })

  test('only its owner can read what is kept of it', async () => {
    const at = place()
    await attach(script(at, 'umask'))
    expect(statSync(at).mode & 0o777).toBe(0o700)
    expect(
      readdirSync(at)
        .map((name) => [name, statSync(join(at, name)).mode & 0o077])
        .filter(([, open]) => open !== 0),
    ).toEqual([])
  })

  test('it runs on when the connection breaks off, and the next one has what is left of its output', async () => {
    const at = place()
    const go = join(at, '../go')
    const one = script(at, `echo first; until [ -e ${go} ]; do sleep 0.1; done; echo last; exit 3`)
    expect(await attach(one, { onOutput: whenSaid('first', server.cutAll) })).toMatchObject({ state: 'lost', output: 'first\n' })
    const next = attach(one, { passed: 6 })
    writeFileSync(go, '')
    expect(await next).toMatchObject({ state: 'ended', code: 3, output: 'last\n' })
  })

  test('whoever comes later sees how it ended', async () => {
    const one = script(place(), 'echo only once; exit 3')
    await attach(one)
    expect(await attach({ ...one, run: 'other' })).toMatchObject({
      state: 'ended',
      code: 3,
      before: true,
      started: { run: one.run },
      output: 'only once\n',
    })
  })

  test('of several at the same moment, one runs', async () => {
    const at = place()
    const count = join(at, '../count')
    const all = await Promise.all(Array.from({ length: 5 }, () => attach(script(at, `echo run >> ${count}; sleep 1; exit 0`))))
    expect(new Set(all.map((one) => 'started' in one && one.started.run)).size).toBe(1)
    expect(all.map(({ state }) => state)).toEqual(Array(5).fill('ended'))
    expect(readFileSync(count, 'utf8')).toBe('run\n')
  })

  test('another one is not run beside it, nor after it', async () => {
    const at = place()
    await attach(script(at, 'exit 0'))
    expect(await attach(script(at, 'echo another; exit 0'))).toMatchObject({ state: 'other', started: { by: 'jane@here' }, output: '' })
  })

  test('one that was killed is no success', async () => {
    const at = place()
    const one = script(at, 'echo begun; exec sleep 1000')
    let keeper = 0
    const ended = attach(one, {
      onOutput: whenSaid('begun', () => {
        keeper = Number(readFileSync(join(at, 'started'), 'utf8').split(' ')[0])
        process.kill(keeper, 'SIGKILL')
      }),
    })
    expect(await ended).toMatchObject({ state: 'died' })
    expect(await attach(one)).toMatchObject({ state: 'died' })
    // What it kept runs on without it.
    process.kill(-keeper, 'SIGKILL')
  })

  test('one that another run has followed to its end, and cleaned up after, has its output whole, and did not die', async () => {
    const at = place()
    const go = join(at, '../go')
    const one = script(at, `echo first; until [ -e ${go} ]; do sleep 0.1; done; echo last; exit 0`)
    const attendant = spawn('/bin/sh', ['-c', attachCommand(one, 0)], { detached: true })
    const said = { stdout: '', stderr: '' }
    for (const stream of ['stdout', 'stderr'] as const)
      attendant[stream].setEncoding('utf8').on('data', (text: string) => (said[stream] += text))
    const ended = new Promise((done) => attendant.on('close', done))
    attendant.stdin.end(one.upload)
    await vi.waitUntil(() => said.stdout === 'first\n', { timeout: 60_000 })
    // It sees nothing of the script's end.
    process.kill(-attendant.pid!, 'SIGSTOP')
    writeFileSync(go, '')
    await vi.waitUntil(() => existsSync(join(at, 'exit')), { timeout: 60_000 })
    rmSync(at, { recursive: true })
    writeFileSync(one.complete, '')
    process.kill(-attendant.pid!, 'SIGCONT')
    await ended
    expect(said.stdout).toBe('first\nlast\n')
    expect(said.stderr).toMatch(/^cray-ims: started .* running\ncray-ims: over\n$/)
    expect(await attach(one)).toMatchObject({ state: 'lost', why: 'another run has ended its shell', over: true, output: '' })
  })

  test('a script that empties /tmp, and one without an interpreter of its own, work', async () => {
    expect(await attach(script(place(), '#!/bin/sh\nls "$0" >/dev/null && exit 4'))).toMatchObject({ code: 4 })
    expect(await attach(script(place(), 'ls "$0" >/dev/null && exit 5'))).toMatchObject({ code: 5 })
  })

  test('a command is passed on as it is', async () => {
    const command = `printf '%s|' "a  b" 'c"d' $'e' "$HOME" > /dev/null; echo "it's"; exit 6`
    expect(await attach(script(place(), '', { command: () => command }))).toMatchObject({ code: 6, output: "it's\n" })
  })

  test('of a shell that another run has ended nothing is started', async () => {
    const at = place()
    writeFileSync(`${at}.complete`, '')
    expect(await attach(script(at, 'exit 3\n'))).toMatchObject({ state: 'lost', why: 'another run has ended its shell', output: '' })
    expect(existsSync(at)).toBe(false)
  })

  test('of an upload that is cut off nothing runs', () => {
    const at = place()
    const ran = join(at, '../ran')
    const upload = `touch ${ran}\n# and more\n`
    const { stderr } = spawnSync('/bin/sh', ['-c', attachCommand(script(at, upload), 0)], { input: upload.slice(0, -3), encoding: 'utf8' })
    expect([stderr, existsSync(ran)]).toEqual(['cray-ims: failed\n', false])
  })

  test.each([
    ['#!/no/such/interpreter\nexit 3\n', '/no/such/interpreter'],
    ['#!/usr/bin/env no-such-program\nexit 3\n', 'no-such-program'],
  ])('an interpreter that is missing there is named, and nothing was begun: %j', async (text, missing) => {
    const at = place()
    const failure = await attach(script(at, text)).catch((error: unknown) => error)
    expect(failure).toMatchObject({ exit: 255, message: expect.stringContaining(`there is no ${missing} in the image root`) })
    expect(existsSync(at)).toBe(false)
    expect(await attach(script(at, '#!/usr/bin/env -S sh -e\nexit 3\n'))).toMatchObject({ state: 'ended', code: 3 })
  })

  test('a root in which nothing can be run is no exit code of the script, either', async () => {
    const root = mkdtempSync(join(folder.path, 'bare-'))
    const failure = await attach(script(join(root, '.state'), 'exit 0', { root })).catch((error: unknown) => error)
    expect(failure).toMatchObject({
      exit: 255,
      message: "the script couldn't be started in the image root",
      more: [expect.stringContaining('chroot')],
    })
    expect(readdirSync(root)).toEqual([])
  })

  test('nor is a jail without a shell, and what helps is said', async () => {
    const jail = await startSshd({
      authorized: [own.publicKey],
      config: ["ForceCommand echo '/bin/bash: No such file or directory' >&2; exit 1"],
    })
    try {
      const failure = await attach(script(place(), 'exit 0'), { at: jail }).catch((error: unknown) => error)
      expect(failure).toMatchObject({
        exit: 255,
        more: ['  /bin/bash: No such file or directory', expect.stringContaining('--new --no-jail')],
      })
    } finally {
      await jail.stop()
    }
  })

  test('where it can not be started, that is no exit code of the script', async () => {
    const at = place()
    mkdirSync(join(at, '..'), { recursive: true })
    writeFileSync(at, 'a file in its way')
    const failure = await attach(script(at, 'exit 0')).catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(CliError)
    expect(failure).toMatchObject({ exit: 255, message: "the script couldn't be started in the image root" })
    rmSync(at)
  })
})
