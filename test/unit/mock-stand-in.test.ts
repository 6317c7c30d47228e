import { existsSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { answers, listenTo, mockShells, program, skip, started, until } from '../support/mock-shells.ts'

// What answers where namespaces of Linux aren't allowed.
const isolation = 'stand-in'
const { clientOf, folder, ready, said, settings, ssh } = mockShells()

describe.skipIf(skip)('what stands in for a shell', () => {
  it('has what the debug procedure needs', async () => {
    const here = await ready({ kind: 'create', isolation })
    expect(await said(here, 'ls /mnt/image/build/image-root; tail -n 1 /mnt/image/kiwi.log')).toMatch(
      /^boot\netc\n[^]*var\n\[ ERROR .*cos-libs' found\.\n$/,
    )
    expect(await said(here, 'cat "/mnt/image/build/image-root/etc/os-release"')).toMatch(/^NAME="SLES"/)
    expect(await said(here, "cd /mnt/image && pwd && echo 'two  words' and\\ more; ls -a ..")).toBe(
      '/mnt/image\ntwo  words and more\nimage\n',
    )
    expect(await said(here, 'touch -- "/tmp/a b" && echo was touched; ls -l /tmp; rm -f "/tmp/a b" /tmp/none')).toMatch(
      /^was touched\n-rw-r--r-- +1 +0 +0 +0 .* a b\n$/,
    )
  })

  it.each([
    ['test -e /mnt/image/none || test -e /mnt/image/kiwi.log', 0],
    ['test -e /mnt/image/none', 1],
    ['test -d /mnt && test -s /mnt/image/kiwi.log && exit 7', 7],
    ['exit 3; echo on', 3],
    ['true && cd /none', 1],
    ['test -e /none && echo yes || echo no; true', 0],
  ])('%s ends with %i', async (command, exit) => {
    expect(await ssh(await ready({ kind: 'create', isolation }), [command])).toMatchObject({ exit })
  })

  it.each([
    ['chroot /mnt/image/build/image-root /bin/sh -c true', 127, /^chroot: there is no real shell here, only: cat cd echo /],
    ['/tmp/script', 127, /^\/tmp\/script: there is no real shell here/],
    ['echo $HOME', 2, /this takes a real shell, and here is none/],
    ['echo x > /tmp/x', 2, /this takes a real shell/],
    ['echo `id`', 2, /this takes a real shell/],
    ['tail -3 /mnt/image/kiwi.log | cat', 2, /this takes a real shell/],
    ['ls *', 2, /this takes a real shell/],
    ['cat /etc/shadow /mnt', 1, /^cat: \/etc\/shadow: no such file or directory\ncat: \/mnt: illegal operation on a directory\n$/],
  ])('%s is refused, in words', async (command, exit, stderr) => {
    expect(await ssh(await ready({ kind: 'create', isolation }), [command])).toEqual({
      exit,
      stdout: '',
      stderr: expect.stringMatching(stderr),
    })
  })

  it('has no file of the machine', async () => {
    const there = mkdtempSync(join(folder(), 'there-'))
    writeFileSync(join(there, 'secret'), 'SECRET')
    const here = await ready({ kind: 'create', isolation })
    const client = await clientOf(here)
    await new Promise<void>((done, fail) =>
      client.sftp((error, sftp) => (error ? fail(error) : sftp.symlink(there, '/tmp/link', (error) => (error ? fail(error) : done())))),
    )
    for (const path of [
      `${there}/secret`,
      `../../../../../..${there}/secret`,
      '/tmp/link/secret',
      '/proc/self/root/etc/passwd',
      `/tmp/../../..${there}/secret`,
    ]) {
      expect(await ssh(here, [`cat ${path}; ls ${path}; tail ${path}; rm ${path}; touch ${path}`])).toMatchObject({ exit: 1, stdout: '' })
    }
    expect(existsSync(join(there, 'secret'))).toBe(true)
    expect(readdirSync(there)).toEqual(['secret'])
  })

  it.each([
    ['create', 'complete', 'error'],
    ['customize', 'complete', 'packaging_artifacts'],
    ['customize', 'failed', 'error'],
  ] as const)('of %s: touch %s moves the job to %s, and ends the connection', async (kind, file, status) => {
    const here = await ready({ kind, isolation })
    const lasting = ssh(here, ['echo in; cat -'])
    await said(here, `touch /mnt/image/${file}`)
    await until(() => here.job.status === status)
    await lasting
    await until(async () => readdirSync(folder()).length === 0 && !(await answers(here.port)))
  })

  it('reads lines, and says what it is', async () => {
    const here = await ready({ kind: 'jailed', isolation })
    const { exit, stdout, stderr } = await ssh(here, [], {
      options: ['-T'],
      stdin: 'pwd\ncat etc/cray-release\ncd /\ncat etc/cray-release\nexit 4\necho no\n',
    })
    expect({ exit, stdout }).toEqual({ exit: 4, stdout: '/root\nresult\n' })
    expect(stderr).toMatch(
      /^cray-ims mock: this machine allows no namespaces, so there is no real shell here, only: cat .*\ncat: etc\/cray-release: no such file or directory\n$/,
    )
  })

  it('can be typed at', async () => {
    const here = await ready({ kind: 'create', isolation })
    const channel = await started((done) => clientOf(here).then((client) => client.shell({ rows: 24, cols: 80, term: 'xterm' }, done)))
    const heard = listenTo(channel)
    await heard.hears(/\[root@cray-ims-\S+-create-\w{5} ~\]# $/)
    channel.write('ecxx\x7f\x7fho typed\r')
    await heard.hears(/ho typed\r\ntyped\r\n\[root@\S+ ~\]# $/)
    channel.write('not this\x03cd /mnt/image\r')
    await heard.hears(/\^C\r\n\[root@\S+ ~\]# cd \/mnt\/image\r\n\[root@\S+ image\]# $/)
    channel.write('\x04')
    expect(await heard.closed).toBe(0)
    expect(heard.text()).not.toContain('not: ')
    expect(await ssh(here, ['pwd; id'], { options: ['-tt'] })).toMatchObject({
      exit: 127,
      stdout: expect.stringMatching(/^\/root\r\nid: there is no real shell here, .*\r\n$/),
    })
  })

  it('gives much, whole, and no faster than it is read', async () => {
    const here = await ready({ kind: 'create', isolation })
    const much = Buffer.alloc(6_000_000, 'x')
    expect(await ssh(here, ['cat; exit 5'], { stdin: much })).toEqual({ exit: 5, stdout: much.toString(), stderr: '' })
  })

  it('takes and gives files (scp)', async () => {
    const here = await ready({ kind: 'create', isolation })
    writeFileSync(join(folder(), 'up'), 'text')
    expect(
      await program('scp', [...settings('ed25519'), '-P', String(here.port), join(folder(), 'up'), 'root@127.0.0.1:/tmp/']),
    ).toMatchObject({ exit: 0 })
    expect(await said(here, 'cat /tmp/up')).toBe('text')
  })
})
