import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Job } from '../records.ts'
import { startFolder } from './folder.ts'
import { layOut } from './image-tree.ts'
import { startNamespaces } from './namespaces.ts'
import type { Program, Running } from './program.ts'
import { viewOf, type View } from './view.ts'

/** How what runs in a container is kept to what it should see: by namespaces of Linux, or by a folder to start in. */
export type Isolation = 'namespaces' | 'folder'

/** The container of a job whose user may look inside. */
export interface Container {
  readonly isolation: Isolation
  readonly view: View
  start(program: Program): Running
  /** Kills all that runs there, and removes its files. */
  close(): Promise<void>
}

/**
 * Starts the container of a job.
 *
 * @param isolation namespaces where they are allowed, unless it is said
 */
export async function startContainer(job: Job, jailed: boolean, hostname: string, isolation?: Isolation): Promise<Container> {
  const own = isolation === 'folder' ? undefined : await startNamespaces(lay(job, jailed), hostname)
  if (own) return own
  if (isolation === 'namespaces') throw new Error('Namespaces of Linux are not allowed here.')
  return startFolder(lay(job, jailed))
}

function lay(job: Job, jailed: boolean): View {
  const view = viewOf(job, jailed, mkdtempSync(join(tmpdir(), 'cray-ims-shell-')))
  layOut(job, view)
  return view
}
