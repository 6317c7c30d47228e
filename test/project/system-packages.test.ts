import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { skip } from '../support/executable.ts'
import { isAll } from '../support/sampled.ts'

const top = join(import.meta.dirname, '../..')
const { version } = JSON.parse(readFileSync(join(top, 'package.json'), 'utf8')) as { version: string }
const rpmArch = { x64: 'x86_64', arm64: 'aarch64' }[process.arch as string]
const debArch = { x64: 'amd64', arm64: 'arm64' }[process.arch as string]
// They change the owner of files and the root of processes.
const able = process.getuid?.() === 0 && spawnSync('rpmbuild', ['--version']).status === 0 && spawnSync('dpkg', ['--version']).status === 0

describe.skipIf((skip || !able) && !process.env.CI)('packages for systems', () => {
  const packaging = [process.execPath, join(top, 'scripts/system-packages.mjs'), '--quick', '--out']
  let folder: string
  let made: string
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'system-packages-'))
    made = join(folder, 'made')
    mkdirSync(made)
    execFileSync(packaging[0]!, [...packaging.slice(1), made], { stdio: 'pipe' })
  }, 300_000)
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  // The scripts that make the other files compare what they make twice by themselves.
  test.runIf(isAll)('the same files give the same bytes, whoever packages them and where', () => {
    const again = join(folder, 'again')
    mkdirSync(again)
    execFileSync('sh', ['-c', 'umask 077; exec "$@"', 'sh', ...packaging, again], {
      env: { ...process.env, TMPDIR: folder, TZ: 'Asia/Tokyo' },
      stdio: 'pipe',
    })
    expect(readFileSync(join(again, 'SHA256SUMS'), 'utf8')).toBe(readFileSync(join(made, 'SHA256SUMS'), 'utf8'))
  })

  const rpm = (root: string, ...args: string[]) => execFileSync('rpm', ['--root', root, ...args], { encoding: 'utf8', stdio: 'pipe' })
  const dpkg = (root: string, ...args: string[]) =>
    execFileSync('dpkg', ['--root', root, '--force-depends', '--force-script-chrootless', ...args], { encoding: 'utf8', stdio: 'pipe' })

  test('there are four for each kind of machine, with sums', () => {
    for (const [file, kind] of ['x86_64', 'aarch64'].flatMap((each) => [[`-${version}-1.${each}.rpm`, each]] as const))
      for (const name of ['cray-ims', 'cray-ims-as-cray'])
        expect(execFileSync('rpm', ['-qp', '--qf', '%{arch}', join(made, name + file)], { encoding: 'utf8' })).toBe(kind)
    for (const kind of ['amd64', 'arm64'])
      for (const name of ['cray-ims', 'cray-ims-as-cray'])
        expect(execFileSync('dpkg-deb', ['-f', join(made, `${name}_${version}-1_${kind}.deb`), 'Architecture'], { encoding: 'utf8' })).toBe(
          `${kind}\n`,
        )
    execFileSync('sha256sum', ['--check', '--strict', 'SHA256SUMS'], { cwd: made, stdio: 'pipe' })
  })

  const ways = [
    {
      kind: 'rpm',
      licences: 'licenses/cray-ims/LICENCES.txt',
      prepare: (root: string) => void rpm(root, '--initdb'),
      install: (root: string) => rpm(root, '-U', '--force', '--nodeps', join(made, `cray-ims-${version}-1.${rpmArch}.rpm`)),
      remove: (root: string) => rpm(root, '-e', 'cray-ims'),
    },
    {
      kind: 'deb',
      licences: 'doc/cray-ims/copyright',
      prepare: (root: string) => {
        for (const name of ['info', 'updates', 'parts', 'triggers']) mkdirSync(join(root, 'var/lib/dpkg', name), { recursive: true })
        for (const name of ['status', 'available']) writeFileSync(join(root, 'var/lib/dpkg', name), '')
      },
      install: (root: string) => dpkg(root, '-i', join(made, `cray-ims_${version}-1_${debArch}.deb`)),
      remove: (root: string) => dpkg(root, '-r', 'cray-ims'),
    },
  ]
  test.each(ways)(
    'a $kind is installed, runs, is installed over itself, and leaves nothing but configuration',
    ({ kind, licences, prepare, install, remove }) => {
      const root = join(folder, `${kind}-root`)
      mkdirSync(join(root, 'root/.config/cray/configurations'), { recursive: true })
      const configuration = join(root, 'root/.config/cray/configurations/default')
      writeFileSync(configuration, '[core]\n')
      prepare(root)
      for (let times = 2; times > 0; times--) {
        install(root)
        expect(execFileSync(join(root, 'usr/bin/cray-ims'), ['--version'], { env: {}, encoding: 'utf8' })).toBe(`cray-ims ${version}\n`)
      }
      const share = (path: string) => join(root, 'usr/share', path)
      expect(readFileSync(share('bash-completion/completions/cray-ims'))).toEqual(readFileSync(join(top, 'completions/cray-ims.bash')))
      expect(existsSync(share('zsh/site-functions/_cray-ims'))).toBe(true)
      expect(existsSync(share('fish/vendor_completions.d/cray-ims.fish'))).toBe(true)
      expect(readdirSync(share('man/man1'))).toContain('cray-ims-jobs.1.gz')
      expect(readFileSync(share(licences), 'utf8')).toContain('GNU LIBRARY GENERAL PUBLIC LICENSE')
      expect(existsSync(join(root, 'usr/bin/cray'))).toBe(false)
      remove(root)
      const left = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter(
        (path) => path.includes('cray-ims') && !path.startsWith('var/'),
      )
      expect(left).toEqual([])
      expect(readFileSync(configuration, 'utf8')).toBe('[core]\n')
    },
  )

  test('the name cray is offered on installing, and withdrawn on removing alone', () => {
    const scripts = execFileSync('rpm', ['-qp', '--scripts', join(made, `cray-ims-as-cray-${version}-1.${rpmArch}.rpm`)], {
      encoding: 'utf8',
    })
    const [installing, removing] = scripts.split(/^preuninstall.*\n/m).map((text) => text.replace(/^postinstall.*\n/, '')) as [
      string,
      string,
    ]
    const system = join(folder, 'alternatives')
    for (const name of ['alt', 'admin', 'bin']) mkdirSync(join(system, name), { recursive: true })
    writeFileSync(join(system, 'cray-ims'), '', { mode: 0o755 })
    const sh = (script: string, left: string) => {
      const here = script
        .replaceAll('/usr/bin/', `${system}/`)
        .replaceAll('update-alternatives', `update-alternatives --altdir ${system}/alt --admindir ${system}/admin --log /dev/null --quiet`)
      execFileSync('sh', ['-c', here, 'sh', left], { stdio: 'pipe' })
      return existsSync(join(system, 'cray'))
    }
    expect(sh(installing, '1')).toBe(true)
    expect(sh(removing, '1')).toBe(true)
    expect(sh(removing, '0')).toBe(false)
    // The original, which is a file.
    writeFileSync(join(system, 'cray'), 'the original')
    sh(installing, '1')
    expect(readFileSync(join(system, 'cray'), 'utf8')).toBe('the original')
  })
})
