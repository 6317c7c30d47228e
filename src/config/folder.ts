import { homedir } from 'node:os'
import { join } from 'node:path'

export type Env = Readonly<Record<string, string | undefined>>

/** The folder of all that is kept about a user: the same as the original's, whose files these are. */
export function configFolder(env: Env): string {
  return join(env.CRAY_CONFIG_DIR || env.HOME || homedir(), '.config', 'cray')
}

/** The folder of the configurations, each a TOML file. */
export function configurationsFolder(env: Env): string {
  return join(configFolder(env), 'configurations')
}

/** The folder of the tokens, one file for each host and user. */
export function tokensFolder(env: Env): string {
  return join(configFolder(env), 'tokens')
}

/** The file that holds the name of the active configuration. */
export function activeConfigFile(env: Env): string {
  return join(configFolder(env), 'active_config')
}
