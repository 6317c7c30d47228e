import type { Job } from '../records.ts'
import { startNamespaces } from './namespaces.ts'
import type { Program, Running } from './program.ts'
import { startStandIn } from './stand-in.ts'
import type { Tree } from './tree.ts'

/** What runs in a container: a real shell in namespaces of Linux, or a stand-in for one that runs no programs. */
export type Isolation = 'namespaces' | 'stand-in'

/** The container of a job whose user may look inside. */
export interface Container {
  readonly isolation: Isolation
  readonly jailed: boolean
  readonly files: Tree
  /** Whose its files are on this machine; ours where it isn't said. */
  readonly owner?: number
  start(program: Program): Running
  /** Kills all that runs there, and removes its files. */
  close(): Promise<void>
}

/**
 * Starts the container of a job.
 *
 * @param isolation namespaces where they are allowed, unless it is said
 * @param files the texts of more files of the container, by path
 */
export async function startContainer(
  job: Job,
  jailed: boolean,
  hostname: string,
  { isolation, files }: { isolation?: Isolation; files?: Readonly<Record<string, string>> } = {},
): Promise<Container> {
  const own = isolation === 'stand-in' ? undefined : await startNamespaces(job, jailed, hostname, files)
  if (own) return own
  if (isolation === 'namespaces') throw new Error('Namespaces of Linux are not allowed here.')
  return startStandIn(job, jailed, hostname, files)
}
