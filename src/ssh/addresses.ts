import { CliError, usageError } from '../errors.ts'
import { isHost, isPort } from '../ims/names.ts'
import type { Job, SshContainer } from '../ims/records.ts'
import { reach, type AccessName, type Address } from './banner.ts'

/** What the service calls the ways in. */
const networks: Readonly<Record<Exclude<AccessName, 'port-forward'>, string>> = { customer: 'customer_access', cluster: 'cluster.local' }

/**
 * The SSH container that is meant: the one named, `debug`, or the only one.
 *
 * @throws CliError that names those there are.
 */
export function chooseContainer({ id, ssh_containers }: Pick<Job, 'id' | 'ssh_containers'>, name?: string): SshContainer {
  const all = ssh_containers ?? []
  const found =
    name === undefined
      ? (all.find((one) => one.name === 'debug') ?? (all.length === 1 ? all[0] : undefined))
      : all.find((one) => one.name === name)
  if (found) return found
  const more = [`  it has ${all.map((one) => one.name).join(', ') || 'none'}`]
  if (name !== undefined) throw usageError(`job ${id} has no SSH container ${name}`, { more })
  const [first] = all
  if (!first) throw new CliError(`job ${id} has no SSH container: there is no way into it`, { next: ['jobs', 'describe', id] })
  throw new CliError(`job ${id} has several SSH containers`, { more, next: ['jobs', 'debug', id, '-c', first.name] })
}

/** The addresses at which a container may be reached from here; one that is no address is left out. */
export function addressesOf({ connection_info: info }: SshContainer, access: 'auto' | AccessName): Address[] {
  return (['customer', 'cluster'] as const).flatMap((name) => {
    const { host, port } = info?.[networks[name]] ?? {}
    const usable = typeof host === 'string' && isHost(host) && isPort(port) && (access === 'auto' || access === name)
    return usable ? [{ name, host, port }] : []
  })
}

/** What of a container's record should be an address and is none, in words. */
export function oddAddresses({ connection_info: info }: SshContainer): string[] {
  return Object.values(networks).flatMap((network) => {
    const address: unknown = info?.[network] ?? undefined
    if (address === undefined) return []
    const { host, port } = (typeof address === 'object' ? address : {}) as { host?: unknown; port?: unknown }
    if (typeof host !== 'string' || !isHost(host)) return [`its ${network} has no host, but ${JSON.stringify(host) ?? 'nothing'}`]
    return isPort(port) ? [] : [`its ${network} has no port, but ${JSON.stringify(port) ?? 'nothing'}`]
  })
}

/** Whether the shell of a job answers by now: at one of its addresses, within so many milliseconds. */
export async function answers(
  job: Pick<Job, 'id' | 'ssh_containers'>,
  { patience = 3000, signal }: { patience?: number; signal?: AbortSignal } = {},
): Promise<boolean> {
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
