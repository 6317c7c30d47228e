import { existsSync, lstatSync } from 'node:fs'
import { join, posix } from 'node:path'
import { placesOf } from '../../ims/job-outlook.ts'
import type { Job } from '../records.ts'

/** A folder of this machine, and where those who are in a job's container see it. */
export interface Mount {
  readonly at: string
  readonly from: string
  /** It isn't the container's own. */
  readonly system?: true
}

/** What the inside of a job's container looks like. */
export interface View {
  /** The machine's folder that holds what the container has of its own. */
  readonly folder: string
  readonly jailed: boolean
  /** The machine's folder that is `/` there. */
  readonly root: string
  readonly mounts: readonly Mount[]
  /** The path on this machine of an absolute path there. */
  path(inside: string): string
  /** Whether an absolute path there is the machine's own: nothing may be changed there. */
  isSystem(inside: string): boolean
}

/** What an image root borrows from the machine, so that a shell can run in it. */
const borrowed = ['/usr', '/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32', '/etc/alternatives', '/dev', '/proc']

/** Where root is at home in a container. */
export const home = '/root'

/**
 * What is seen in the container of a job. `/` is the machine's own, with folders of the job's at `/mnt`, `/root` and
 * `/tmp`; in a jail it is the image's root. The image root that is customised can be changed into by `chroot`, too.
 */
export function viewOf(job: Pick<Job, 'job_type' | 'remote_build_node'>, jailed: boolean, folder: string): View {
  const imageRoot = placesOf(job, false).imageRoot!
  const root = jailed ? join(folder, imageRoot) : '/'
  const own = ['/mnt', home, '/tmp'].map((at) => ({ at, from: join(folder, at) }))
  const system = (below: string) => borrowed.filter(existsSync).map((from) => ({ at: posix.join(below, from), from, system: true as const }))
  const mounts: readonly Mount[] = jailed
    ? [{ at: '/', from: root }, ...system('/')]
    : [{ at: '/', from: root, system: true }, ...own, ...(job.job_type === 'customize' ? system(imageRoot) : [])]
  const byDepth = mounts.toSorted((one, other) => other.at.length - one.at.length)
  const mountOf = (path: string) => byDepth.find(({ at }) => path === at || path.startsWith(at === '/' ? '/' : `${at}/`))!
  return {
    folder,
    jailed,
    root,
    mounts,
    path(inside) {
      const path = posix.normalize(inside)
      const { at, from } = mountOf(path)
      return join(from, path.slice(at.length))
    },
    isSystem: (inside) => mountOf(posix.normalize(inside)).system === true,
  }
}

/** Whether a path of the machine is a link, as `/bin` often is. */
export function isLink(path: string): boolean {
  return lstatSync(path).isSymbolicLink()
}
