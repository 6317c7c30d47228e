import { existsSync, lstatSync, mkdirSync, mkdtempSync, readlinkSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { containerPaths } from '../../ims/job-status.ts'
import { buildError } from '../kubernetes/log-scripts.ts'
import type { Job } from '../records.ts'

/** Where root is at home in a container. */
export const home = '/root'

/** What a root borrows from the machine, so that a shell can run in it. */
const borrowed = ['usr', 'bin', 'sbin', 'lib', 'lib32', 'lib64', 'libx32', 'etc/alternatives'].filter((path) => existsSync(`/${path}`))

export const devices = ['null', 'zero', 'full', 'random', 'urandom', 'tty']

/** The files of a job's container, as they lie on this machine. */
export interface Layout {
  /** The machine's folder that holds them all, for its owner alone. */
  readonly folder: string
  readonly jailed: boolean
  /** What is `/` there, as a path below the folder. */
  readonly root: string
  /** Roots that programs can run in, as paths there: `/`, and that of an image to change into. */
  readonly roots: readonly string[]
  /** The machine's folders that each of those has read-only at the same place. */
  readonly borrowed: readonly string[]
}

const kernel = '5.14.21-150500.55.83-default'

/** What any root has. Empty texts are empty files; a path that ends with `/` is a folder. */
const rootFiles: Readonly<Record<string, string>> = {
  'etc/group': 'root:x:0:\nnobody:x:65534:\n',
  'etc/hosts': '127.0.0.1 localhost\n',
  'etc/passwd': `root:x:0:0:root:${home}:/bin/sh\nnobody:x:65534:65534:nobody:/var/lib/nobody:/sbin/nologin\n`,
  'root/': '',
  'tmp/': '',
}

/** A little of what is in the root of an image. */
function imageFiles(job: Job): Readonly<Record<string, string>> {
  return {
    ...rootFiles,
    'boot/initrd': '',
    [`boot/${job.kernel_file_name}`]: '',
    [`boot/System.map-${kernel}`]: '',
    'etc/fstab': '',
    'etc/motd': '',
    'etc/os-release': `NAME="SLES"\nVERSION="15-SP6"\nID="sles"\nPRETTY_NAME="SUSE Linux Enterprise Server 15 SP6"\n`,
    'etc/cray-release': `${job.image_root_archive_name}\n`,
    'etc/zypp/repos.d/': '',
    'home/': '',
    'opt/cray/': '',
    'run/': '',
    'srv/': '',
    [`usr/lib/modules/${kernel}/modules.dep`]: '',
    'usr/bin/': '',
    'usr/share/doc/': '',
    'var/log/': '',
    'var/lib/rpm/': '',
  }
}

/** The places of what is the machine's. */
const systemFiles = {
  'dev/pts/': '',
  'dev/shm/': '',
  'proc/': '',
  ...Object.fromEntries(devices.map((name) => [`dev/${name}`, ''])),
}
const systemLinks = {
  'dev/ptmx': 'pts/ptmx',
  'dev/fd': '/proc/self/fd',
  'dev/stdin': '/proc/self/fd/0',
  'dev/stdout': '/proc/self/fd/1',
  'dev/stderr': '/proc/self/fd/2',
}

const kiwiLog = ({ image_root_archive_name: name }: Job): string =>
  [
    `[ INFO    ]: 09:12:44 | Loading XML description: recipe/config.xml of ${name}`,
    '[ INFO    ]: 09:12:44 | Setting up repository sles15sp6',
    '[ INFO    ]: 09:14:02 | Installing bootstrap packages',
    '[ INFO    ]: 09:17:31 | Installing system packages',
    `[ ERROR   ]: 09:18:40 | ${buildError}`,
    '',
  ].join('\n')

/**
 * Lays out what a container of a job has of its own: what was built or fetched, and the log of a build. In a jail the
 * image's root is all there is; the root of an image that is customised can else be changed into by `chroot`.
 */
export function layOut(job: Job, jailed: boolean, more: Readonly<Record<string, string>> = {}): Layout {
  const folder = mkdtempSync(join(tmpdir(), 'cray-ims-shell-'))
  const whole = join(folder, 'root')
  const { imageRoot, log, complete } = containerPaths(job, false)
  fill(whole, rootFiles)
  mkdirSync(join(whole, dirname(complete)), { recursive: true })
  if (imageRoot !== undefined) fill(join(whole, imageRoot), imageFiles(job))
  if (log !== undefined) writeFileSync(join(whole, log), kiwiLog(job))

  if (jailed) fill(join(whole, imageRoot!), more)
  else fill(whole, more)
  const root = jailed ? join('root', imageRoot!) : 'root'
  const roots = job.job_type === 'customize' && !jailed ? ['/', imageRoot!] : ['/']
  for (const one of roots) fill(join(folder, root, one), systemFiles, { ...systemLinks, ...borrowedLinks })
  for (const one of roots) for (const path of borrowedFolders) mkdirSync(join(folder, root, one, path), { recursive: true })
  return { folder, jailed, root, roots, borrowed: borrowedFolders }
}

const isLink = (path: string) => lstatSync(`/${path}`).isSymbolicLink()
const borrowedFolders = borrowed.filter((path) => !isLink(path))
/** As `/bin` often is. */
const borrowedLinks = Object.fromEntries(borrowed.filter(isLink).map((path) => [path, readlinkSync(`/${path}`)]))

function fill(root: string, files: Readonly<Record<string, string>>, links: Readonly<Record<string, string>> = {}): void {
  for (const [path, text] of Object.entries(files)) {
    const file = join(root, path)
    mkdirSync(path.endsWith('/') ? file : dirname(file), { recursive: true })
    if (!path.endsWith('/')) writeFileSync(file, text)
  }
  for (const [path, target] of Object.entries(links)) symlinkSync(target, join(root, path))
}
