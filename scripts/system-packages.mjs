// Makes RPMs and debs of the executables in package/, for x64 and arm64, beside them, or in another folder.
//
//   npm run package && npm run package:system [-- --quick --out FOLDER]   (--quick: hardly compressed)
//
// The package cray-ims-as-cray offers the name `cray`, through update-alternatives; a `cray` that is a file stays.
import { execFileSync } from 'node:child_process'
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { gzipSync } from 'node:zlib'
import { executableName, runtimeLicence } from './executable/runtime.mjs'
import { writeSums } from './sums.mjs'

// Others read what is installed, whoever packages it.
process.umask(0o022)
const { values } = parseArgs({ options: { quick: { type: 'boolean' }, out: { type: 'string' } } })
const top = join(import.meta.dirname, '..')
const { quick, out = join(top, 'package') } = values
const work = mkdtempSync(join(tmpdir(), 'cray-ims-packages-'))
/** @type {{ name: string, version: string, description: string, man: string[] }} */
const { name, version, description, man } = JSON.parse(readFileSync(join(top, 'package.json'), 'utf8'))
const date = execFileSync('git', ['log', '-1', '--format=%ct'], { cwd: top, encoding: 'utf8' }).trim()
const env = { ...process.env, SOURCE_DATE_EPOCH: date, LC_ALL: 'C' }
const linked = `${name}-as-cray`
const summary = `The name cray for ${name}, where no other program has it`
const offered = `update-alternatives --install /usr/bin/cray cray /usr/bin/${name} 10`
const withdrawn = `update-alternatives --remove cray /usr/bin/${name}`
/** Where each system looks for a package's licences. */
const licence = { rpm: `usr/share/licenses/${name}/LICENCES.txt`, deb: `usr/share/doc/${name}/copyright` }
const release = `${version}-1`
/** What a kind of machine is called by Node, by RPM and by dpkg. */
const kinds = [
  { arch: 'x64', rpm: 'x86_64', deb: 'amd64' },
  { arch: 'arm64', rpm: 'aarch64', deb: 'arm64' },
]

/** @param {string} command @param {string[]} args */
const run = (command, ...args) => execFileSync(command, args, { cwd: work, env, stdio: ['ignore', 'ignore', 'pipe'] })

/**
 * Lays out what a package installs.
 *
 * @param {string} root
 * @param {string} arch
 * @param {string} licences where they go.
 */
function layOut(root, arch, licences) {
  const doc = `usr/share/doc/${name}`
  /** @type {[from: string, to: string][]} */
  const files = [
    [`package/${executableName({ arch })}`, `usr/bin/${name}`],
    ['completions/cray-ims.bash', `usr/share/bash-completion/completions/${name}`],
    ['completions/_cray-ims', `usr/share/zsh/site-functions/_${name}`],
    ['completions/cray-ims.fish', `usr/share/fish/vendor_completions.d/${name}.fish`],
    ['package/LICENCES.txt', licences],
    ['package/sbom.json', `${doc}/sbom.json`],
    ['CHANGELOG.md', `${doc}/CHANGELOG.md`],
  ]
  for (const [from, to] of files) {
    mkdirSync(dirname(join(root, to)), { recursive: true })
    copyFileSync(join(top, from), join(root, to))
    chmodSync(join(root, to), to.startsWith('usr/bin') ? 0o755 : 0o644)
  }
  for (const path of man) {
    const folder = join(root, `usr/share/man/man${path.at(-1)}`)
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, `${basename(path)}.gz`), gzipSync(readFileSync(join(top, path)), { level: 9 }))
  }
}

/**
 * @param {string} arch
 * @param {string} kind
 */
function makeRpms(arch, kind) {
  const root = join(work, `${kind}-rpm`)
  layOut(root, arch, licence.rpm)
  const spec = join(work, `${kind}.spec`)
  writeFileSync(
    spec,
    `Name: ${name}
Version: ${version}
Release: 1
Summary: ${description}
License: ${runtimeLicence}
Requires: glibc >= 2.17
AutoReqProv: no

%description
${description}.
One executable, which needs no Node.

%package -n ${linked}
Summary: ${summary}
Requires: ${name} = ${release}
Requires(post): /usr/sbin/update-alternatives
Requires(preun): /usr/sbin/update-alternatives

%description -n ${linked}
${summary}.

%install
cp -a ${root}/. %{buildroot}

%files
/usr/bin/${name}
/usr/share/bash-completion/completions/${name}
/usr/share/zsh/site-functions/_${name}
/usr/share/fish/vendor_completions.d/${name}.fish
/usr/share/man/man*/${name}*
%doc /usr/share/doc/${name}
%license /${dirname(licence.rpm)}

%files -n ${linked}

%post -n ${linked}
${offered}

%preun -n ${linked}
[ "$1" != 0 ] || ${withdrawn}
`,
  )
  const defines = [
    `_topdir ${work}/${kind}`,
    // What the rpm of every system can read.
    `_binary_payload ${quick ? 'w1.gzdio' : 'w6.xzdio'}`,
    '_buildhost localhost',
    'use_source_date_epoch_as_buildtime 1',
    'clamp_mtime_to_source_date_epoch 1',
    'debug_package %{nil}',
    '_build_id_links none',
    // The executable is more than its ELF sections: strip would take the program out of it.
    '__os_install_post %{nil}',
  ]
  run('rpmbuild', '-bb', '--target', `${kind}-linux`, ...defines.flatMap((each) => ['--define', each]), spec)
  const made = join(work, kind, 'RPMS', kind)
  for (const file of readdirSync(made)) copyFileSync(join(made, file), join(out, file))
}

/**
 * @param {string} arch
 * @param {string} kind
 */
function makeDebs(arch, kind) {
  const control = (/** @type {string} */ of, /** @type {string} */ about, /** @type {string} */ more) =>
    `Package: ${of}\nVersion: ${release}\nArchitecture: ${kind}\nMaintainer: The ${name} authors\nSection: admin\nPriority: optional\n${more}\nDescription: ${about}\n`
  const own = join(work, `${kind}-deb`)
  layOut(own, arch, licence.deb)
  mkdirSync(join(own, 'DEBIAN'))
  writeFileSync(join(own, 'DEBIAN/control'), control(name, description, 'Depends: libc6 (>= 2.17)'))
  const link = join(work, `${kind}-deb-link`)
  mkdirSync(join(link, 'DEBIAN'), { recursive: true })
  writeFileSync(join(link, 'DEBIAN/control'), control(linked, summary, `Depends: ${name} (= ${release})`))
  writeFileSync(join(link, 'DEBIAN/postinst'), `#!/bin/sh\nset -e\n${offered}\n`, { mode: 0o755 })
  writeFileSync(join(link, 'DEBIAN/prerm'), `#!/bin/sh\nset -e\n[ "$1" != remove ] || ${withdrawn}\n`, { mode: 0o755 })
  for (const [folder, of] of [
    [own, name],
    [link, linked],
  ])
    run(
      'dpkg-deb',
      '--root-owner-group',
      quick ? '-Zgzip' : '-Zxz',
      ...(quick ? ['-z1'] : []),
      '--build',
      folder,
      join(out, `${of}_${release}_${kind}.deb`),
    )
}

try {
  for (const { arch, rpm, deb } of kinds) {
    makeRpms(arch, rpm)
    makeDebs(arch, deb)
  }
  writeSums(out)
} catch (error) {
  console.error(`npm run package:system: ${/** @type {Error} */ (error).message}`)
  process.exitCode = 1
} finally {
  rmSync(work, { recursive: true, force: true })
}
