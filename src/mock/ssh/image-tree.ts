import { mkdirSync, readlinkSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { placesOf } from '../../ims/job-outlook.ts'
import type { Job } from '../records.ts'
import { home, isLink, type View } from './view.ts'

const kernel = '5.14.21-150500.55.83-default'

/** A little of what is in the root of an image. Empty texts are empty files; a path that ends with `/` is a folder. */
function imageFiles(job: Job): Readonly<Record<string, string>> {
  return {
    'boot/initrd': '',
    [`boot/${job.kernel_file_name}`]: '',
    [`boot/System.map-${kernel}`]: '',
    'etc/fstab': '',
    'etc/group': 'root:x:0:\nnobody:x:65534:\n',
    'etc/hosts': '127.0.0.1 localhost\n',
    'etc/motd': '',
    'etc/os-release': `NAME="SLES"\nVERSION="15-SP6"\nID="sles"\nPRETTY_NAME="SUSE Linux Enterprise Server 15 SP6"\n`,
    'etc/passwd': `root:x:0:0:root:${home}:/bin/sh\nnobody:x:65534:65534:nobody:/var/lib/nobody:/sbin/nologin\n`,
    'etc/cray-release': `${job.image_root_archive_name}\n`,
    'etc/zypp/repos.d/': '',
    'home/': '',
    'opt/cray/': '',
    'root/': '',
    'run/': '',
    'srv/': '',
    'tmp/': '',
    [`usr/lib/modules/${kernel}/modules.dep`]: '',
    'usr/bin/': '',
    'usr/share/doc/': '',
    'var/log/': '',
    'var/lib/rpm/': '',
  }
}

const kiwiLog = ({ image_root_archive_name: name }: Job): string =>
  [
    `[ INFO    ]: 09:12:44 | Loading XML description: recipe/config.xml of ${name}`,
    '[ INFO    ]: 09:12:44 | Setting up repository sles15sp6',
    '[ INFO    ]: 09:14:02 | Installing bootstrap packages',
    '[ INFO    ]: 09:17:31 | Installing system packages',
    "[ ERROR   ]: 09:18:40 | KiwiInstallPhaseFailed: System package installation failed: No provider of 'cos-libs' found.",
    '',
  ].join('\n')

/** Lays out what a container of a job has of its own: what was built or fetched, and the log of a build. */
export function layOut(job: Job, { folder, jailed, mounts }: View): void {
  const { imageRoot, log, complete } = placesOf(job, false)
  for (const path of [dirname(complete), home, '/tmp']) mkdirSync(join(folder, path), { recursive: true })
  if (log !== undefined) writeFileSync(join(folder, log), kiwiLog(job))
  if (imageRoot === undefined) return
  const root = join(folder, imageRoot)
  for (const [path, text] of Object.entries(imageFiles(job))) {
    const file = join(root, path)
    if (path.endsWith('/')) mkdirSync(file, { recursive: true })
    else {
      mkdirSync(dirname(file), { recursive: true })
      writeFileSync(file, text)
    }
  }
  for (const { at, from } of mounts.slice(1).filter(({ system }) => system)) {
    const place = join(jailed ? root : folder, at)
    if (isLink(from)) symlinkSync(readlinkSync(from), place)
    else mkdirSync(place, { recursive: true })
  }
}
