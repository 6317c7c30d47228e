import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SFTPWrapper } from 'ssh2'
import { describe, expect, it } from 'vitest'
import { treeIn } from '../../src/mock/ssh/tree.ts'
import { mockShells, namespaces, program, skip, until } from '../support/mock-shells.ts'

const { closing, clientOf, folder, ready, said, ssh } = mockShells()

describe.runIf(namespaces && !skip)('what runs in a shell', () => {
  it('sees no file of the machine but programs, which it can’t change', async () => {
    const here = await ready()
    expect(await said(here, 'cd /; for one in *; do echo $one; done')).toMatch(
      /^bin\ndev\netc\n(lib\w*\n)+mnt\nproc\nroot\nsbin\ntmp\nusr\n$/,
    )
    expect(await said(here, 'ls /etc; ls -A /root /tmp')).toBe(
      `${existsSync('/etc/alternatives') ? 'alternatives\n' : ''}group\nhosts\npasswd\nssh\n/root:\n\n/tmp:\n`,
    )
    expect((await said(here, 'ls /dev')).split('\n').filter(Boolean)).toEqual([
      'fd',
      'full',
      'null',
      'ptmx',
      'pts',
      'random',
      'shm',
      'stderr',
      'stdin',
      'stdout',
      'tty',
      'urandom',
      'zero',
    ])
    const mounts = (await said(here, 'cat /proc/self/mounts'))
      .trim()
      .split('\n')
      .map((line) => line.split(' '))
    for (const [, at = '', , options = ''] of mounts.filter(([, at]) =>
      /^\/(usr|bin|sbin|lib\w*|etc\/alternatives)$/.test(at!.replace('/mnt/image/image-root', '')),
    ))
      expect(`${at} ${options}`).toMatch(/ ro,nosuid,nodev/)
    expect(
      mounts
        .map(([, at = '']) => at.replace('/mnt/image/image-root', '') || '/')
        .filter((at) => !/^\/($|usr|bin|sbin|lib\w*|etc\/alternatives$|proc$|dev\/(pts|null|zero|full|u?random|tty)$)/.test(at)),
    ).toEqual([])
  })

  const secret = 'SECRET-OF-THE-MACHINE'
  it.each<[what: string, command: (there: string) => string]>([
    ['a file by its path', (there) => `cat ${there}/secret`],
    ['the root of its first process', (there) => `cat /proc/1/root${there}/secret; cat /proc/self/root${there}/secret`],
    ['whatever /proc has', (there) => `for one in /proc/[0-9]*; do cat $one/environ $one/root${there}/secret $one/cwd/secret; done; :`],
    ['the old root', (there) => `cat /.machine${there}/secret; cd ../../../../../../; cat .${there}/secret`],
    ['chroot and back', (there) => `mkdir /x; chroot /mnt/image/image-root /bin/sh -c 'cd ../../../..; chroot . cat ${there}/secret'`],
    ['mount --bind', (there) => `mkdir /x; mount --bind ${there} /x; cat /x/secret`],
    ['the disk', () => `mkdir /x; mknod /x/disk b 254 0; cat /x/disk; mount -t ext4 /dev/vda /x; mount -t devtmpfs d /x; ls /x`],
    [
      'a namespace of its own',
      (there) => `unshare --user --map-root-user --mount sh -c 'umount -l /; mount -t proc proc /proc; cat ${there}/secret'`,
    ],
    [
      'the namespaces of its parent',
      (there) => `nsenter --target 1 --mount --user cat ${there}/secret; nsenter --target 1 --mount cat ${there}/secret`,
    ],
    ['tracing the first process', (there) => `timeout 1 strace -f -p 1 -o /x; cat ${there}/secret`],
    ['links', (there) => `ln -s ${there}/secret /tmp/link; cat /tmp/link; ln ${there}/secret /tmp/hard; cat /tmp/hard`],
  ])('can’t read by %s', async (_, command) => {
    const there = mkdtempSync(join(folder(), 'there-'))
    // Anybody on the machine may read it.
    for (const path of [folder(), there]) chmodSync(path, 0o755)
    writeFileSync(join(there, 'secret'), secret, { mode: 0o644 })
    const here = await ready()
    process.env.CONFINED_TEST = secret
    closing(() => delete process.env.CONFINED_TEST)
    const { stdout, stderr } = await ssh(here, [command(there)], { options: ['-o', 'SendEnv=CONFINED_TEST'] })
    expect(stdout + stderr).not.toContain(secret)
    expect(stderr).not.toBe('')
  })

  it.each([
    [
      'write into programs',
      'touch /usr/bin/new; mount -o remount,bind,rw /usr; umount /usr; touch /usr/bin/new',
      () => existsSync('/usr/bin/new'),
    ],
    [
      'change settings of the kernel',
      'echo changed > /proc/sys/kernel/core_pattern; echo 1 > /proc/sys/vm/drop_caches; echo h > /proc/sysrq-trigger; sysctl -w kernel.hostname=changed',
      () => readFileSync('/proc/sys/kernel/core_pattern', 'utf8') === 'changed\n' || hostname() === 'changed',
    ],
    ['rename the machine', 'hostname changed', () => hostname() === 'changed'],
    ['make a device', 'mknod /tmp/zero c 1 5', () => false],
    ['raise what it may do', 'setpriv --inh-caps=+all --ambient-caps=+all true', () => false],
  ])('can’t %s', async (_, command, done) => {
    const here = await ready()
    expect((await ssh(here, [`${command} && echo worked`])).stdout).toBe('')
    expect(done()).toBe(false)
  })

  it('can’t see, signal or trace what runs outside, nor talk to it', async () => {
    const server = createServer((socket) => socket.end('reached'))
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
    closing(() => new Promise((closed) => server.close(closed)))
    const { port } = server.address() as { port: number }
    const abstract = createServer((socket) => socket.end('reached'))
    await new Promise<void>((listening) => abstract.listen(`\0confined-${process.pid}`, listening))
    closing(() => new Promise((closed) => abstract.close(closed)))
    const here = await ready()
    const ids = (await said(here, 'ls /proc'))
      .split('\n')
      .filter((name) => /^\d+$/.test(name))
      .map(Number)
    expect(ids[0]).toBe(1)
    expect(ids.length).toBeLessThan(10)
    await ssh(here, [`kill -9 ${process.pid} ${process.ppid}`])
    const reach = `bash -c 'exec 3<>/dev/tcp/127.0.0.1/${port}; cat <&3'; grep -c confined-${process.pid} /proc/net/unix`
    expect((await program('sh', ['-c', reach])).stdout).toBe('reached1\n')
    expect((await ssh(here, [reach])).stdout).toBe('0\n')
  })

  it('has nothing of the mock’s in its environment, and no privileges but over files', async () => {
    const here = await ready()
    expect(await said(here, "cat /proc/1/environ | tr '\\0' '\\n'")).toMatch(/^(PATH|PWD|OLDPWD|SHLVL|_)=[^]*$/)
    expect(await said(here, 'env; cat /proc/1/environ')).not.toMatch(/HOME=(?!\/root)|\bNODE|CRAY|TMPDIR/)
    expect(await said(here, 'grep -E "^(Cap(Prm|Eff|Bnd|Amb)|NoNewPrivs)" /proc/self/status /proc/1/status')).toMatch(
      /^(?:\S+:Cap(?:Prm|Eff|Bnd):\t00000000000400fb\n|\S+:CapAmb:\t0{16}\n|\S+:NoNewPrivs:\t1\n)+$/,
    )
  })

  it.runIf(process.getuid?.() === 0)(
    'is not the machine’s root where the mock is: its files are those of an id that nobody has',
    async () => {
      const here = await ready()
      await said(here, 'touch /tmp/made; echo on > /mnt/image/image-root/made')
      const [name] = execFileSync('find', [folder(), '-name', 'made', '-printf', '%U %G\n'], { encoding: 'utf8' }).trim().split('\n')
      expect(name).toMatch(/^(\d{9,}) \1$/)
      expect(await said(here, 'id -u; stat -c %u:%g /tmp/made; cat /proc/self/uid_map')).toMatch(/^0\n0:0\n +0 +\d{9,} +1\n$/)
    },
  )

  it('leaves nothing behind, even where it may not look', async () => {
    const here = await ready()
    await said(here, 'mkdir -p /tmp/a/b; touch /tmp/a/b/c; chmod 0 /tmp/a/b /tmp/a')
    // The connection may end before the command does.
    await ssh(here, ['touch /mnt/image/failed'])
    await until(() => readdirSync(folder()).length === 0)
  })
})

describe.skipIf(skip).each(namespaces ? (['namespaces', 'stand-in'] as const) : (['stand-in'] as const))(
  'files over SFTP (%s)',
  (isolation) => {
    const sftpTo = async (): Promise<SFTPWrapper> => {
      const client = await clientOf(await ready({ isolation }))
      return new Promise((done, fail) => client.sftp((error, sftp) => (error ? fail(error) : done(sftp))))
    }
    const did = (call: (done: (error?: unknown, result?: unknown) => void) => void): Promise<unknown> =>
      new Promise((done, fail) => call((error, result) => (error ? fail(error as Error) : done(result))))

    it('are the job’s own: no link leads out, however it is used', async () => {
      const there = mkdtempSync(join(folder(), 'there-'))
      writeFileSync(join(there, 'secret'), 'SECRET', { mode: 0o600 })
      const sftp = await sftpTo()
      const up = `${'../'.repeat(30)}${there}`
      for (const [name, target] of Object.entries({
        file: `${there}/secret`,
        folder: there,
        up,
        proc: `/proc/${process.pid}/root`,
        fd: '/proc/self/fd',
        new: `${there}/new`,
      }))
        await did((done) => sftp.symlink(target, `/tmp/${name}`, done))
      for (const path of [
        '/tmp/file',
        '/tmp/folder/secret',
        '/tmp/up/secret',
        `${there}/secret`,
        `${up}/secret`,
        `/tmp/proc${there}/secret`,
        '/etc/shadow',
        `/proc/self/root${there}/secret`,
      ]) {
        await expect(
          did((done) => sftp.readFile(path, done)),
          path,
        ).rejects.toMatchObject({ code: expect.toSatisfy((code) => code === 2 || code === 3) })
        await expect(
          did((done) => sftp.stat(path, done)),
          path,
        ).rejects.toThrow()
        await expect(
          did((done) => sftp.chmod(path, 0o777, done)),
          path,
        ).rejects.toThrow()
        await expect(
          did((done) => sftp.utimes(path, 1, 1, done)),
          path,
        ).rejects.toThrow()
      }
      for (const path of ['/tmp/folder', '/tmp/up', '/tmp/fd', there])
        await expect(
          did((done) => sftp.readdir(path, done)),
          path,
        ).rejects.toThrow()
      // A link to what isn't there leads to a place in the tree, too.
      for (const path of ['/tmp/new', '/tmp/folder/x'])
        await expect(
          did((done) => sftp.writeFile(path, 'x', done)),
          path,
        ).rejects.toThrow()
      for (const path of ['/tmp/folder/x', `${there}/x`])
        await expect(
          did((done) => sftp.mkdir(path, done)),
          path,
        ).rejects.toThrow()
      await expect(did((done) => sftp.unlink('/tmp/folder/secret', done))).rejects.toThrow()
      await expect(did((done) => sftp.rename('/tmp/folder/secret', '/tmp/taken', done))).rejects.toThrow()
      expect([
        readFileSync(join(there, 'secret'), 'utf8'),
        lstatSync(join(there, 'secret')).mode & 0o777,
        existsSync(join(there, 'new')),
        existsSync(join(there, 'x')),
      ]).toEqual(['SECRET', 0o600, false, false])
    })

    it('say nothing of where they are on this machine', async () => {
      const sftp = await sftpTo()
      const failure = await did((done) => sftp.readFile('/tmp/none', done)).catch((error: Error) => error.message)
      expect(failure).toBe('no such file or directory')
    })

    it('are those that were asked for, through links that stay inside', async () => {
      const sftp = await sftpTo()
      await did((done) => sftp.symlink('/mnt/image/../image', '/tmp/image', done))
      await did((done) => sftp.writeFile('/tmp/image/note', 'text', done))
      expect(String(await did((done) => sftp.readFile('/mnt/image/note', done)))).toBe('text')
      expect(
        ((await did((done) => sftp.readdir('/tmp/image', done))) as { filename: string }[]).map(({ filename }) => filename).sort(),
      ).toEqual(['image-root', 'note'])
      expect(await did((done) => sftp.readlink('/tmp/image', done))).toBe('/mnt/image/../image')
      await did((done) => sftp.unlink('/tmp/image', done))
      expect(String(await did((done) => sftp.readFile('/mnt/image/note', done)))).toBe('text')
      expect(((await did((done) => sftp.lstat('/', done))) as { isDirectory(): boolean }).isDirectory()).toBe(true)
    })

    it.runIf(isolation === 'namespaces')('are the shell’s, which may change what it gets', async () => {
      const here = await ready({ isolation })
      const client = await clientOf(here)
      const sftp = (await did((done) => client.sftp(done))) as SFTPWrapper
      await did((done) => sftp.mkdir('/tmp/made', done))
      await did((done) => sftp.writeFile('/tmp/made/file', 'text', done))
      await did((done) => sftp.symlink('file', '/tmp/made/link', done))
      expect(await said(here, 'cd /tmp/made; stat -c %u:%g . file link; cat link; echo more >> file; rm link; mkfifo pipe')).toBe(
        '0:0\n0:0\n0:0\ntext',
      )
      expect(String(await did((done) => sftp.readFile('/tmp/made/file', done)))).toBe('textmore\n')
      await expect(did((done) => sftp.readFile('/tmp/made/pipe', done))).rejects.toThrow()
      await expect(did((done) => sftp.writeFile('/tmp/made/pipe', 'x', done))).rejects.toThrow()
      for (const path of ['/usr/bin/env', '/bin/sh', '/dev/null', '/proc/1/environ', '/mnt/image/image-root/usr/bin/env'])
        await expect(
          did((done) => sftp.readFile(path, done)),
          path,
        ).rejects.toMatchObject({ code: 3 })
      for (const path of ['/usr', '/mnt/image/image-root/proc', '/dev/pts'])
        await expect(
          did((done) => sftp.rmdir(path, done)),
          path,
        ).rejects.toMatchObject({ code: 3 })
    })
  },
)

describe('a path in a tree', () => {
  it('stays in it while folders become links', () => {
    const base = mkdtempSync(join(tmpdir(), 'mock-tree-'))
    try {
      for (const path of ['out', 'tree/a/b']) mkdirSync(join(base, path), { recursive: true })
      writeFileSync(join(base, 'out/secret'), 'SECRET')
      writeFileSync(join(base, 'tree/a/b/secret'), 'own')
      const found = treeIn(join(base, 'tree')).find('/a/b/secret')
      renameSync(join(base, 'tree/a/b'), join(base, 'tree/a/c'))
      symlinkSync('../../out', join(base, 'tree/a/b'))
      if (process.platform === 'linux') expect(readFileSync(found.path, 'utf8')).toBe('own')
      found.release()
      expect(() => treeIn(join(base, 'tree')).find('/a/b/secret')).toThrow(/^ENOENT/)
      symlinkSync('loop', join(base, 'tree/loop'))
      expect(() => treeIn(join(base, 'tree')).find('/loop')).toThrow(/^ELOOP/)
    } finally {
      rmSync(base, { recursive: true })
    }
  })
})
