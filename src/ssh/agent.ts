import type { OpenSSHAgent, ParsedKey } from 'ssh2'

/** An agent that answers, with the keys it holds. */
export interface Agent {
  readonly socket: string
  readonly keys: readonly ParsedKey[]
}

const patience = 5000

/** The agent behind a socket (`SSH_AUTH_SOCK`) and its keys; undefined where none answers within 5 seconds. */
export async function askAgent(socket: string | undefined): Promise<Agent | undefined> {
  if (!socket) return undefined
  const { default: ssh2 } = await import('ssh2')
  return new Promise((resolve) => {
    const late = setTimeout(resolve, patience, undefined)
    new ssh2.OpenSSHAgent(socket).getIdentities((error, keys) => {
      clearTimeout(late)
      resolve(error ? undefined : { socket, keys: (keys ?? []) as ParsedKey[] })
    })
  })
}

/** An agent that offers this one key only: servers refuse who tries many. */
export async function agentWith({ socket }: Agent, key: ParsedKey): Promise<OpenSSHAgent> {
  const { default: ssh2 } = await import('ssh2')
  return Object.assign(new ssh2.OpenSSHAgent(socket), {
    getIdentities: (done: (error: undefined, keys: ParsedKey[]) => void) => done(undefined, [key]),
  })
}
