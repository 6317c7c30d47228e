import type { Job } from '../records.ts'
import type { Container, Isolation } from './container.ts'
import { startNamespaces } from './namespaces.ts'
import { startStandIn } from './stand-in.ts'

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
