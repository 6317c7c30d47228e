import { usageFailure } from '../errors.ts'
import type { Job, SshContainer } from '../ims/records.ts'
import { reach, type AccessName, type Address } from './banner.ts'

/** What the service calls the ways in. */
const networks: Readonly<Record<Exclude<AccessName, 'port-forward'>, string>> = { customer: 'customer_access', cluster: 'cluster.local' }

/**
 * The SSH container that is meant: the one named, `debug`, or the only one.
 *
 * @throws Failure that names those there are.
 */
export function chooseContainer({ id, ssh_containers }: Pick<Job, 'id' | 'ssh_containers'>, name?: string): SshContainer {
  const all = ssh_containers ?? []
  const found = name === undefined ? (all.find((one) => one.name === 'debug') ?? (all.length === 1 ? all[0] : undefined)) : all.find((one) => one.name === name)
  if (found) return found
  const names = all.map((one) => one.name).join(', ') || 'none'
  throw usageFailure(name === undefined ? `job ${id} has several SSH containers, or none` : `job ${id} has no SSH container ${name}`, { more: [`  it has ${names}`] })
}

/** The addresses at which a container may be reached from here. */
export function addressesOf({ connection_info: info }: SshContainer, access: 'auto' | AccessName): Address[] {
  return (['customer', 'cluster'] as const).flatMap((name) => {
    const address = info?.[networks[name]]
    return address && (access === 'auto' || access === name) ? [{ name, ...address }] : []
  })
}

/** Whether the shell of a job answers by now: at one of its addresses, within so many milliseconds. */
export async function answers(job: Pick<Job, 'id' | 'ssh_containers'>, { patience = 3000, signal }: { patience?: number; signal?: AbortSignal } = {}): Promise<boolean> {
  const ways = (job.ssh_containers ?? []).flatMap((container) => addressesOf(container, 'auto'))
  try {
    const { socket } = await reach(ways, { patience, signal }).won
    socket.destroy()
    return true
  } catch (error) {
    if (signal?.aborted) throw error
    return false
  }
}
